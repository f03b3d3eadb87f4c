"""The database: the one module that knows Flask-SQLAlchemy.

Models are plain typed SQLAlchemy on `Base`. Nobody but `infra/uow.py` commits. Connections act as the
application role (see `act_as_application`), which may append to the books but never change or delete what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, ClassVar, cast

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Engine, MetaData, event, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from socialshop.kernel.time import as_utc

APPLICATION_ROLE = "socialshop_app"
# Rows that a purge takes in one unit of work, so that it locks nothing for long.
PURGED_AT_ONCE = 10_000
_STREAMED_A_TRIP = 5_000
_IDLE_SINCE = "idle_since"
_FRESH_SECONDS = 1.0
# To be a member was enough until PostgreSQL 15. Since 16 whoever makes a role may give it away and still not act as it.
RIGHT_TO_ACT = "CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END"
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


class UtcDateTime(TypeDecorator[datetime]):
    """timestamptz that takes only aware datetimes and always gives UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)


class Base(DeclarativeBase):
    """Every table's base; constraint names follow one convention so that errors and migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime()}


db = SQLAlchemy(metadata=Base.metadata)


def acting_role() -> str:
    """As whom this app's connections act. Raises SQLAlchemyError where the database does not answer."""
    with db.engine.connect() as connection:
        return str(connection.execute(text("SELECT current_user")).scalar_one())


def attach(app: Flask, *, url: str, pool_size: int) -> None:
    """Bind the app to a PostgreSQL. `url` in SQLAlchemy's form, any `postgres…://` spelling accepted."""
    app.config["SQLALCHEMY_DATABASE_URI"] = normalized_url(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        # What a statement carries (password hashes, e-mail addresses) stays out of errors and so out of the log.
        "hide_parameters": True,
        "connect_args": {"options": "-c timezone=UTC -c default_transaction_isolation=read\\ committed"},
    }
    db.init_app(app)
    with app.app_context():
        act_as_application(db.engine)
        ping_idle_connections(db.engine)


def normalized_url(url: str) -> str:
    """The psycopg 3 spelling of any PostgreSQL URL."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url)


def act_as_application(engine: Engine) -> None:
    """Every new connection drops to the application role, where the migration could make one.

    The role owns nothing, so the privileges that the migrations withhold (UPDATE and DELETE on the books) hold even
    where the connecting user is the owner or a superuser, as on the embedded server.
    """

    @event.listens_for(engine, "connect")
    def _drop_privileges(connection: Any, _record: object) -> None:
        raw = cast("psycopg.Connection[Any]", connection)
        try:
            _act(raw)
        except BaseException:
            # The pool forgets a connection whose listener raised, and never closes it.
            raw.close()
            raise


def ping_idle_connections(engine: Engine) -> None:
    """Ask a connection whether it still lives when it comes out of the pool after a pause, and replace it if not.

    One that was busy a moment ago is not asked: that would be a round trip more for every unit of work.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info[_IDLE_SINCE] = monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get(_IDLE_SINCE)
        if since is None or monotonic() - since < _FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.OperationalError as error:
            raise DisconnectionError("the server closed this connection meanwhile") from error


def _act(raw: psycopg.Connection[Any]) -> None:
    before, raw.autocommit = raw.autocommit, True
    query = f"SELECT pg_has_role(current_user, oid, {RIGHT_TO_ACT}) FROM pg_roles WHERE rolname = %s"  # noqa: S608
    found = raw.execute(query.encode(), (APPLICATION_ROLE,)).fetchone()
    if found and found[0]:
        raw.execute(f"SET ROLE {APPLICATION_ROLE}".encode())
    raw.autocommit = before


@contextmanager
def driver(of: Session | Connection) -> Iterator[psycopg.Connection[Any]]:
    """psycopg's own connection under this one, in its transaction: for COPY and for cursors of the server.

    Its errors leave the block as SQLAlchemy's do (DBAPIError), so that a conflict here is tried again like any other.
    """
    connection = of.connection() if isinstance(of, Session) else of
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        yield raw
    except psycopg.Error as error:
        lost = raw.closed or raw.broken
        raise DBAPIError.instance(None, None, error, psycopg.Error, True, lost, connection.dialect) from error


class Statement:
    """SQL that many requests run, compiled once and handed to psycopg as it is; written as for `text`, `:name` a value.

    SQLAlchemy's own way looks at the statement, its values and the result's columns anew each time, and psycopg's usual
    cursor reads a long statement anew for its placeholders: together more than half of a statement's processor time
    (docs/benchmarks.md). Same connection, same transaction; who listens for `before_cursor_execute` hears of it.
    """

    def __init__(self, sql: str) -> None:
        numbered = text(sql).compile(dialect=PGDialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]
        self._sql = str(numbered).encode()
        self._names = tuple(numbered.positiontup or ())
        # As other statements are told of: with names.
        self._told = str(text(sql).compile(dialect=PGDialect(paramstyle="pyformat")))  # type: ignore[no-untyped-call]

    def rows(self, session: Session, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run it; the rows that it gives, none where it gives no result."""
        connection = session.connection()
        with driver(connection) as raw, psycopg.RawCursor(raw) as cursor:
            for hear in connection.dispatch.before_cursor_execute:
                hear(connection, cursor, self._told, values, None, False)
            cursor.execute(self._sql, [values[name] for name in self._names])
            result = cursor.pgresult
            return cursor.fetchall() if result is not None and result.nfields else []

    def row(self, session: Session, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run it; its only row, None without one. Raises LookupError where there are more."""
        found = self.rows(session, values)
        if len(found) > 1:
            raise LookupError("more than one row")
        return found[0] if found else None


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Append rows by COPY, the fastest way in (18 times `add_all`); returns how many. Same transaction as `session`."""
    for name in (table, *columns):
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"not an identifier: {name!r}")
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
    count = 0
    with driver(session) as raw, raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def stream_rows(session: Session, cursor_name: str, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, a few thousand a round trip, in the session's transaction: memory does not grow with them.

    Several may be open at once, each under a name of its own.
    """
    with driver(session) as raw, raw.cursor(cursor_name, binary=True) as cursor:
        cursor.itersize = _STREAMED_A_TRIP
        cursor.execute(query.encode())
        yield from cursor
