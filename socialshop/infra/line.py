"""A line of its own to the database, for a statement that is a whole transaction and must cost next to nothing.

For what is only recorded and may be lost with the last half second before a power cut (`synchronous_commit` is off):
never for money, seats or anything that another row depends on. One connection a thread, kept open, in autocommit; it
acts as the application role like any other.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any, LiteralString, cast

import psycopg
from flask import Flask, current_app
from sqlalchemy import event

from socialshop.infra.db import db

_EXTENSION = "socialshop_line"
Connection = psycopg.Connection[Any]


class _Lines(threading.local):
    """The connection of this thread."""

    connection: Connection | None = None


def attach(app: Flask) -> None:
    """Give the app its lines: none is opened before it is needed, all are closed with the app's pool or the app."""
    lines, opened = _Lines(), list[Connection]()
    app.extensions[_EXTENSION] = lines, opened
    weakref.finalize(lines, _close, opened)
    with app.app_context():
        event.listen(db.engine, "engine_disposed", lambda _engine: _close(opened))


def execute(statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run one statement as a transaction of its own, and give its first row.

    A connection that the server closed meanwhile is replaced and the statement sent again: it may then have run twice.
    """
    lines, opened = current_app.extensions[_EXTENSION]
    for attempt in (1, 2):
        connection = lines.connection
        if connection is None or connection.closed:
            connection = lines.connection = _open()
            opened.append(connection)
        try:
            found: tuple[Any, ...] | None = connection.execute(statement, values).fetchone()
        except psycopg.OperationalError:
            connection.close()
            if attempt == 2:  # noqa: PLR2004
                raise
        else:
            return found
    raise AssertionError("unreachable")


def _open() -> Connection:
    borrowed = db.engine.raw_connection()
    connection = cast(Connection, borrowed.driver_connection)
    # Taken out of the pool for good: what is set on it here is not for others.
    borrowed.detach()
    connection.rollback()
    connection.autocommit = True
    connection.execute("SET synchronous_commit = off")
    return connection


def _close(opened: list[Connection]) -> None:
    while opened:
        opened.pop().close()
