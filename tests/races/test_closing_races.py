"""Posting and closing a day at once: a closed day has the entries that it was closed with, and never one more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from bookkeeping import accrual, posted_at, proved
from flask import Flask
from patience import PATIENCE
from sqlalchemy import NullPool, create_engine, text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import service as ledger

ENDS = datetime(2026, 3, 2, tzinfo=UTC)
TODAY = date(2026, 3, 1)
MOMENT = timedelta(seconds=1)
NAIVE = """
    CREATE OR REPLACE FUNCTION ledger_open_from() RETURNS timestamptz LANGUAGE plpgsql AS $$
    BEGIN RETURN (SELECT max(ends_at) FROM ledger_closed_days); END $$
"""


@contextmanager
def _posting(app: Flask, reference: str) -> Iterator[Callable[[], None]]:
    """A unit of work of the day's last second that has posted and stays open; the value commits it."""
    posted, commit = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), unit_of_work(ManualClock(ENDS - MOMENT)) as uow:
            ledger.post(uow, [accrual(reference, 1, 7)])
            posted.set()
            commit.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    assert posted.wait(PATIENCE)

    def finish() -> None:
        commit.set()
        thread.join()

    try:
        yield finish
    finally:
        finish()


def _close(app: Flask) -> int:
    with app.app_context(), unit_of_work(ManualClock(ENDS + MOMENT)) as uow:
        return ledger.close_days(uow, TODAY, actor=None, zone="UTC").entries


def _in_the_day() -> int:
    with unit_of_work() as uow:
        count = text("SELECT count(*) FROM ledger_entries WHERE posted_at < :ends")
        return int(uow.session.execute(count, {"ends": ENDS}).scalar_one())


def _waits() -> bool:
    with unit_of_work() as uow:
        asked = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        return bool(uow.session.execute(text(asked)).scalar_one())


@pytest.mark.parametrize("naive", [False, True], ids=["locked", "planted: read without the lock"])
def test_a_day_is_closed_with_every_entry_that_was_on_its_way(app: Flask, database_url: str, naive: bool) -> None:
    posted_at(ENDS - MOMENT, accrual("first", 1, 7))
    if naive:
        engine = create_engine(database_url, poolclass=NullPool)
        with engine.begin() as owner:
            owner.execute(text(NAIVE))
    # given an entry of the day that is posted and not committed
    with ThreadPoolExecutor(1) as pool, _posting(app, "late") as commit:
        closing = pool.submit(_close, app)
        # when the day is closed meanwhile
        while not closing.done() and not _waits():
            threading.Event().wait(0.005)
        commit()
        counted = closing.result(PATIENCE)
    # then closing waited for it; the naive way closes the day without it, and it slips in
    assert (counted, _in_the_day()) == ((1, 2) if naive else (2, 2))


def test_many_who_post_at_midnight_while_days_are_closed_move_on_to_the_open_day(app: Flask) -> None:
    posted_at(ENDS - MOMENT, accrual("first", 1, 7))
    barrier = threading.Barrier(9)

    def post_many(number: int) -> None:
        with app.app_context():
            barrier.wait(PATIENCE)
            for each in range(20):
                posted_at(ENDS - MOMENT, accrual(f"{number}-{each}", number + 1, 7))

    def close_midway(_: int) -> int:
        barrier.wait(PATIENCE)
        return _close(app)

    with ThreadPoolExecutor(9) as pool:
        posts = [pool.submit(post_many, number) for number in range(8)]
        closed = pool.submit(close_midway, 0).result(PATIENCE)
        for post in posts:
            post.result(PATIENCE)
    assert closed == _in_the_day()
    proof = proved()
    assert (proof.holds, proof.entries) == (True, 161)
