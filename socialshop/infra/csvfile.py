"""Reading a CSV file that strangers made: record by record in constant memory, each with its physical line.

Accepted: UTF-8 (a byte order mark too), LF or CRLF, RFC 4180 quotes with line ends inside fields; lines of blanks
only are skipped. What cannot be read as that refuses the whole file, because nothing after it can be trusted; a row
with too few or too many fields is one bad row.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from socialshop.kernel.errors import DomainError, Kind

# A longer line or field is no line or field of a table; most often a quote was never closed.
_LONGEST_LINE_BYTES = 1 << 20
_LONGEST_FIELD = 1 << 18
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ROWS_A_TICK = 5_000


class FileRefused(DomainError):
    """The file as a whole cannot be read; nothing of it was taken. The sentence names the file and the line."""

    code = "file_refused"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of file, in the order in which faults are looked for."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Required columns, then optional ones."""
        return self.required + self.optional


class Record(NamedTuple):
    """A row: `line` is the physical line where it starts; `values` in the layout's order, "" for an absent column.

    `misfit` is the index of the column to blame where the number of fields is wrong; `values` is then empty.
    """

    line: int
    values: Sequence[str]
    misfit: int | None = None


class _Rows(Protocol):
    """What is used of a csv.reader: rows, and how many lines they took so far."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


def read_records(path: Path, layout: Layout, progress: Callable[[int, int], None]) -> Iterator[Record]:
    """The records of a file, one by one. `progress` is told bytes read and bytes in all (0 for a pipe) now and then.

    Raises FileRefused, also in the middle: the caller must drop what it has taken so far.
    """
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        for count, record in enumerate(_records(file, path, layout)):
            if count % _ROWS_A_TICK == 0:
                progress(file.tell() if size else 0, size)
            yield record
        progress(size, size)


def records_of(content: bytes, name: str, layout: Layout) -> Iterator[Record]:
    """The records of a table that was sent, called `name` where it is refused. Raises FileRefused."""
    return _records(io.BytesIO(content), name, layout)


def _records(file: BinaryIO, name: object, layout: Layout) -> Iterator[Record]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(_lines(file, name), strict=True)
    order = _header(reader, name, layout)
    width = max(order) + 1 if order else 0
    for line, row in _rows(reader, name):
        if len(row) == width:
            yield Record(line, [row[i] if i >= 0 else "" for i in order])
        else:
            yield Record(line, (), _first_missing(order, len(row)))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileRefused(f"{path}: {error.strerror}") from None


def _lines(file: BinaryIO, name: object) -> Iterator[str]:
    """Decoded lines. Split on LF alone, so that the count is what an editor shows."""
    number = 0
    while raw := _line(file, name):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if len(raw) > _LONGEST_LINE_BYTES:
            raise FileRefused(f"{name}, line {number}: longer than {_LONGEST_LINE_BYTES:,} bytes")
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            byte = raw[error.start]
            raise FileRefused(f"{name}, line {number}: not UTF-8 (byte 0x{byte:02X} at {error.start + 1})") from None
        if "\0" in line:
            raise FileRefused(f"{name}, line {number}: holds a NUL byte; is this a text file?")
        yield line


def _line(file: BinaryIO, name: object) -> bytes:
    try:
        return file.readline(_LONGEST_LINE_BYTES + len(_BYTE_ORDER_MARK) + 1)
    except OSError as error:
        raise FileRefused(f"{name}: {error.strerror}") from None


def _rows(reader: _Rows, name: object) -> Iterator[tuple[int, list[str]]]:
    """(line where it starts, fields) of each row that is not blank."""
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(f"{name}, line {start}: {_in_words(error)}") from None
        if row and (len(row) > 1 or row[0].strip()):
            yield start, row


def _in_words(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quote is opened here and never closed"
    if "field limit" in said:
        return f"a field is longer than {_LONGEST_FIELD:,} characters; is a quote never closed?"
    if "expected after" in said:
        return "something follows a closing quote; a quote inside a field is written twice"
    return "a lone carriage return; lines must end in LF or CRLF"


def _header(reader: _Rows, name: object, layout: Layout) -> list[int]:
    """For each column of the layout its position in the file, -1 if it is absent."""
    first = next(_rows(reader, name), None)
    if first is None:
        raise FileRefused(f"{name}: empty; the first line must name the columns {', '.join(layout.required)}")
    line, names = first
    for column in names:
        if column not in layout.columns:
            raise FileRefused(
                f"{name}, line {line}: unknown column {column[:60]!r}; known: {', '.join(layout.columns)}"
            )
        if names.count(column) > 1:
            raise FileRefused(f"{name}, line {line}: column {column!r} is repeated")
    for column in layout.required:
        if column not in names:
            raise FileRefused(f"{name}, line {line}: column {column!r} is missing")
    return [names.index(column) if column in names else -1 for column in layout.columns]


def _first_missing(order: Sequence[int], width: int) -> int:
    """The column that a short row has no field for; of a long one, the last column of the file."""
    missing = [column for column, position in enumerate(order) if position >= width]
    return missing[0] if missing else max(range(len(order)), key=lambda column: order[column])
