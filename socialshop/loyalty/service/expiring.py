"""Points end: members are warned, then what is left of a lot goes back to the shop. In bounded steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby, islice
from operator import attrgetter

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

BATCH = 2_000
_MEMBERS_PER_ENTRY = 1_000
_WARNED_A_STEP = 2_000


def expire_due(uow: UnitOfWork, limit: int = BATCH) -> bool:
    """End what has expired of the members of the `limit` lots that did first; True if there may be more.

    Safe beside another: each lot is in one's hands, and what is left of it is taken once.
    """
    with cycles_kept():
        expired = store.expire_due(uow.session, uow.now, limit)
        ledger.post(uow, list(_entries(expired, to_text(uow.now))))
    return len(expired) >= limit


def _entries(expired: Sequence[Expired], at: str) -> Iterator[Entry]:
    """One entry a thousand members, named by its first lot and the instant: a lot ends twice if points came back to it.

    What a member loses at once is one posting, about the first of the lots.
    """
    by_member = groupby(sorted(expired, key=attrgetter("member", "id")), key=attrgetter("member"))
    while chunk := [(member, list(lots)) for member, lots in islice(by_member, _MEMBERS_PER_ENTRY)]:
        ended = [(member, sum(lot.points for lot in lots), lots[0].id) for member, lots in chunk]
        taken = [Posting(postings.AVAILABLE(member), -points, POINTS, lot) for member, points, lot in ended]
        first = chunk[0][1][0].id
        back = Posting(chart.POINTS_LIABILITY, sum(points for _, points, _ in ended), POINTS, first)
        yield postings.entry(f"expired:{to_public('lot', first)}:{at}", "expired", [*taken, back])


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
