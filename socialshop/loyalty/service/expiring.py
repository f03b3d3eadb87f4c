"""Points end: members are warned, then what is left of a lot goes back to the shop. In bounded steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from socialshop.infra.collector import cycles_kept
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.loyalty import postings
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import expiry as store
from socialshop.loyalty.store.expiry import Expired
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

BATCH = 10_000
_LOTS_PER_ENTRY = 1_000
_WARNED_A_STEP = 2_000


def expire_due(uow: UnitOfWork, limit: int = BATCH) -> bool:
    """End lots that have expired; True if there may be more. For the periodic table.

    Safe beside another: each lot is in one's hands, and what is left of it is taken once.
    """
    with cycles_kept():
        expired = store.expire_due(uow.session, uow.now, limit)
        ledger.post(uow, list(_entries(expired, to_text(uow.now))))
    return len(expired) == limit


def _entries(expired: Sequence[Expired], at: str) -> Iterator[Entry]:
    """One entry a thousand lots, named by its first and the instant: a lot ends twice if points came back to it."""
    for start in range(0, len(expired), _LOTS_PER_ENTRY):
        chunk = expired[start : start + _LOTS_PER_ENTRY]
        taken = [Posting(postings.AVAILABLE(lot.member), -lot.points, POINTS, lot.id) for lot in chunk]
        back = Posting(chart.POINTS_LIABILITY, sum(lot.points for lot in chunk), POINTS, chunk[0].id)
        yield postings.entry(f"expired:{to_public('lot', chunk[0].id)}:{at}", "expired", [*taken, back])


def warn_expiring(uow: UnitOfWork) -> bool:
    """Tell members whose points end soon, once a lot; True if there may be more. For the periodic table."""
    within = timedelta(days=rules_at(uow, uow.now).warn_days)
    warned = store.warn_due(uow.session, uow.now, within, _WARNED_A_STEP)
    told = [
        Told(
            member=each.member,
            kind="points_expiring",
            subject=to_text(each.first_at),
            about=None,
            target_id=None,
            facts={"points": each.points, "until": to_text(each.first_at)},
        )
        for each in warned
    ]
    notifications.tell(uow, told)
    return bool(warned)
