"""What was given is taken back: what is on its way first, then what the member has, then it is owed.

A refund takes back what the order gave, and what was given because of it: a share, a mission.

Exact by aim, not by steps: an order keeps just what the same rule gives on what is left of it, whatever was refunded,
in how many parts, and however often it is told.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry
from socialshop.loyalty import postings, rules
from socialshop.loyalty.rules import Part
from socialshop.loyalty.service.paying import give_back_refunded
from socialshop.loyalty.store import lots as store
from socialshop.loyalty.store.lots import HeldLot, OrderLot


def on_order_refunded(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderRefunded. Points that were spent are owed, and paid from what is earned next.

    Points that paid a part of the order come back before, so that what is owed is paid from them too.
    """
    ids = sorted({uuid.UUID(payload["order_id"]) for payload in payloads})
    give_back_refunded(uow, ids)
    members = store.members_of_orders(uow.session, ids)
    if not members:
        return
    store.lock_members(uow.session, members)
    found = store.lock_of_orders(uow.session, ids)
    ledger.post(uow, [_taken(uow, lot.held, too_many) for lot in found if (too_many := _due(lot))])


def take_back_events(uow: UnitOfWork, kind: str, events: Sequence[tuple[int, str]]) -> list[HeldLot]:
    """Take back all that these events (member, locked before, and subject) gave; returns what they gave.

    Told again, nothing changes.
    """
    found = store.lock_of_events(uow.session, kind, events) if events else []
    ledger.post(uow, [_taken(uow, lot, lot.points - lot.taken) for lot in found if lot.points > lot.taken])
    return found


def _due(lot: OrderLot) -> int:
    """How many more points than the rule gives on what is left of the order were not taken back yet."""
    facts = lot.facts
    keeps = rules.of_order(lot.paid_minor, facts["exponent"], facts["per_unit"], facts["multiplier_bps"])
    return max(lot.held.points - keeps - lot.held.taken, 0)


def _taken(uow: UnitOfWork, lot: HeldLot, points: int) -> Entry:
    """Take them: from the lot itself, then from the member's others, the rest is owed."""
    own = min(lot.left, points)
    store.take_back(uow.session, lot.id, points=points, left=own)
    moves = []
    if lot.pending:
        rest = points - own
        moves.append((postings.PENDING, own))
    else:
        others = [part for part in store.lock_open(uow.session, lot.member, usable_at=None) if part.lot_id != lot.id]
        parts: list[Part] = rules.first_out(others, points - own)
        store.take(uow.session, parts)
        rest = points - own - rules.total(parts)
        moves.append((postings.AVAILABLE, points - rest))
    moves.append((postings.OWED, rest))
    posted = [
        posting for account, part in moves if part for posting in postings.given(account, lot.member, -part, lot.id)
    ]
    return postings.entry(f"taken:{to_public('lot', lot.id)}:{lot.taken + points}", "taken_back", posted)
