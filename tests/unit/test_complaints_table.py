"""docs/complaints.md says by which test each complaint would come to light: the tests are there."""

from __future__ import annotations

from doc_tables import ROOT, named, names_of_tests, rows

PAGE = "complaints.md"


def test_every_complaint_has_a_test_that_exists() -> None:
    files = {ROOT / "tests" / name.partition("::")[0] for name in named(PAGE, 2)}
    assert [str(path) for path in files if not path.is_file()] == []
    assert [name for name in named(PAGE, 2) if name not in names_of_tests(*files)] == []
    assert all(len(row) == 3 and "`" in row[2] for row in rows(PAGE))
