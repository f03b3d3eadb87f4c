"""Revenue of plans, day by day: what waits at `shop:plan_revenue_deferred` is earned as the days of its term pass."""

from __future__ import annotations

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.ledger import service as ledger
from socialshop.memberships import postings
from socialshop.memberships.store import terms as store

BATCH = 2_000


def recognise_due(uow: UnitOfWork, zone: str, limit: int = BATCH) -> bool:
    """Earn the days before today of up to `limit` terms; True if there may be more. For the periodic table.

    Days that were missed are made up for. Safe beside another: each term's days are passed once.
    """
    earned = store.recognise(uow.session, day_of(uow.now, zone), limit)
    ledger.post(uow, list(postings.of_days(earned)))
    crash_point("plans.recognised")
    return len(earned) >= limit
