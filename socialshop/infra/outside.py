"""Calls to the world outside, where money moves: never inside a transaction, never twice, never guessed.

    claim (commit) ──► call, with the key that the claim read ──► record the outcome (commit)

Killed between two of the steps, the same call is claimed again later and made with the same key, which the other side
honours. What is not known to have happened is recorded as unknown, and something (a poller) looks into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

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
        answer = self._answer(intent)
        crash_point(f"{self.name}.called")
        in_unit_of_work(lambda uow: self.record(uow, intent, answer), clock)
        crash_point(f"{self.name}.recorded")
        return True

    def _answer(self, intent: I) -> A | OutcomeUnknown | Refused:
        try:
            return self.call(intent)
        except (OutcomeUnknown, Refused) as failure:
            return failure
