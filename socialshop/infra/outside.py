"""Calls to the world outside: never inside a transaction, never twice, never guessed.

    claim (commit) ──► call, with the key that the claim read ──► record the outcome (commit)

Killed between two of the steps, the same call is claimed again later and made with the same key, which the other side
honours. What is not known to have happened is recorded as unknown, and something (a poller) looks into it.

`OutsideCall` makes one call. Of many, claimed together, made side by side and recorded together, `OutsideCalls` are
those that events ask for (workers/outside.py runs them), `OutsideQueue` those that wait in a table of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from socialshop.infra.clock import Clock
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.logging import describe
from socialshop.infra.uow import UnitOfWork, in_unit_of_work

I = TypeVar("I")  # noqa: E741  (the intent)
A = TypeVar("A")

# Answers that come close together are recorded in one commit; no longer than this is one left unrecorded.
_A_MOMENT_SECONDS = 0.05

_log = structlog.get_logger(__name__)


class OutcomeUnknown(Exception):
    """No answer, or none that says what happened: it may have been done."""


class Refused(Exception):
    """The other side refused for good: nothing was done and nothing will be. The text is its code."""


@dataclass(frozen=True)
class OutsideCall(Generic[I, A]):
    """The three steps. `name` starts the names of the crash points between them.

    `claim` gives None where there is nothing (left) to do. `record` gets the answer, or the failure as a value.
    """

    name: str
    claim: Callable[[UnitOfWork], I | None]
    call: Callable[[I], A]
    record: Callable[[UnitOfWork, I, A | OutcomeUnknown | Refused], None]

    def make(self, clock: Clock) -> bool:
        """Do the three; False if there was nothing to claim. `call` finds no transaction open."""
        intent = in_unit_of_work(self.claim, clock)
        if intent is None:
            return False
        crash_point(f"{self.name}.call_intended")
        answer = answer_to(self.call, intent)
        crash_point(f"{self.name}.called")
        in_unit_of_work(lambda uow: self.record(uow, intent, answer), clock)
        crash_point(f"{self.name}.recorded")
        return True


@dataclass(frozen=True)
class OutsideQueue(Generic[I, A]):
    """The three steps of calls that wait in a table of their own. `name` starts the names of the crash points.

    `claim` takes what is due, for longer than the calls can last. `call` runs in one of `width` threads, without the
    database. `record` gets intents with what came of each, as soon as it is known; what broke is an unknown outcome.
    """

    name: str
    claim: Callable[[UnitOfWork], Sequence[I]]
    call: Callable[[I], A]
    record: Callable[[UnitOfWork, Sequence[tuple[I, A | OutcomeUnknown | Refused]]], None]
    width: int

    def make(self, clock: Clock) -> int:
        """Do the three; returns how many were claimed. `call` finds no transaction open."""
        intents = in_unit_of_work(self.claim, clock)
        if not intents:
            return 0
        with ThreadPoolExecutor(self.width) as threads:
            running = {}
            for intent in intents:
                crash_point(f"{self.name}.call_intended")
                running[threads.submit(answer_to, self.call, intent)] = intent
            while running:
                answered = []
                for future in _ended(running):
                    crash_point(f"{self.name}.called")
                    answered.append((running.pop(future), self._answer(future)))
                in_unit_of_work(partial(self._record, answered), clock)
                for _each in answered:
                    crash_point(f"{self.name}.recorded")
        return len(intents)

    def _record(self, answered: Sequence[tuple[I, A | OutcomeUnknown | Refused]], uow: UnitOfWork) -> None:
        self.record(uow, answered)

    def _answer(self, future: Future[A | OutcomeUnknown | Refused]) -> A | OutcomeUnknown | Refused:
        broken = future.exception()
        if isinstance(broken, Exception):
            _log.error("call broke", calls=self.name, error=describe(broken))
            return OutcomeUnknown(f"broken: {type(broken).__name__}")
        return future.result()


@dataclass(frozen=True)
class OutsideCalls(Generic[I, A]):
    """The three steps of many calls of one kind. `name` starts the names of the crash points between them.

    `claim` gets the payloads of events and gives an intent for each, None where there is nothing (left) to do. `call`
    runs in a thread of its own, without the database. `record` gets intents with what came of each.
    """

    name: str
    claim: Callable[[UnitOfWork, Sequence[Mapping[str, Any]]], Sequence[I | None]]
    call: Callable[[I], A]
    record: Callable[[UnitOfWork, Sequence[tuple[I, A | OutcomeUnknown | Refused]]], None]


def _ended(running: Collection[Future[Any]]) -> set[Future[Any]]:
    """The calls that have an answer: all that come within a moment, or the first that comes at all."""
    ended, _ = wait(running, timeout=_A_MOMENT_SECONDS)
    return ended or wait(running, return_when=FIRST_COMPLETED)[0]


def answer_to(call: Callable[[I], A], intent: I) -> A | OutcomeUnknown | Refused:
    """Make the call; the two failures that it may have are values."""
    try:
        return call(intent)
    except (OutcomeUnknown, Refused) as failure:
        return failure
