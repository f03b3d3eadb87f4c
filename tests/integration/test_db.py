"""Whose rights connections have, what errors tell, and what a conflict in the driver's own cursors comes to."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask
from patience import PATIENCE
from sqlalchemy import Connection, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from migrations import statements
from socialshop.app import create_app
from socialshop.infra import columns, redis, schema
from socialshop.infra import db as infra_db
from socialshop.infra.db import Statement, copy_rows, db
from socialshop.infra.servers import Servers
from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work


@contextmanager
def _superuser(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def owned_by_an_ordinary_user(servers: Servers, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A shop on an empty database of a user who may create roles and is no superuser; its application role is new."""
    mark = uuid.uuid4().hex[:8]
    owner, role = f"owner_{mark}", f"shop_{mark}"
    for module in (infra_db, statements):
        monkeypatch.setattr(module, "APPLICATION_ROLE", role)
    with _superuser(servers.database_url) as connection:
        connection.execute(text(f"CREATE ROLE {owner} LOGIN CREATEROLE"))
        connection.execute(text(f"CREATE DATABASE {owner} OWNER {owner}"))
    url = make_url(servers.database_url).set(username=owner, database=owner).render_as_string(hide_password=False)
    shop = create_app(Settings(environment="test", database_url=url, redis_url=redis_url, secret_key="test-only"))
    with shop.app_context():
        yield shop
        db.session.remove()
        db.engine.dispose()
        redis.client().close()
    with _superuser(servers.database_url) as connection:
        for statement in (f"DROP DATABASE {owner} WITH (FORCE)", f"DROP ROLE {role}", f"DROP ROLE {owner}"):
            connection.execute(text(statement))


def test_an_owner_who_may_only_create_roles_runs_the_shop(owned_by_an_ordinary_user: Flask) -> None:
    schema.migrate(owned_by_an_ordinary_user)
    # As PostgreSQL 16 and newer leave it to whoever makes a role: to give away, not to act as.
    db.engine.dispose()
    with unit_of_work() as uow:
        assert uow.session.execute(text("SELECT current_user")).scalar() == infra_db.APPLICATION_ROLE
    with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM ledger_entries"))


def test_no_constraint_is_left_unproven(app: Flask) -> None:
    """What a migration adds as NOT VALID, a later one proves."""
    with unit_of_work() as uow:
        unproven = uow.session.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated")).scalars().all()
    assert unproven == []


def test_a_role_that_may_not_be_acted_as_leaves_the_owner(owned_by_an_ordinary_user: Flask) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text(f"CREATE ROLE {infra_db.APPLICATION_ROLE}"))
    db.engine.dispose()
    with unit_of_work() as uow:
        assert uow.session.execute(text("SELECT current_user")).scalar().startswith("owner_")


def test_a_connection_that_cannot_drop_its_rights_is_closed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool forgets it: left open, it would stay until the garbage collector finds it."""
    made: list[psycopg.Connection[tuple[object, ...]]] = []
    db.engine.dispose()
    event.listen(db.engine, "connect", lambda connection, _: made.append(connection), insert=True)
    monkeypatch.setattr(infra_db, "RIGHT_TO_ACT", "'NONSENSE'")
    with pytest.raises(DBAPIError, match="unrecognized privilege type"):
        db.engine.connect()
    assert [connection.closed for connection in made] == [True]


def _copy(session: Session) -> None:
    copy_rows(session, "tea", ("n",), [(1,)])


def _write_columns(session: Session) -> None:
    columns.write_columns(session, "tea", {"n": "bigint"}, {"n": columns.np.array([1])})


def _read_columns(session: Session) -> None:
    columns.read_columns(session, "SELECT n FROM tea", {"n": "bigint"})


def _stream(session: Session) -> None:
    list(infra_db.stream_rows(session, "tea", "SELECT n FROM tea"))


@pytest.mark.parametrize("touch", [_copy, _write_columns, _read_columns, _stream])
def test_a_deadlock_in_a_raw_cursor_is_tried_again(app: Flask, touch) -> None:  # type: ignore[no-untyped-def]
    """Given two who lock two tables crosswise, when PostgreSQL ends the raw cursor's, both come through."""
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("CREATE TABLE tea (n bigint NOT NULL); CREATE TABLE cups (n bigint NOT NULL)"))
        uow.session.execute(text(f"GRANT ALL ON tea, cups TO {infra_db.APPLICATION_ROLE}"))
    db.engine.dispose()
    both_hold_one = threading.Barrier(2)
    attempts: list[str] = []

    def raw(uow: UnitOfWork) -> None:
        attempts.append("raw")
        # Who waits longest is the victim: this one looks for deadlocks, the other does not.
        uow.session.execute(text("SET LOCAL ROLE NONE"))
        uow.session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        uow.session.execute(text("LOCK TABLE cups"))
        if attempts == ["raw"]:
            both_hold_one.wait(PATIENCE)
        touch(uow.session)

    def plain() -> None:
        with app.app_context(), unit_of_work() as uow:
            uow.session.execute(text("SET LOCAL ROLE NONE"))
            uow.session.execute(text("SET LOCAL deadlock_timeout = '60s'"))
            uow.session.execute(text("LOCK TABLE tea"))
            both_hold_one.wait(PATIENCE)
            uow.session.execute(text("LOCK TABLE cups"))

    other = threading.Thread(target=plain)
    other.start()
    in_unit_of_work(raw)
    other.join(20)
    assert not other.is_alive()
    assert attempts == ["raw", "raw"]


def test_an_error_of_copy_is_of_the_kind_that_sqlalchemy_would_raise(app: Flask) -> None:
    with pytest.raises(IntegrityError), unit_of_work() as uow:
        copy_rows(uow.session, "periodic_ticks", ("job", "slot", "started_at"), [("tea", "2026-01-01Z", None)])


def test_a_server_lost_in_copy_is_told_as_a_lost_connection(app: Flask) -> None:
    def die(uow: UnitOfWork) -> None:
        pid = uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with _superuser(app.config["SQLALCHEMY_DATABASE_URI"]) as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        copy_rows(uow.session, "periodic_ticks", ("job", "slot", "started_at"), [("tea", "2026-01-01Z", "2026-01-01Z")])

    with pytest.raises(DBAPIError) as caught:
        in_unit_of_work(die)
    assert caught.value.connection_invalidated


def test_a_statement_is_sent_as_it_is_and_told_of_like_any_other(app: Flask) -> None:
    """Given the same value twice, a percent sign and no result, then rows and failures are SQLAlchemy's."""
    both = Statement("SELECT :one || '%', CAST(:two AS bigint), :one -- twice")
    told: list[str] = []
    with unit_of_work() as uow:

        def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            told.append(statement % parameters)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert both.rows(uow.session, {"two": 2, "one": "x"}) == [("x%", 2, "x")]
            assert both.row(uow.session, {"two": None, "one": ""}) == ("%", None, "")
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        assert told[0] == "SELECT x || '%', CAST(2 AS bigint), x -- twice"
        assert Statement("SELECT 1 WHERE :no").row(uow.session, {"no": False}) is None
        assert Statement("SET LOCAL lock_timeout = 0").rows(uow.session, {}) == []
        with pytest.raises(LookupError):
            Statement("SELECT generate_series(1, 2)").row(uow.session, {})
        with pytest.raises(DBAPIError) as refused:
            Statement("SELECT 1 / :nothing").rows(uow.session, {"nothing": 0})
    assert isinstance(refused.value.orig, psycopg.errors.DivisionByZero)
