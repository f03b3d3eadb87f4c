"""A spooled record is taken once: whoever takes it, whenever its writer dies, whatever is rolled back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from socialshop.infra.spool import Spool
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from tests.web_client import counts

_WRITES = """
import os, sys
from pathlib import Path
from socialshop.infra.spool import Spool
spool = Spool(Path(sys.argv[1]), 4)
for number in range(1000):
    spool.append(b"%04d" % number)
print("acknowledged", flush=True)
sys.stdin.read()
"""


def take_all(spool: Spool) -> list[bytes]:
    """What committed units of work took, until nothing is left."""
    found: list[bytes] = []
    while in_unit_of_work(lambda uow: spool.take(uow, found.extend)):
        pass
    return found


def test_records_are_taken_once_and_in_order_also_while_more_come(app: Flask, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "teas", 4)
    spool.append(b"leaf")
    assert take_all(spool) == [b"leaf"]
    spool.append(b"bush")
    spool.append(b"bloo")
    assert take_all(spool) == [b"bush", b"bloo"]
    assert take_all(spool) == []


def test_what_was_taken_and_not_committed_is_taken_again(app: Flask, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "teas", 4)
    spool.append(b"leaf")

    def take_and_fall(uow: UnitOfWork) -> None:
        assert spool.take(uow, lambda records: None) == 1
        raise RuntimeError("the kettle fell")

    with pytest.raises(RuntimeError, match="kettle"):
        in_unit_of_work(take_and_fall)
    assert take_all(spool) == [b"leaf"]


def test_of_two_who_take_at_once_one_gets_the_records(app: Flask, tmp_path: Path) -> None:
    """The first holds the file until it commits; the second passes on instead of waiting."""
    writer, other = Spool(tmp_path / "teas", 4), Spool(tmp_path / "teas", 4)
    writer.append(b"leaf")
    second: list[int] = []

    def while_the_first_holds_it(uow: UnitOfWork) -> int:
        taken = writer.take(uow, lambda records: None)
        with app.app_context():
            second.append(in_unit_of_work(lambda own: other.take(own, lambda records: None)))
        return taken

    assert in_unit_of_work(while_the_first_holds_it) == 1
    assert second == [0]


def test_nothing_acknowledged_is_lost_when_its_writer_is_killed_and_its_file_goes(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "teas"
    command = [sys.executable, "-c", _WRITES, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"acknowledged\n"
        (file,) = folder.iterdir()
        with file.open("ab") as torn:
            torn.write(b"ha")
        spool = Spool(folder, 4)
        assert take_all(spool) == [b"%04d" % number for number in range(1000)]
        assert file.exists()
        os.kill(writer.pid, signal.SIGKILL)
    assert take_all(spool) == []
    assert list(folder.iterdir()) == []
    assert counts("spool_files") == {"spool_files": 0}


def test_a_full_file_is_followed_by_another(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socialshop.infra.spool._LARGEST_BYTES", 8)
    spool = Spool(tmp_path / "teas", 4)
    for record in (b"leaf", b"bush", b"bloo"):
        spool.append(record)
    assert len(list((tmp_path / "teas").iterdir())) == 2
    assert sorted(take_all(spool)) == [b"bloo", b"bush", b"leaf"]
    assert len(list((tmp_path / "teas").iterdir())) == 1
