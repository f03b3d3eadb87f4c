"""docs/systems.md says which test and page each mechanism has: they are there, and none is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "systems.md"


def _rows() -> list[list[str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert {len(row) for row in rows} == {4}
    return rows


def _named(column: int) -> list[str]:
    return [name for row in _rows() for name in re.findall(r"`([^`]+)`", row[column])]


def _tests() -> list[str]:
    return [
        f"{path.name}::{node.name}"
        for path in sorted((ROOT / "tests" / "e2e").glob("test_systems_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_test_that_the_table_names_exists_and_every_test_of_a_system_is_named() -> None:
    assert sorted(_named(2)) == sorted(_tests())
    assert all("`" in row[2] for row in _rows())


def test_every_page_that_the_table_names_exists(app: Flask) -> None:
    pages = {str(rule) for rule in app.url_map.iter_rules()}
    named = _named(3)
    assert [page for page in named if page not in pages] == []
    assert all("`" in row[3] for row in _rows())
