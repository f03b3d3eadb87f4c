"""Draining the deliveries of handlers that call the world outside: leased, never held in a transaction.

A lease is a delivery that is due again later: who dies with it needs no cleaning up. So a delivery may run twice, also
at once; what it does is claimed by itself (infra/outside.py).

Calls side by side cost three commits a batch instead of four a call: lease; claim; record with `done`. Whatever has
been answered when the last record is through is recorded together, so a slow call holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from rq.timeouts import JobTimeoutException

from socialshop.infra import deliveries, outbox, wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.deliveries import Delivery
from socialshop.infra.outside import OutsideCalls, answer_to
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from workers.handlers import CallingHandler, OutsideHandler

LEASE = timedelta(seconds=30)

Failed = Callable[[int, Exception], None]


def drain(handler: OutsideHandler, seconds: int, failed: Failed, wanted: Callable[[], bool]) -> int:
    """Run due deliveries one by one for about so many seconds; returns how many were done.

    `failed` is told the delivery and the error of each that raised.
    """
    done, stop_at = 0, monotonic() + seconds
    while monotonic() < stop_at and wanted():
        leased = in_unit_of_work(lambda uow: deliveries.lease(uow, handler.name, handler.batch, uow.now + LEASE))
        done += sum(_run(handler, delivery, failed) for delivery in leased)
        if len(leased) < handler.batch:
            break
    return done


def _run(handler: OutsideHandler, delivery: Delivery, failed: Failed) -> bool:
    crash_point("outside.leased")
    try:
        with outbox.following([delivery.root]):
            handler.run(wired.clock(), delivery.payload)
    except JobTimeoutException:
        raise
    except Exception as error:
        failed(delivery.id, error)
        return False
    in_unit_of_work(partial(deliveries.mark_done, ids=[delivery.id]))
    return True


def drain_calls(handler: CallingHandler, seconds: int, failed: Failed, wanted: Callable[[], bool]) -> int:
    """Make the calls of due deliveries, a batch side by side, for about so many seconds; returns how many were done."""
    done, stop_at, calls = 0, monotonic() + seconds, handler.calls()
    with ThreadPoolExecutor(handler.batch) as threads:
        while monotonic() < stop_at and wanted():
            leased = in_unit_of_work(lambda uow: deliveries.lease(uow, handler.name, handler.batch, uow.now + LEASE))
            done += _Batch(calls, failed).make(threads, leased)
            if len(leased) < handler.batch:
                break
    return done


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A leased delivery, with the intent that was claimed for it."""

    delivery: Delivery
    intent: Any


class _Batch:
    """Deliveries that are claimed together, called side by side and recorded as they are answered."""

    def __init__(self, calls: OutsideCalls[Any, Any], failed: Failed) -> None:
        self._calls = calls
        self._failed = failed

    def make(self, threads: ThreadPoolExecutor, leased: Sequence[Delivery]) -> int:
        """Returns how many were done, nothing to do among them."""
        for _ in leased:
            crash_point("outside.leased")
        claimed = self._claim(leased)
        idle = [each for each in claimed if each.intent is None]
        self._mark_done(idle)
        running: dict[Future[Any], _Claimed] = {}
        for each in claimed:
            if each.intent is not None:
                crash_point(f"{self._calls.name}.call_intended")
                running[threads.submit(answer_to, self._calls.call, each.intent)] = each
        done = len(idle)
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            done += self._settle([(running.pop(future), future) for future in ended])
        return done

    def _claim(self, leased: Sequence[Delivery]) -> list[_Claimed]:
        """All at once; where that fails each alone, so that one that cannot be claimed is the only one put off."""
        if not leased:
            return []
        try:
            intents = in_unit_of_work(lambda uow: self._calls.claim(uow, [each.payload for each in leased]))
        except JobTimeoutException:
            raise
        except Exception as error:
            if len(leased) == 1:
                self._failed(leased[0].id, error)
                return []
            return [claimed for each in leased for claimed in self._claim([each])]
        return [_Claimed(each, intent) for each, intent in zip(leased, intents, strict=True)]

    def _settle(self, ended: Sequence[tuple[_Claimed, Future[Any]]]) -> int:
        """Record what was answered. A call that broke, other than in the two ways that it may, is put off."""
        answered = []
        for each, future in ended:
            crash_point(f"{self._calls.name}.called")
            broken = future.exception()
            if isinstance(broken, Exception):
                self._failed(each.delivery.id, broken)
            elif broken is not None:
                raise broken
            else:
                answered.append((each, future.result()))
        return self._record(answered)

    def _record(self, answered: Sequence[tuple[_Claimed, Any]]) -> int:
        """All in one unit of work; where that fails each in its own."""
        if not answered:
            return 0

        def record(uow: UnitOfWork) -> None:
            with outbox.following(each.delivery.root for each, _ in answered):
                self._calls.record(uow, [(each.intent, answer) for each, answer in answered])
            deliveries.mark_done(uow, [each.delivery.id for each, _ in answered])

        try:
            in_unit_of_work(record)
        except JobTimeoutException:
            raise
        except Exception as error:
            if len(answered) == 1:
                self._failed(answered[0][0].delivery.id, error)
                return 0
            return sum(self._record([each]) for each in answered)
        for _ in answered:
            crash_point(f"{self._calls.name}.recorded")
        return len(answered)

    def _mark_done(self, idle: Sequence[_Claimed]) -> None:
        if idle:
            in_unit_of_work(partial(deliveries.mark_done, ids=[each.delivery.id for each in idle]))
