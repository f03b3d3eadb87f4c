"""Valkey emptied or restarted, PostgreSQL away for a while, in the middle of work: nothing is lost or done twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from tea_house import OwnValkey, TeaHouse, until

from socialshop.infra.db import db


@contextmanager
def _at_work(tea_house: TeaHouse) -> Iterator[None]:
    """Two workers and a relay in the middle of several hundred events."""
    for kind in ("worker", "worker", "relay"):
        tea_house.start(kind)
    tea_house.pour(20)
    until(tea_house.all_done, "the processes are up")
    tea_house.pour(400)
    yield
    tea_house.pour(50)
    until(tea_house.all_done, "the outbox is drained within a minute", 60)
    assert tea_house.wrongly_drunk() == []


def test_valkey_emptied_in_the_middle_loses_nothing(tea_house: TeaHouse, own_valkey: OwnValkey) -> None:
    with _at_work(tea_house):
        for _ in range(10):
            own_valkey.empty()
            time.sleep(0.05)


def test_valkey_restarted_empty_in_the_middle_loses_nothing(tea_house: TeaHouse, own_valkey: OwnValkey) -> None:
    with _at_work(tea_house):
        own_valkey.stop()
        tea_house.pour(10)
        time.sleep(1)
        own_valkey.start()
        _start_the_dead_again(tea_house)


def test_a_postgresql_that_goes_away_for_a_while_loses_nothing(tea_house: TeaHouse) -> None:
    with _at_work(tea_house):
        _cut_connections(tea_house, seconds=1)
        _start_the_dead_again(tea_house)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_servers_lost_many_times_lose_nothing(
    tea_house: TeaHouse, own_valkey: OwnValkey, chaos: Callable[[int], int]
) -> None:
    with _at_work(tea_house):
        for turn in range(chaos(50)):
            tea_house.pour(60)
            if turn % 3 == 0:
                own_valkey.stop()
                own_valkey.start()
            elif turn % 3 == 1:
                own_valkey.empty()
            else:
                _cut_connections(tea_house, seconds=0.2)
            time.sleep(0.2)
            _start_the_dead_again(tea_house)


def _cut_connections(tea_house: TeaHouse, *, seconds: float) -> None:
    """As a restart of PostgreSQL looks from outside: every connection is cut, none is let in for a while."""
    url = make_url(tea_house.environment["DATABASE_URL"])
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(cut, {"name": url.database})
        time.sleep(seconds)
        connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    # Ours are gone too. A process finds that out at its first statement, or before it where it has idled for a second.
    db.engine.dispose()


def _start_the_dead_again(tea_house: TeaHouse) -> None:
    """What `work` does: RQ's worker ends itself when Valkey fails it in the middle of a job."""
    time.sleep(0.3)
    for process in list(tea_house.processes):
        if process.poll() is not None:
            tea_house.processes.remove(process)
            tea_house.start(process.arguments[0])
