"""Databases that begin as another is: cloning costs a twentieth of a second where the migrations cost one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

# PostgreSQL 18 copies files in the kernel where it is told so, which halves the time; those before it cannot.
_CLONES_FILES = 180000


def run_outside(database_url: str, *statements: str) -> None:
    """Run statements that belong in no transaction."""
    with _connected(database_url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


# The owner of a database may empty it past all guards. Tables that never had a row, nearly all, are passed by.
_EMPTY = """
    DO $$ DECLARE has_rows regclass; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR has_rows IN
            SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
        LOOP EXECUTE format('DELETE FROM %s', has_rows); END LOOP;
    END $$
"""


def empty(database_url: str) -> None:
    """Delete every row: for each example of a state machine a new database would cost more than the example."""
    run_outside(database_url, _EMPTY)


@contextmanager
def no_other_migrates(database_url: str) -> Iterator[None]:
    """Migrations make a role, which belongs to all databases: whoever makes it too waits, and gives up after 5 s."""
    with _connected(database_url) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('tests migrate', 0))")
        yield


def _new_name(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:12]}"


def _connected(database_url: str) -> psycopg.Connection:
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)


class Template:
    """A database and its clones. The next clone is made, and a used one dropped, while a test runs.

    One thread does both over a connection of its own. A test would wait for them for a tenth of its time, and a drop
    waits in steps of 0.1 s until whoever was connected is gone.
    """

    def __init__(self, server_url: str, server: psycopg.Connection, aside: Executor) -> None:
        self.name = _new_name("template")
        self._server_url, self._server, self._aside = server_url, server, aside
        self._next: Future[str] | None = None
        self._used: list[Future[None]] = []

    @classmethod
    @contextmanager
    def opened(cls, server_url: str, origin: str = "template0") -> Iterator[Template]:
        """A template that begins as the database `origin` is, by itself with nothing; gone after the block."""
        with _connected(server_url) as server, ThreadPoolExecutor(1, "clones") as aside:
            if server.info.server_version >= _CLONES_FILES:
                server.execute("SET file_copy_method = 'clone'")
            found = cls(server_url, server, aside)
            found._create(found.name, origin)
            yield found
            if found._next is not None:
                found._drop(found._next.result())
            for each in found._used:
                each.result()
            found._drop(found.name)

    @property
    def url(self) -> str:
        return self._named(self.name)

    @contextmanager
    def clone(self) -> Iterator[str]:
        """The URL of a database that begins as this one is; it is dropped some time after the block."""
        name = (self._next or self._aside.submit(self._make)).result()
        self._next = self._aside.submit(self._make)
        yield self._named(name)
        self._used.append(self._aside.submit(self._drop, name))

    def _make(self) -> str:
        name = _new_name("test")
        self._create(name, self.name)
        return name

    def _create(self, name: str, origin: str) -> None:
        self._server.execute(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY FILE_COPY".encode())

    def _drop(self, name: str) -> None:
        self._server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _named(self, name: str) -> str:
        return make_url(self._server_url).set(database=name).render_as_string(hide_password=False)
