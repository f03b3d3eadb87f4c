"""Real parts for every test: one PostgreSQL and one Valkey a run, one database a test, cloned from a template."""

from __future__ import annotations

import importlib.util
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from socialshop.app import create_app
from socialshop.infra import redis, schema
from socialshop.infra.db import db
from socialshop.infra.servers import Servers, open_servers
from socialshop.infra.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

# What looks at pages in a browser needs parts of its own: make test-browser installs them.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

# Started in the background of a shell, this process ignores both, and so would every process that a test starts and
# ends by them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The user's own servers where both URLs are set, else embedded ones shared by all test processes of this tree.

    SOCIALSHOP_TEST_DATA names another folder under var/: a cluster belongs to one version of PostgreSQL.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield Servers(database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"])
        return
    with open_servers(ROOT / "var" / os.environ.get("SOCIALSHOP_TEST_DATA", "test")) as found:
        _no_waiting_for_the_disk(found.database_url)
        yield found


def _no_waiting_for_the_disk(database_url: str) -> None:
    """What tests write need not outlive the machine's power: a third of a test's time was spent on fsync.

    A killed server loses nothing by it, and those that tests kill have folders and settings of their own.
    """
    _run_outside(
        database_url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )


def _run_outside(database_url: str, *statements: str) -> None:
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _named(database_url: str, name: str) -> str:
    return make_url(database_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def redis_url(servers: Servers, worker_id: str) -> str:
    """A Redis database of this test process's own."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    return f"{servers.redis_url}?db={number}"


@pytest.fixture(scope="session")
def template(servers: Servers, redis_url: str) -> Iterator[str]:
    """A migrated database to clone: `CREATE DATABASE … TEMPLATE` costs 0.02 s where the migrations cost a second."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    _run_outside(servers.database_url, f"CREATE DATABASE {name}")
    app = create_app(_settings(_named(servers.database_url, name), redis_url))
    schema.migrate(app)
    with app.app_context():
        db.engine.dispose()
    yield name
    _run_outside(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """A database of this test's own, at the schema's head and empty."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run_outside(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _named(servers.database_url, name)
    _run_outside(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _settings(database_url: str, redis_url: str) -> Settings:
    return Settings(
        environment="test", database_url=database_url, redis_url=redis_url, secret_key="test-only", database_pool=5
    )


@pytest.fixture
def app(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A wired shop with an open app context, on this test's own database and an empty Redis."""
    application = create_app(_settings(database_url, redis_url).model_copy(update={"data_dir": tmp_path}))
    with application.app_context():
        redis.client().flushdb()
        yield application
        redis.client().close()
        db.session.remove()
        db.engine.dispose()
