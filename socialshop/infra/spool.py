"""Spools: what a request only has to record is appended to a file, and taken into the database many at a time.

A record is acknowledged once the system has it: the death of a process loses none, a power cut at most those that were
not taken yet, the loss of a machine those too. So never for money, seats or anything that another row depends on
(docs/adr/0008-spools.md).

One file a process, which its owner keeps locked; anybody who sees the folder may take from it. How far a file was taken
is a row that moves in the same transaction, so a record is taken exactly once. A file whose owner is gone and of which
all was taken is removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from flask import Flask, current_app
from sqlalchemy import make_url, text

from socialshop.infra.uow import UnitOfWork, advisory_lock

# A waiting record is taken with the next one that comes this long after the last taking, if no job did it before.
TAKE_AFTER_SECONDS = 0.5
_TAKEN_AT_ONCE = 5_000
_LARGEST_BYTES = 16_000_000
_EXTENSION = "socialshop_spools"


@dataclass(slots=True)
class _File:
    id: uuid.UUID
    descriptor: int
    written: int = 0


@dataclass(slots=True)
class Spool:
    """The records of one kind, each `size` bytes long, in a folder of their own."""

    folder: Path
    size: int
    _mine: _File | None = None
    _looked_at: float = field(default_factory=monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, record: bytes) -> None:
        """Keep a record. Raises OSError where the disk takes no more."""
        with self._lock:
            if self._mine is None or self._mine.written >= _LARGEST_BYTES:
                self._begin()
            mine = self._mine
            assert mine is not None
            if os.write(mine.descriptor, record) != self.size:
                # What follows half a record would be read askew: this file ends here.
                self._close()
                raise OSError(f"a record of {self.size} bytes was not written whole")
            mine.written += self.size

    def is_due(self) -> bool:
        """Whether it is this caller's turn to take what waits."""
        now = monotonic()
        if now - self._looked_at < TAKE_AFTER_SECONDS:
            return False
        self._looked_at = now
        return True

    def take(self, uow: UnitOfWork, put: Callable[[list[bytes]], None]) -> int:
        """Hand records that nobody took yet to `put`, at most a few thousand; returns how many there were.

        They count as taken when the unit of work commits. Files in another's hands are passed over.
        """
        taken = 0
        for path in sorted(self.folder.glob("*.spool")):
            if taken < _TAKEN_AT_ONCE:
                taken += self._take_from(uow, path, _TAKEN_AT_ONCE - taken, put)
        return taken

    def _take_from(self, uow: UnitOfWork, path: Path, most: int, put: Callable[[list[bytes]], None]) -> int:
        if not advisory_lock(uow, f"spool {path.stem}", wait=False):
            return 0
        known = {"id": uuid.UUID(path.stem)}
        # Opened under the lock: a file that its last taker removed meanwhile would be read from its beginning.
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            is_over = _is_left(file.fileno())
            begin = uow.session.execute(_TAKEN, known).scalar() or 0
            file.seek(begin)
            found = file.read(most * self.size)
            records = [found[at : at + self.size] for at in range(0, len(found) - self.size + 1, self.size)]
            if records:
                put(records)
                uow.session.execute(_MOVE, known | {"taken": begin + len(records) * self.size})
            elif is_over:
                # All was taken by transactions that have committed: this one would not have got the lock before.
                path.unlink()
                uow.session.execute(_FORGET, known)
            return len(records)
        return 0

    def _begin(self) -> None:
        self._close()
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        made = uuid.uuid4()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        # Under a name that nobody looks for until it is locked: an owner who seems gone loses the file.
        born = self.folder / f"{made}.new"
        descriptor = os.open(born, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        born.rename(self.folder / f"{made}.spool")
        self._mine = _File(made, descriptor)

    def _close(self) -> None:
        if self._mine is not None:
            os.close(self._mine.descriptor)
            self._mine = None

    def __del__(self) -> None:
        self._close()


def attach(app: Flask, data_dir: Path, database_url: str) -> None:
    """Give the app its spools: in a folder that belongs to this database alone."""
    place = make_url(database_url).set(password=None).render_as_string()
    app.extensions[_EXTENSION] = data_dir / "spool" / hashlib.sha256(place.encode()).hexdigest()[:16], {}


def spool(kind: str, size: int) -> Spool:
    """The current app's spool of one kind of records."""
    folder, spools = current_app.extensions[_EXTENSION]
    found: Spool | None = spools.get(kind)
    if found is None:
        found = spools[kind] = Spool(folder / kind, size)
    return found


_TAKEN = text("SELECT taken FROM spool_files WHERE id = :id")
_MOVE = text(
    "INSERT INTO spool_files (id, taken) VALUES (:id, :taken) ON CONFLICT (id) DO UPDATE SET taken = excluded.taken"
)
_FORGET = text("DELETE FROM spool_files WHERE id = :id")


def _is_left(descriptor: int) -> bool:
    """Whether the owner of this file is gone: the lock goes with the process, however it ended."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
