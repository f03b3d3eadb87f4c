"""Tables of docs/ that name tests and pages, for the tests that hold them to what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def rows(page: str) -> list[list[str]]:
    """The rows of all tables of docs/`page`, without their heads."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    heads = {number for number, below in enumerate(lines[1:]) if below.startswith("|---")}
    body = [
        line
        for number, line in enumerate(lines)
        if line.startswith("|") and number not in heads and not line.startswith("|---")
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def named(page: str, column: int) -> list[str]:
    """What stands between backticks in this column."""
    return [name for row in rows(page) for name in re.findall(r"`([^`]+)`", row[column])]


def names_of_tests(*paths: Path) -> set[str]:
    """The names of the tests in these files, each behind its file's name under tests/."""
    return {
        f"{path.relative_to(ROOT / 'tests')}::{node.name}"
        for path in paths
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
