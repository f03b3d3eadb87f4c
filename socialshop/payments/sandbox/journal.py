"""The books on disk: one append-only file of JSON lines, each on the disk before it is answered.

One process owns the file (a lock on it). A last line that a crash cut short was never answered and is cut off; any
other damage is refused.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from socialshop.payments.sandbox.books import Answer, Books, Command, Line, Movement, Notice, Payment


class Damaged(Exception):
    """The file cannot be the books: a line in the middle does not read, or another process owns it."""


class Journal:
    """Books that survive the process; safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises Damaged, OSError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._books = Books()
        self._lock = threading.Lock()
        self._file: BinaryIO = path.open("a+b", buffering=0)
        try:
            self._own()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def run(self, key: str, command: Command) -> tuple[Answer, Notice | None]:
        """Do a command once; the answer, and the notice that is to follow if this very call had the effect."""
        with self._lock:
            line = self._books.decide(key, command)
            if line is None:
                return self._books.keys[key].answer, None
            self._append(asdict(line))
            self._books.take(line)
            return line.answer, line.notice

    def delivered(self, notice_id: str) -> None:
        """Remember that the shop took the notice."""
        with self._lock:
            self._append({"delivered": notice_id})
            self._books.delivered(notice_id)

    def payment(self, payment_id: str) -> Payment:
        """One payment. Raises Refusal."""
        with self._lock:
            return self._books.payment(payment_id)

    def payments(self) -> list[Payment]:
        """All payments, for comparing books."""
        with self._lock:
            return list(self._books.payments.values())

    def movements(self, since: str, until: str, skip: int, limit: int) -> list[Movement]:
        """Up to `limit` movements of that span of time, after the first `skip` of it. Texts compare as instants do."""
        with self._lock:
            found = [one for one in self._books.movements if since <= one.at < until]
        return found[skip : skip + limit]

    def undelivered(self) -> list[Notice]:
        """Notices that are still to be sent."""
        with self._lock:
            return list(self._books.undelivered.values())

    def _own(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Damaged(f"another process owns {self._file.name}") from None

    def _append(self, said: dict[str, Any]) -> None:
        self._file.write(json.dumps(said, separators=(",", ":")).encode() + b"\n")
        os.fsync(self._file.fileno())

    def _read(self) -> None:
        self._file.seek(0)
        lines = self._file.read().split(b"\n")
        torn = lines.pop()
        for number, line in enumerate(lines, start=1):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise Damaged(f"line {number} of the sandbox's books does not read") from error
        if torn:
            self._file.truncate(sum(len(line) + 1 for line in lines))

    def _take(self, said: dict[str, Any]) -> None:
        if "delivered" in said:
            self._books.delivered(said["delivered"])
            return
        notice = Notice(**said["notice"]) if said["notice"] is not None else None
        self._books.take(Line(said["key"], said["hash"], said["answer"], notice, said.get("at", "")))
