"""Sales as they come and go: what they give whoever shared, and how far they bring whom with which missions.

A sale counts at the instant at which its order was placed, once it is confirmed and while any money of it is left.
Orders of the shop's past, which it imports, count nowhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.loyalty import rules
from socialshop.loyalty.rules import MissionKind
from socialshop.loyalty.service.earning import Deed, earn_all
from socialshop.loyalty.service.missions.counting import count_anew
from socialshop.loyalty.service.taking_back import take_back_events
from socialshop.loyalty.store import lots
from socialshop.loyalty.store import sales as store
from socialshop.loyalty.store.missions import Touched
from socialshop.loyalty.store.sales import Sale

Payloads = Sequence[Mapping[str, Any]]


def note_sales(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrdersConfirmed. Told again, nothing changes. A constant number of statements.

    Whose link led to the order earns by the rule of shares: for a sale, once an order, never for somebody's coming
    alone.
    """
    ids = sorted({uuid.UUID(id_) for id_ in chain.from_iterable(payload["order_ids"] for payload in payloads)})
    found = store.lock_confirmed(uow.session, ids)
    if not found:
        return
    about = {(each.buyer, each.sponsor, each.linked, each.attributed) for each in found}
    lots.lock_members(uow.session, {member for each in about for member in each if member is not None})
    fresh = store.note(uow.session, found)
    earn_all(uow, rules.SHARE, [Deed(member, subject) for member, subject in _shares(fresh)])
    count_anew(uow, _touched(uow, fresh))


def note_refunds(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrderRefunded: a sale of which nothing is left counts nowhere. Told again, nothing changes."""
    ids = sorted({uuid.UUID(payload["order_id"]) for payload in payloads})
    concerned = set(chain.from_iterable(sale.concerned for sale in store.noted(uow.session, ids)))
    if not concerned:
        return
    lots.lock_members(uow.session, concerned)
    gone = [sale for sale in store.note_left(uow.session, ids) if not sale.stands]
    if not gone:
        return
    shared = take_back_events(uow, rules.SHARE, _shares(gone))
    lost = [Touched(lot.member, MissionKind.SHARE, lot.earned_at) for lot in shared]
    count_anew(uow, [*_touched(uow, gone), *lost])


def _shares(sales: Sequence[Sale]) -> list[tuple[int, str]]:
    """Who shared what led to these sales, and the sale's name among the shares."""
    return [(sale.sharer, to_public("ord", sale.order_id)) for sale in sales if sale.sharer is not None]


def _touched(uow: UnitOfWork, sales: Sequence[Sale]) -> Iterator[Touched]:
    for sale in sales:
        yield Touched(sale.buyer, MissionKind.ORDER, sale.placed_at)
    for friend in store.friends_bought(uow.session, sales):
        yield Touched(friend.sponsor, MissionKind.FRIEND, friend.placed_at)
