"""docs/systems.md says which test and page each mechanism has: they are there, and none is left out."""

from __future__ import annotations

from doc_tables import ROOT, named, names_of_tests, rows
from flask import Flask

PAGE = "systems.md"


def test_every_test_that_the_table_names_exists_and_every_test_of_a_system_is_named() -> None:
    found = names_of_tests(*(ROOT / "tests" / "e2e").glob("test_systems_*.py"))
    assert sorted(f"e2e/{name}" for name in named(PAGE, 2)) == sorted(found)
    assert all(len(row) == 4 and "`" in row[2] for row in rows(PAGE))


def test_every_page_that_the_table_names_exists(app: Flask) -> None:
    pages = {str(rule) for rule in app.url_map.iter_rules()}
    assert [page for page in named(PAGE, 3) if page not in pages] == []
    assert all("`" in row[3] for row in rows(PAGE))
