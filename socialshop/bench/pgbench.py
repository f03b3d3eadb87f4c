"""The statements of one request as a script of pgbench: what the server could do if no program stood before it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event, make_url

from socialshop.infra.db import APPLICATION_ROLE
from socialshop.infra.servers.binaries import find_postgres
from socialshop.infra.settings import Settings

_LITERAL = re.compile(r"(E?)'((?:[^']|'')*)'(::timestamptz)?")
_RATE = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_MARK = 0x5EA7_0000_0000_0000


@dataclass(slots=True)
class _Transaction:
    statements: list[tuple[str, Any]] = field(default_factory=list)
    end: str = "COMMIT"


class Recorder:
    """The transactions of a block, in the order in which they began; each whole, though others ran beside it."""

    def __init__(self) -> None:
        self._open: dict[int, _Transaction] = {}
        self._all: list[_Transaction] = []

    def begin(self, connection: Connection) -> None:
        begun = _Transaction()
        self._open[id(connection.connection.dbapi_connection)] = begun
        self._all.append(begun)

    def ran(self, connection: Connection, *more: Any) -> None:
        _, statement, parameters, *_ = more
        self._open[id(connection.connection.dbapi_connection)].statements.append((statement, parameters))

    def commit(self, connection: Connection) -> None:
        self._open.pop(id(connection.connection.dbapi_connection)).end = "COMMIT"

    def rollback(self, connection: Connection) -> None:
        self._open.pop(id(connection.connection.dbapi_connection)).end = "ROLLBACK"

    @property
    def statements(self) -> int:
        """How many statements there were, without BEGIN and COMMIT."""
        return sum(len(each.statements) for each in self._all)

    def script(self, raw: psycopg.Connection[Any], numbers: Mapping[int, str], texts: Mapping[str, str]) -> str:
        """The transactions in pgbench's language; values that differ from request to request become expressions.

        `numbers` and `texts` say which: whole numbers, and pieces of texts. Every instant becomes now().
        """
        marks = {number: _MARK + place for place, number in enumerate(numbers)}
        cursor = psycopg.ClientCursor(raw)
        lines = []
        for each in self._all:
            lines.append("BEGIN;")
            for statement, parameters in each.statements:
                for values in parameters if isinstance(parameters, list) else [parameters]:
                    marked = {
                        name: marks.get(value, value) if type(value) is int else value for name, value in values.items()
                    }
                    sql = _LITERAL.sub(lambda found: _literal(found, texts), cursor.mogrify(statement, marked))
                    for number, expression in numbers.items():
                        sql = sql.replace(str(marks[number]), expression)
                    lines.append(f"{sql};")
            lines.append(f"{each.end};")
        return "\n".join(lines) + "\n"


@contextmanager
def recorded(engine: Engine) -> Iterator[Recorder]:
    """Record what the block does on this engine."""
    recorder = Recorder()
    heard = {
        "begin": recorder.begin,
        "before_cursor_execute": recorder.ran,
        "commit": recorder.commit,
        "rollback": recorder.rollback,
    }
    for name, hear in heard.items():
        event.listen(engine, name, hear)
    try:
        yield recorder
    finally:
        for name, hear in heard.items():
            event.remove(engine, name, hear)


def _literal(found: re.Match[str], texts: Mapping[str, str]) -> str:
    """One quoted text with what differs cut out, and without colons, which pgbench would take for its own."""
    escaped, content, instant = found[1], found[2], found[3]
    if instant:
        return "now()"
    if not escaped:
        content = content.replace("\\", "\\\\")
    if content in texts:
        return f"({texts[content]})"
    pieces = re.split("(" + "|".join(map(re.escape, texts)) + ")", content)
    said = [texts[piece] if piece in texts else "E'" + piece.replace(":", "\\x3a") + "'" for piece in pieces]
    return said[0] if len(said) == 1 else f"({' || '.join(said)})"


def run(settings: Settings, script: str, *, clients: int, each: int, variables: Mapping[str, int]) -> float:
    """Transactions a second of `clients` that run the script `each` times, as the shop's own role, prepared."""
    assert settings.database_url is not None
    url = make_url(settings.database_url.get_secret_value())
    # A folder of a socket is in the query of the URL.
    host = str(url.query.get("host", url.host or "localhost"))
    environment = {
        **os.environ,
        "PGHOST": host,
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "postgres",
        "PGPASSWORD": url.password or "",
        "PGOPTIONS": f"-c timezone=UTC -c role={APPLICATION_ROLE}",
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "script.sql"
        place.write_text(script)
        command = [str(find_postgres(None).bindir / "pgbench"), "-n", "-M", "prepared", "-f", str(place)]
        command += ["-c", str(clients), "-j", "2", "-t", str(each)]
        command += [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
        command += [str(url.database)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    rate = _RATE.search(done.stdout)
    if done.returncode != 0 or rate is None:
        raise RuntimeError(f"pgbench ended with {done.returncode}: {done.stderr[-2000:]}")
    return float(rate[1])
