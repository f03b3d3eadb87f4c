"""Rules of the house that imports alone do not show, each a walk over the syntax trees."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "socialshop").rglob("*.py")), *sorted((ROOT / "workers").rglob("*.py"))]

MONEY_ROOMS = (
    "kernel",
    "ledger",
    "payments",
    "memberships",
    "loyalty",
    "commissions",
    "orders",
    "deals",
    "rooms",
    "payouts",
    "screening",
)
NAMELESS = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}


def _trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def commits(tree: ast.AST) -> list[int]:
    """Lines that call `.commit()` on anything."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def floats(tree: ast.AST) -> list[int]:
    """Lines with a float literal, the name `float`, or a true division."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]


def naive_clocks(tree: ast.AST) -> list[int]:
    """Lines that ask a clock of their own: `datetime.now`, `utcnow`, `date.today`, `time.time`."""
    asked = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in asked
    ]


def test_infra_alone_commits() -> None:
    found = {str(p.relative_to(ROOT)): lines for p, tree in _trees(SOURCES) if (lines := commits(tree))}
    assert set(found) <= {"socialshop/infra/uow.py"}, found


def test_no_float_comes_near_money() -> None:
    rooms = [p for p in SOURCES if p.relative_to(ROOT).parts[1] in MONEY_ROOMS]
    found = {str(p.relative_to(ROOT)): lines for p, tree in _trees(rooms) if (lines := floats(tree))}
    assert found == {}


def test_rooms_take_the_clock_from_the_edge() -> None:
    edges = ("cli", "bench", "infra", "web")
    rooms = [p for p in SOURCES if p.relative_to(ROOT).parts[1] not in edges and "workers" not in p.parts]
    found = {str(p.relative_to(ROOT)): lines for p, tree in _trees(rooms) if (lines := naive_clocks(tree))}
    assert found == {}


def test_the_kernel_stands_on_the_standard_library_alone() -> None:
    for path, tree in _trees([p for p in SOURCES if "kernel" in p.parts]):
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("socialshop.kernel"), f"{path}: {name}"


def test_no_file_is_named_for_nothing() -> None:
    assert [str(p) for p in SOURCES if p.name in NAMELESS] == []


def test_two_test_files_never_share_a_name() -> None:
    """The browser's tests are collected only once its parts are installed; two of one name stop the whole run."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, number in names.items() if number > 1] == []


def test_a_file_holds_one_idea() -> None:
    """Past some 400 lines a service becomes a package named by verb."""
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (commits, "session.commit()"),
        (floats, "x = total / 2"),
        (floats, "x = 0.1"),
        (naive_clocks, "datetime.now(UTC)"),
    ],
)
def test_the_walks_see_a_planted_fault(check: object, source: str) -> None:
    assert callable(check)
    assert check(ast.parse(source)) == [1]
