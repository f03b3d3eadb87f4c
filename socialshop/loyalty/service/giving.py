"""Giving points: one event, one lot, one entry; and what a member owes is paid from what comes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.ledger import service as ledger
from socialshop.loyalty import postings, rules
from socialshop.loyalty.store import lots as store
from socialshop.loyalty.store.lots import LotRow


class Grant(NamedTuple):
    """Points for an event: `subject` names it among a member's events of its kind, `facts` explain the sum.

    `available_at` None: on their way, until the order can no longer be sent back.
    """

    member: int
    kind: str
    subject: str
    points: int
    facts: Mapping[str, object]
    expiry_days: int
    available_at: datetime | None
    order_id: uuid.UUID | None = None


def give(uow: UnitOfWork, grants: Sequence[Grant]) -> set[int]:
    """Give what was not given before; returns the places of the grants that are new. A constant number of statements.

    A grant of no points is kept too: its event is over, and told again it gives nothing.
    """
    if not grants:
        return set()
    store.lock_members(uow.session, [grant.member for grant in grants])
    rows = [
        LotRow(id_, g.member, g.kind, g.subject, g.order_id, g.points, g.facts, g.expiry_days, g.available_at)
        for id_, g in zip(new_ids(len(grants)), grants, strict=True)
    ]
    added = store.add(uow.session, rows, uow.now)
    new = [row for row in rows if row.id in added and row.points]
    ledger.post(uow, [_earned(row) for row in new])
    net(uow, {row.member for row in new if row.available_at is not None})
    return {place for place, row in enumerate(rows) if row.id in added}


def net(uow: UnitOfWork, members: Collection[int]) -> None:
    """Pay what these members (locked before) owe from what they have, the first points to expire first."""
    owed = ledger.debts(uow, members) if members else {}
    entries = []
    for member in sorted(members):
        debt = owed.get((member, POINTS), 0)
        parts = rules.first_out(store.lock_open(uow.session, member, usable_at=None), debt) if debt else []
        if parts:
            store.take(uow.session, parts)
            id_ = new_id()
            moved = postings.moved(postings.AVAILABLE, postings.OWED, member, rules.total(parts), id_)
            entries.append(postings.entry(f"netted:{id_}", "netted", moved))
    ledger.post(uow, entries)


def _earned(lot: LotRow) -> ledger.Entry:
    account = postings.PENDING if lot.available_at is None else postings.AVAILABLE
    given = postings.given(account, lot.member, lot.points, lot.id)
    kind = "adjusted" if lot.kind == rules.ADJUSTMENT else "earned"
    return postings.entry(f"{kind}:{to_public('lot', lot.id)}", kind, given)
