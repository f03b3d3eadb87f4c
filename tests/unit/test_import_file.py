"""Files that strangers made: what is read from them, and in what words they are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from socialshop.infra import rejects
from socialshop.infra.csvfile import FileRefused, Layout, Record, read_records
from socialshop.infra.rejects import HEADER, Rejected, RejectsReport

LAYOUT = Layout(required=("id", "name"), optional=("note",))


def _read(path: Path) -> list[Record]:
    return list(read_records(path, LAYOUT, lambda done, total: None))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_marks_and_line_ends_make_no_difference(file: Path, start: bytes, end: bytes) -> None:
    file.write_bytes(start + end.join([b"id,name", "1,小满".encode(), b'2,"a ""b"", c"', b""]))
    assert _read(file) == [Record(2, ["1", "小满", ""]), Record(3, ["2", 'a "b", c', ""])]


def test_a_record_is_named_by_the_physical_line_where_it_starts(file: Path) -> None:
    file.write_text('id,name\n1,"two\nlines"\n\n   \n2,b\n3,"x\n\n\ny"\n4,d', encoding="utf-8")
    assert [record.line for record in _read(file)] == [2, 6, 7, 11]


def test_columns_may_come_in_any_order_and_optional_ones_may_be_absent(file: Path) -> None:
    file.write_text("note,name,id\nn,b,1\n", encoding="utf-8")
    assert _read(file) == [Record(2, ["1", "b", "n"])]


def test_a_row_of_the_wrong_width_is_one_bad_row(file: Path) -> None:
    file.write_text("id,name,note\n1\n2,b,c,d\n3,b,c\n", encoding="utf-8")
    assert _read(file) == [Record(2, (), 1), Record(3, (), 2), Record(4, ["3", "b", "c"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"id,note\n1,2\n", "line 1: column 'name' is missing"),
        (b"id,name,id\n", "line 1: column 'id' is repeated"),
        (b"id,name,colour\n", "line 1: unknown column 'colour'"),
        (b"id;name\n", "line 1: unknown column 'id;name'"),
        (b"id,name\n1,a\n2,\xe9t\xe9\n", r"line 3: not UTF-8 \(byte 0xE9 at 3\)"),
        ("id,name\n1,a\n".encode("utf-16"), "line 1: not UTF-8"),
        (b"id,name\n1,a\x00b\n", "line 2: holds a NUL byte"),
        (b'id,name\n1,"never\nclosed\n', "line 2: a quote is opened here and never closed"),
        (b'id,name\n1,"a\n2,"b"\n', "line 2: something follows a closing quote"),
        (b'id,name\n1,"a"b\n', "line 2: something follows a closing quote"),
        (b"id,name\r1,a\r", "lone carriage return"),
        (b"id,name\n1," + b"x" * 2_000_000, "line 2: longer than 1,048,576 bytes"),
        (b'id,name\n1,"' + b"x\n" * 200_000 + b'"\n', "line 2: a field is longer than 262,144 characters"),
    ],
)
def test_what_cannot_be_read_refuses_the_file_in_one_line(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(FileRefused, match=words) as refusal:
        _read(file)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(str(file))


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "directory"), (tmp_path / "none.csv", "No such file")):
        with pytest.raises(FileRefused, match=words):
            _read(path)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    """A file that fails while it is read, as a broken disk does: for every user, root too."""
    with pytest.raises(FileRefused, match="Input/output error"):
        _read(Path(f"/proc/{os.getpid()}/mem"))


def test_memory_stays_constant_however_long_the_file_is(file: Path) -> None:
    import tracemalloc

    file.write_text("id,name\n" + "1,abcdefghij\n" * 50_000, encoding="utf-8")
    tracemalloc.start()
    count = sum(1 for _ in read_records(file, LAYOUT, lambda done, total: None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 50_000
    assert peak < 500_000


REJECTED = Rejected(3, "name", "missing", "is missing")


def test_a_report_appears_whole_and_only_if_there_is_something_to_say(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "out.csv"
    with RejectsReport(path, of=file) as report:
        report.add(REJECTED)
        assert not path.exists()
        report.publish()
    assert path.read_text() == "line,field,code,reason\n3,name,missing,is missing\n"
    with RejectsReport(path, of=file) as report:
        report.publish()
    assert list(tmp_path.iterdir()) == []


def test_an_import_that_fails_leaves_the_earlier_report_alone(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text(",".join(HEADER) + "\n")

    def broken_import() -> None:
        with RejectsReport(path, of=file) as report:
            report.add(REJECTED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_import()
    assert path.read_text() == ",".join(HEADER) + "\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_never_overwrites_something_else(tmp_path: Path, file: Path) -> None:
    file.write_text("id,name\n")
    with pytest.raises(FileRefused, match="needs another place"):
        RejectsReport(file, of=file)
    with pytest.raises(FileRefused, match="is no report of rejected lines"):
        RejectsReport(file, of=tmp_path / "other.csv")
    assert file.read_text() == "id,name\n"
    with pytest.raises(FileRefused, match="cannot be written"):
        RejectsReport(tmp_path / "no" / "folder.csv", of=file)


@pytest.mark.parametrize("foreign", ["\nmy poem\n", "line,field,code,reason", " line,field,code,reason\n", "\r\n"])
def test_a_file_that_only_resembles_a_report_is_left_alone(tmp_path: Path, file: Path, foreign: str) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(foreign.encode())
    with pytest.raises(FileRefused, match="is no report of rejected lines"):
        RejectsReport(path, of=file)
    assert path.read_bytes() == foreign.encode()


def test_an_empty_file_may_become_the_report(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    with RejectsReport(path, of=file) as report:
        report.add(REJECTED)
        report.publish()
    assert path.read_text().startswith("line,field,code,reason\n")


def test_a_draft_is_written_through_no_link(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a link where the draft would go, when the import begins, then it is refused and the link's target whole."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    monkeypatch.setattr(rejects.secrets, "token_hex", lambda _: "guessed")
    (tmp_path / ".out.csv.guessed.part").symlink_to(precious)
    with pytest.raises(FileRefused, match="cannot be written"):
        RejectsReport(tmp_path / "out.csv", of=file)
    assert precious.read_text() == "mine"
