"""What the relay and the workers would do now, done in the test's own process and at once."""

from __future__ import annotations

from collections.abc import Sequence

from socialshop.infra import deliveries
from socialshop.infra.uow import in_unit_of_work
from workers import handlers, jobs, relay


def one_round(names: Sequence[str] | None = None) -> int:
    """Relay, then drain each of `names` (None: every handler) that has something due; returns how much was done.

    Asked in one statement who has something due: a look by each of some forty handlers costs more than the work.
    """
    done = relay.relay()
    wanted = list(handlers.names() if names is None else names)
    due = in_unit_of_work(lambda uow: deliveries.handlers_with_due(uow, wanted))
    return done + sum(jobs.drain(name) for name in due)


def work(names: Sequence[str] | None = None) -> None:
    """Round after round until nothing is due."""
    while one_round(names):
        pass
