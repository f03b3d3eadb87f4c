"""From an emitted event to a handler's effect: relay, RQ wake-up, drain; failures are put off, isolated, given up."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from socialshop.infra import deliveries, redis
from socialshop.infra.outbox import Event
from socialshop.infra.uow import UnitOfWork, unit_of_work
from workers import handlers, jobs, queue, relay, worker
from workers.handlers import Handler, Payload


@dataclass(frozen=True, slots=True)
class TeaPoured(Event):
    cups: int


@dataclass(frozen=True, slots=True)
class TeaSpilled(Event):
    cups: int


class Guests:
    """A handler that drinks: each cup is a row; some cups are bad, until someone cleans them."""

    def __init__(self) -> None:
        self.bad: set[int] = set()
        self.batches: list[list[int]] = []

    def drink(self, uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        cups = [int(payload["cups"]) for payload in payloads]
        self.batches.append(cups)
        for cup in cups:
            uow.session.execute(text("INSERT INTO drunk (cup) VALUES (:cup)"), {"cup": cup})
            if cup in self.bad:
                raise ValueError(f"cup {cup} is bad")


@pytest.fixture
def guests(app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Guests:
    found = Guests()
    table = (Handler("drink", "TeaPoured", found.drink, batch=10), Handler("thank", "TeaPoured", lambda *_: None))
    monkeypatch.setattr(handlers, "HANDLERS", table)
    # The owner makes the table; the application role may only use it.
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE drunk (cup bigint NOT NULL)"))
    return found


def _pour(*cups: int) -> None:
    with unit_of_work() as uow:
        for cup in cups:
            uow.emit(TeaPoured(cups=cup))


def _rows(statement: str) -> list[tuple[object, ...]]:
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(statement))]


def _drunk() -> list[object]:
    return [cup for (cup,) in _rows("SELECT cup FROM drunk ORDER BY cup")]


def _let_retries_be_due() -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE outbox_deliveries SET due_at = '2000-01-01Z' WHERE state = 'pending'"))


def test_each_event_reaches_each_of_its_handlers_once(guests: Guests) -> None:
    _pour(1, 2, 3)
    assert relay.relay() == 3
    assert relay.wake() == 2
    worker.work_off()
    assert _drunk() == [1, 2, 3]
    assert _rows("SELECT handler, state, count(*) FROM outbox_deliveries GROUP BY 1, 2 ORDER BY 1") == [
        ("drink", "done", 3),
        ("thank", "done", 3),
    ]
    assert relay.relay() == 0
    assert relay.wake() == 0


def test_a_batch_is_bounded_and_in_the_order_of_events(guests: Guests) -> None:
    _pour(*range(25))
    relay.relay()
    assert jobs.drain("drink") == 25
    assert guests.batches == [list(range(10)), list(range(10, 20)), list(range(20, 25))]


def test_an_event_without_a_handler_is_relayed_to_nobody(guests: Guests) -> None:
    with unit_of_work() as uow:
        uow.emit(TeaSpilled(cups=1))
    assert relay.relay() == 1
    assert _rows("SELECT count(*) FROM outbox_deliveries") == [(0,)]
    assert _rows("SELECT count(*) FROM outbox_events WHERE relayed_at IS NULL") == [(0,)]


def test_a_bad_event_does_not_hold_up_its_batch(guests: Guests) -> None:
    guests.bad = {4}
    _pour(*range(8))
    relay.relay()
    jobs.drain("drink")
    assert _drunk() == [0, 1, 2, 3, 5, 6, 7]
    assert _rows(
        "SELECT state, attempts, last_error, due_at > now() FROM outbox_deliveries"
        " WHERE handler = 'drink' AND state <> 'done'"
    ) == [("pending", 1, "ValueError: cup 4 is bad", True)]


def test_a_failure_that_passes_is_made_good_by_a_later_attempt(guests: Guests) -> None:
    guests.bad = {1}
    _pour(1)
    relay.relay()
    jobs.drain("drink")
    assert (_drunk(), jobs.drain("drink")) == ([], 0)
    guests.bad = set()
    _let_retries_be_due()
    assert jobs.drain("drink") == 1
    assert _drunk() == [1]


def test_a_delivery_is_given_up_after_the_last_attempt_and_later_ones_wait_longer(guests: Guests) -> None:
    guests.bad = {1}
    _pour(1)
    relay.relay()
    waits = []
    for _ in range(6):
        _let_retries_be_due()
        jobs.drain("drink")
        waits += _rows(
            "SELECT round(extract(epoch FROM due_at - now()))::int FROM outbox_deliveries WHERE attempts > 0"
        )
    assert waits == [(1,), (2,), (4,), (8,), (16,), (32,)]
    assert _rows("SELECT state, attempts FROM outbox_deliveries WHERE handler = 'drink'") == [("dead", 6)]
    assert _drunk() == []
    with unit_of_work() as uow:
        assert deliveries.backlog(uow, ["drink"]) == (0, 0, 1)
        dead = deliveries.dead_since(uow, uow.now - timedelta(minutes=1), up_to=deliveries.newest_event(uow))
    assert dead == (1, "drink", "ValueError: cup 1 is bad")


def test_what_another_worker_holds_is_passed_over(app: Flask, guests: Guests) -> None:
    _pour(*range(12))
    relay.relay()
    held: list[int] = []

    def claim_in_the_middle(uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        if not held:
            held.append(1)
            with app.app_context():
                assert jobs.drain("drink") == 2
        guests.drink(uow, payloads)

    table = (Handler("drink", "TeaPoured", claim_in_the_middle, batch=10),)
    handlers.HANDLERS, before = table, handlers.HANDLERS
    try:
        jobs.drain("drink")
    finally:
        handlers.HANDLERS = before
    assert guests.batches == [[10, 11], list(range(10))]
    assert _drunk() == list(range(12))


def test_a_waiting_wake_up_is_not_sent_twice(guests: Guests) -> None:
    _pour(1)
    relay.relay()
    assert [relay.wake(), relay.wake()] == [2, 0]
    assert queue.queue(redis.client()).count == 2


def test_jobs_carry_names_alone_as_json(guests: Guests) -> None:
    _pour(1)
    relay.relay()
    relay.wake()
    found = queue.queue(redis.client()).jobs
    assert [(job.func_name, job.args, job.kwargs, job.retries_left) for job in found] == [
        ("workers.jobs.follow", ["drink"], {}, 3),
        ("workers.jobs.follow", ["thank"], {}, 3),
    ]


@pytest.fixture
def chain(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tea that is spilled by who pours it, and mopped up by another; what was done, in order."""
    done: list[str] = []

    def pour(uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        done.append("pour")
        for payload in payloads:
            uow.emit(TeaSpilled(cups=int(payload["cups"])))

    def mop(uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        done.append("mop")

    table = (Handler("mop", "TeaSpilled", mop), Handler("pour", "TeaPoured", pour))
    monkeypatch.setattr(handlers, "HANDLERS", table)
    return done


def test_one_wake_up_does_what_follows_too_and_nudges_nobody(
    app: Flask, chain: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a chain of two steps, when one wake-up is heard, then both are done, without the relay and another job."""
    # A channel is the whole server's, whatever the database: other tests nudge beside this one.
    monkeypatch.setattr(redis, "NUDGE_CHANNEL", f"{redis.NUDGE_CHANNEL}:{uuid.uuid4()}")
    _pour(1)
    relay.relay()
    with redis.client().pubsub() as channel:
        channel.subscribe(redis.NUDGE_CHANNEL)
        assert channel.get_message(timeout=5)["type"] == "subscribe"
        assert jobs.follow("pour") == 2
        assert channel.get_message(timeout=0) is None
        _pour(2)
        assert channel.get_message(timeout=5)["type"] == "message"
    assert chain == ["pour", "mop"]
    assert _rows("SELECT DISTINCT state FROM outbox_deliveries") == [("done",)]


def test_a_wake_up_does_not_wait_for_what_another_holds(app: Flask, chain: list[str]) -> None:
    _pour(1)
    relay.relay()
    with unit_of_work() as uow:
        assert len(deliveries.claim(uow, "pour", 10)) == 1
        other = threading.Thread(target=_in_context(app, lambda: jobs.follow("pour")))
        other.start()
        other.join(10)
        assert not other.is_alive()
    assert chain == []
    assert jobs.follow("pour") == 2


def _in_context(app: Flask, work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            work()

    return run


def test_pruning_removes_what_is_finished_and_old_and_nothing_else(guests: Guests) -> None:
    guests.bad = {3}
    _pour(1, 2, 3)
    relay.relay()
    jobs.drain("drink")
    jobs.drain("thank")
    _pour(4)
    with unit_of_work() as uow:
        assert deliveries.prune(uow, uow.now - timedelta(days=1), 100) == 0
    with unit_of_work() as uow:
        assert deliveries.prune(uow, uow.now + timedelta(days=1), 1) == 1
    with unit_of_work() as uow:
        assert deliveries.prune(uow, uow.now + timedelta(days=1), 100) == 1
    assert _rows("SELECT payload ->> 'cups' FROM outbox_events ORDER BY id") == [("3",), ("4",)]
