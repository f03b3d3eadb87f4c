"""The jobs that RQ runs, thin: drain what is due in batches and what follows from it; run a tick of the periodic table.

A job may run twice, at once with another, or be killed anywhere: what it claims it holds by row locks, and claiming,
the handler's effects and `done` are one unit of work.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from time import monotonic

import structlog
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import DBAPIError

from socialshop.infra import deliveries, outbox, redis, ticks, wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.deliveries import Delivery
from socialshop.infra.logging import describe
from socialshop.infra.uow import UnitOfWork, advisory_lock, in_unit_of_work, is_conflict
from workers import handlers, outside, queue, relay, schedule
from workers.handlers import AnyHandler, CallingHandler, Handler, OutsideHandler

# After so long a job makes room for the next in the queue; the relay wakes it again for what is left.
SHARE_SECONDS = 20

_log = structlog.get_logger(__name__)
_leaving = threading.Event()


def leave_soon() -> None:
    """This process is asked to stop: a running job ends after the batch that it is at."""
    _leaving.set()


class _BatchFailed(Exception):
    """A handler raised; carries which deliveries were in its hands."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"{len(ids)} deliveries")
        self.ids = ids


def follow(handler_name: str) -> int:
    """Drain the handler, then whatever is due by then, what follows from it first of all; returns how many were done.

    What a batch leads to is relayed here: by way of relay and queue each step of a chain would cost a round of the one
    and a job of the other, which is more than most batches cost. Ends when nothing is due but what others hold, or
    when the share is over; the relay's sweep finds what is left.
    """
    _heard("drain", handler_name)
    stop_at, done = monotonic() + SHARE_SECONDS, 0
    due: Sequence[str] = [handler_name]
    with redis.nudges_kept():
        while moved := sum(drain(name) for name in due if monotonic() < stop_at and not _leaving.is_set()):
            done += moved
            relay.relay()
            due = in_unit_of_work(lambda uow: deliveries.handlers_with_due(uow, handlers.names()))
    return done


def drain(handler_name: str) -> int:
    """Run the handler over its due deliveries, batch by batch, until few are left; returns how many were done."""
    handler = handlers.named(handler_name)
    if handler is None:
        _log.warning("no such handler", handler=handler_name)
        return 0
    if isinstance(handler, OutsideHandler):
        return outside.drain(handler, SHARE_SECONDS, partial(_put_off_one, handler), lambda: not _leaving.is_set())
    if isinstance(handler, CallingHandler):
        return outside.drain_calls(
            handler, SHARE_SECONDS, partial(_put_off_one, handler), lambda: not _leaving.is_set()
        )
    done, stop_at = 0, monotonic() + SHARE_SECONDS
    while monotonic() < stop_at and not _leaving.is_set():
        try:
            count = in_unit_of_work(lambda uow: _run_batch(uow, handler))
        except _BatchFailed as failed:
            _deal_with(handler, failed)
            continue
        done += count
        if count < handler.batch:
            break
    return done


def _run_batch(uow: UnitOfWork, handler: Handler) -> int:
    return _run(uow, handler, deliveries.claim(uow, handler.name, handler.batch))


def _run(uow: UnitOfWork, handler: Handler, claimed: Sequence[Delivery]) -> int:
    if not claimed:
        return 0
    ids = [delivery.id for delivery in claimed]
    crash_point("drain.claimed")
    try:
        with outbox.following(delivery.root for delivery in claimed):
            handler.run(uow, [delivery.payload for delivery in claimed])
        uow.session.flush()
    except DBAPIError as error:
        # A conflict is tried again by the unit of work, a lost server by the relay's sweep: no fault of the event.
        if error.connection_invalidated or is_conflict(error):
            raise
        raise _BatchFailed(ids) from error
    except Exception as error:
        raise _BatchFailed(ids) from error
    crash_point("drain.ran")
    deliveries.mark_done(uow, ids)
    return len(ids)


def _deal_with(handler: Handler, failed: _BatchFailed) -> None:
    """One bad event must not hold up its batch: each is tried alone, and only those that fail again are put off."""
    if len(failed.ids) == 1 or isinstance(failed.__cause__, JobTimeoutException):
        # The alarm of a job rings once; after it the rest would run without a limit.
        _put_off(handler, failed.ids, failed.__cause__ or failed)
        if isinstance(failed.__cause__, JobTimeoutException):
            raise failed.__cause__
        return
    for delivery_id in failed.ids:
        try:
            in_unit_of_work(partial(_run_alone, handler=handler, delivery_id=delivery_id))
        except _BatchFailed as alone:
            _deal_with(handler, alone)


def _run_alone(uow: UnitOfWork, handler: Handler, delivery_id: int) -> int:
    claimed = deliveries.claim_one(uow, delivery_id)
    return _run(uow, handler, [claimed] if claimed else [])


def _put_off_one(handler: OutsideHandler | CallingHandler, delivery_id: int, error: Exception) -> None:
    _put_off(handler, [delivery_id], error)


def _put_off(handler: AnyHandler, ids: Sequence[int], error: BaseException) -> None:
    dead = in_unit_of_work(lambda uow: deliveries.record_failure(uow, ids, error, wired.settings().delivery_attempts))
    _log.warning("handler failed", handler=handler.name, deliveries=list(ids), error=describe(error))
    if dead:
        _log.error("deliveries given up", handler=handler.name, deliveries=dead, error=describe(error))


def run_periodic(name: str, slot: str) -> int:
    """Run the steps of one tick until there is no more to do, then mark it finished; returns how many steps ran."""
    _heard("tick", name, slot)
    periodic, at = schedule.named(name), datetime.fromisoformat(slot)
    if periodic is None:
        _log.warning("no such periodic job", job=name)
        return 0

    def step(uow: UnitOfWork) -> bool | None:
        # Ticks of one job never overlap: a slow one is not joined by the next. It is tried again after a grace.
        if not advisory_lock(uow, f"periodic:{name}", wait=False):
            return None
        crash_point("periodic.locked")
        if periodic.step(uow):
            return True
        ticks.finish(uow, name, at)
        return False

    steps, more = 0, True
    while more and not _leaving.is_set():
        outcome = in_unit_of_work(step, isolation=periodic.isolation)
        steps += outcome is not None
        more = bool(outcome)
    return steps


def _heard(*words: str) -> None:
    with contextlib.suppress(RedisError):
        queue.begin(redis.client(), *words)
