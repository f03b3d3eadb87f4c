"""PostgreSQL stopped at once (SIGQUIT: no checkpoint, no goodbye) under a running shop with buyers in it.

What a client was told is there, once, whatever it had to ask again; the shop is healthy within half a minute.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from patience import PATIENCE
from payment_shop import differences
from running_shop import Shop, until
from shop_under_load import Load, findings

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.servers import open_servers
from socialshop.infra.settings import Settings
from socialshop.payments.sandbox.books import Payment
from socialshop.payments.sandbox.journal import Journal

_HEALTHY_SECONDS = 30
# A keeper starts a server again five times in its life.
_STOPS_A_RUN = 4
pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with (tmp_path / "log").open("w+") as log:
        found = Shop(tmp_path / "data", log=log)
        found.settings = {"SOCIALSHOP_LOG_LEVEL": "WARNING", "SOCIALSHOP_REQUESTS_PER_MINUTE": "1000000"}
        yield found
        for process in found.processes:
            process.kill()
            process.communicate()
        found.nothing_left()


@contextmanager
def _inside(shop: Shop) -> Iterator[Flask]:
    """The shop's own database, for the test to look into, while it runs."""
    with open_servers(shop.folder) as servers:
        settings = Settings(
            environment="test",
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            secret_key="test-only",
            data_dir=shop.folder,
        )
        app = create_app(settings)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()
                redis.client().close()


def _postmaster(shop: Shop) -> int:
    try:
        return int((shop.folder / "postgres" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def _stop_and_wait(shop: Shop) -> float:
    """Stop PostgreSQL at once; seconds from there until another serves and the shop says that it is ready."""
    stopped = _postmaster(shop)
    began = time.monotonic()
    os.kill(stopped, signal.SIGQUIT)
    until(lambda: _postmaster(shop) not in (0, stopped), "another PostgreSQL", _HEALTHY_SECONDS)
    until(shop.is_ready, "the shop is healthy", _HEALTHY_SECONDS)
    return time.monotonic() - began


def _one_stop(shop: Shop, load: Load) -> float:
    """Buyers at work, PostgreSQL stopped among them, every one answered in the end; seconds until it was healthy."""
    # A connection that this process keeps would meet the stop too, and is no part of the shop.
    db.engine.dispose()
    with load.at_work():
        until(lambda: len(load.answered) > 100, "the shop is under load")
        before = len(load.acknowledged())
        seconds = _stop_and_wait(shop)
    assert sum(load.refused.values()) > 0, "the stop met nobody"
    assert 0 < before < len(load.acknowledged())
    return seconds


def _books_agree(shop: Shop, folder: Path) -> None:
    """What the provider captured is what the shop and its ledger captured, once every call that was cut is made up."""

    def theirs() -> list[Payment]:
        # The running provider owns its file: a copy of it is read.
        copy = folder / "payments.jsonl"
        shutil.copyfile(shop.folder / "sandbox" / "payments.jsonl", copy)
        with Journal(copy) as journal:
            return journal.payments()

    until(lambda: differences(theirs()) == [], "the provider's books are the shop's and the ledger's", 120)
    assert sum(payment.captured_minor for payment in theirs()) > 0


def _prove(shop: Shop) -> None:
    process = shop.start("prove")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_postgresql_stopped_at_once_under_load_loses_nothing_that_was_acknowledged(
    shop: Shop, tmp_path: Path
) -> None:
    shop.run()
    with _inside(shop) as app:
        load = Load(app, shop.port)
        seconds = _one_stop(shop, load)
        assert findings(load) == []
        _books_agree(shop, tmp_path)
    assert seconds <= _HEALTHY_SECONDS
    _prove(shop)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_postgresql_stopped_at_once_many_times_loses_nothing_that_was_acknowledged(
    shop: Shop, tmp_path: Path, chaos: Callable[[int], int]
) -> None:
    left, waits = chaos(20), []
    while left:
        running = shop.run()
        stops = min(left, _STOPS_A_RUN)
        with _inside(shop) as app:
            for _ in range(stops):
                load = Load(app, shop.port)
                waits.append(_one_stop(shop, load))
                assert findings(load) == []
            _books_agree(shop, tmp_path)
        _prove(shop)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)
        left -= stops
    assert max(waits) <= _HEALTHY_SECONDS


@pytest.mark.long
def test_an_acknowledgement_before_the_commit_is_on_disk_is_found(shop: Shop) -> None:
    """Given commits answered before they are written, when PostgreSQL is stopped, then the audit names the loss."""
    shop.run()
    with _inside(shop) as app:
        load = Load(app, shop.port)
        _commit_in_memory(app)
        _one_stop(shop, load)
        assert "told, not there" in {found[0] for found in findings(load)}  # type: ignore[index]


def _commit_in_memory(app: Flask) -> None:
    """Let PostgreSQL answer commits that are ten seconds from the disk; the shop's connections begin anew."""
    settings: Settings = app.extensions["socialshop_settings"]
    assert settings.database_url is not None
    # As the owner of the cluster: the app itself works as a role that may not.
    url = settings.database_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE socialshop SET synchronous_commit = off")
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
        others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    db.engine.dispose()
