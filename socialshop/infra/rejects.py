"""What an import came to: its counts, and the file that names each rejected line."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TextIO

from socialshop.infra.csvfile import FileRefused

HEADER = ("line", "field", "code", "reason")
_FIRST_LINE = f"{','.join(HEADER)}\n".encode()

# Told the phase, how much of it is done, and how much it is in all (0: not known).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines read, landed now, already there with the same content, and rejected; `read` is the sum of the others."""

    read: int
    landed: int
    already: int
    rejected: int

    def nothing_landed(self) -> Self:
        """The same file where all or none was asked for, and a line was rejected."""
        return replace(self, landed=0)


class Rejected(NamedTuple):
    """A line that did not land, and its first fault."""

    line: int
    field: str
    code: str
    reason: str


class RejectsReport:
    """The report of one import. It appears whole, at `publish`, and only if a line was rejected.

    Written beside its place before the import commits (a full disk must stop the import, not its report) and moved
    there after. A report left by an earlier run is removed by a clean one, so that it cannot be taken for today's.
    """

    def __init__(self, path: Path, *, of: Path) -> None:
        """Raises FileRefused where `path` holds something else than such a report, or cannot be written."""
        if path.absolute() == of.absolute():
            raise FileRefused(f"{path} is the file to import; the report of rejected lines needs another place")
        self.path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        self._refuse_foreign()
        self._file: TextIO = self._opened()
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(HEADER)
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def add(self, rejected: Rejected) -> None:
        """Note one line."""
        self._writer.writerow(rejected)
        self.count += 1

    def flush(self) -> None:
        """Have it all written, or fail now."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def publish(self) -> None:
        """Put the report in its place, or clear that place if nothing was rejected."""
        self._file.close()
        if self.count:
            self._draft.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def _opened(self) -> TextIO:
        try:
            # "x": a file or link that somebody put there is not written through.
            return self._draft.open("x", encoding="utf-8", newline="")
        except OSError as error:
            raise FileRefused(
                f"the report of rejected lines cannot be written: {self.path}: {error.strerror}"
            ) from None

    def _refuse_foreign(self) -> None:
        try:
            with self.path.open("rb") as file:
                first = file.readline(len(_FIRST_LINE) + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FileRefused(
                f"the report of rejected lines cannot be written: {self.path}: {error.strerror}"
            ) from None
        # No byte at all, or the very header: a foreign file may begin with an empty line.
        if first not in (b"", _FIRST_LINE):
            raise FileRefused(f"{self.path} is no report of rejected lines; it is not overwritten (see --rejected)")
