"""Calls to the world outside, where money moves: never inside a transaction, never twice, never guessed.

    claim (commit) ──► call, with the key that the claim read ──► record the outcome (commit)

Killed between two of the steps, the same call is claimed again later and made with the same key, which the other side
honours. What is not known to have happened is recorded as unknown, and something (a poller) looks into it.

`OutsideCall` makes one call; `OutsideCalls` says how many are made side by side, claimed together and recorded together
(workers/outside.py runs them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from socialshop.infra.clock import Clock
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, in_unit_of_work

I = TypeVar("I")  # noqa: E741  (the intent)
A = TypeVar("A")


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
class OutsideCalls(Generic[I, A]):
    """The three steps of many calls of one kind. `name` starts the names of the crash points between them.

    `claim` gets the payloads of events and gives an intent for each, None where there is nothing (left) to do. `call`
    runs in a thread of its own, without the database. `record` gets intents with what came of each.
    """

    name: str
    claim: Callable[[UnitOfWork, Sequence[Mapping[str, Any]]], Sequence[I | None]]
    call: Callable[[I], A]
    record: Callable[[UnitOfWork, Sequence[tuple[I, A | OutcomeUnknown | Refused]]], None]


def answer_to(call: Callable[[I], A], intent: I) -> A | OutcomeUnknown | Refused:
    """Make the call; the two failures that it may have are values."""
    try:
        return call(intent)
    except (OutcomeUnknown, Refused) as failure:
        return failure
