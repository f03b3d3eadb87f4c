"""Earning points: by orders, and by what members do, each event once and within its caps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.loyalty import postings, rules
from socialshop.loyalty.rules import KindRule
from socialshop.loyalty.service.giving import Grant, give, net
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import lots as store
from socialshop.loyalty.store import orders
from socialshop.loyalty.store.orders import PaidOrder
from socialshop.memberships import service as memberships

Payloads = Sequence[Mapping[str, Any]]


class _OverCap(Exception):
    """A cap refused: what the others counted is undone."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What an event gave. `new` is False where it was told before; `capped` says that a cap left nothing."""

    points: int
    new: bool
    capped: bool = False


def earn(uow: UnitOfWork, member: int, kind: str, subject: str, points: int | None = None) -> Earned:
    """Give a member the points of an event, at once usable: the door for reviews, shares, surveys, missions, notes.

    `subject` names the event among the member's events of its kind: told again, it gives nothing more. `points`: what
    the event itself is worth, where its rule leaves that to it (a mission); the caps hold all the same. An event that
    would pass a cap gives nothing, now and told again. Raises InvalidValue for a kind that no rule names.
    """
    if kind in rules.OWN_KINDS:
        raise InvalidValue(f"points of kind {kind!r} are not given this way", field="kind")
    in_force = rules_at(uow, uow.now)
    rule = in_force.kinds.get(kind)
    if rule is None:
        raise InvalidValue(f"no rule gives points for {kind!r}", field="kind")
    store.lock_members(uow.session, [member])
    before = store.points_of(uow.session, member, kind, subject)
    if before is not None:
        return Earned(before, new=False)
    wanted = rule.points if points is None else points
    allowed = _count(uow, member, kind, wanted, rule)
    facts: dict[str, object] = {"rules": in_force.version, **({} if allowed else {"capped": wanted})}
    given = wanted if allowed else 0
    give(uow, [Grant(member, kind, subject, given, facts, in_force.expiry_days, uow.now)])
    return Earned(given, new=True, capped=not allowed)


def _count(uow: UnitOfWork, member: int, kind: str, points: int, rule: KindRule) -> bool:
    """Whether all caps of the rule allow it; then they have counted it, else none has."""
    caps = rule.caps(rules.day_of(uow.now, wired.settings().time_zone))
    if not caps:
        return True
    try:
        # In a savepoint: where one cap refuses, those that counted before it must not have.
        with uow.session.begin_nested():
            if store.count_within(uow.session, member, kind, points, caps) < len(caps):
                raise _OverCap
    except _OverCap:
        return False
    return True


def on_orders_confirmed(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrdersConfirmed: points for what was paid, on their way until the goods can no longer be sent back.

    The buyer's tier multiplies them. A constant number of statements. Told again, nothing changes. Orders of the shop's
    past, which it imports, and orders in other currencies than the shop's earn nothing.
    """
    currency = wired.settings().currency
    ids = sorted({uuid.UUID(id_) for id_ in chain.from_iterable(payload["order_ids"] for payload in payloads)})
    found = orders.lock_paid(uow.session, ids, currency)
    if not found:
        return
    in_force = rules_at(uow, uow.now)
    benefits = memberships.benefits_of(uow, {order.buyer for order in found})
    plain = (exponent_of(currency), in_force.order_points_per_unit)
    grants = []
    for order in found:
        figures = (*plain, benefits[order.buyer].points_multiplier_bps)
        grants.append(_of_order(uow, order, figures, in_force.version, in_force.expiry_days))
    give(uow, grants)


def _of_order(
    uow: UnitOfWork, order: PaidOrder, figures: tuple[int, int, int], version: int, expiry_days: int
) -> Grant:
    exponent, per_unit, multiplier_bps = figures
    return Grant(
        order.buyer,
        rules.ORDER,
        str(order.id),
        rules.of_order(order.paid_minor, exponent, per_unit, multiplier_bps),
        {
            "rules": version,
            "paid_minor": order.paid_minor,
            "currency": wired.settings().currency,
            "exponent": exponent,
            "per_unit": per_unit,
            "multiplier_bps": multiplier_bps,
        },
        expiry_days,
        uow.now if order.completed else None,
        order.id,
    )


def on_orders_completed(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrdersCompleted: what these orders gave can be used. Told again, nothing changes."""
    ids = sorted({uuid.UUID(id_) for id_ in chain.from_iterable(payload["order_ids"] for payload in payloads)})
    members = store.members_of_orders(uow.session, ids)
    if not members:
        return
    store.lock_members(uow.session, members)
    opened = [lot for lot in store.open_of_orders(uow.session, ids, uow.now) if lot.points]
    if not opened:
        return
    moved = [
        posting
        for lot in opened
        for posting in postings.moved(postings.PENDING, postings.AVAILABLE, lot.member, lot.points, lot.id)
    ]
    ledger.post(uow, [postings.entry(f"matured:{to_public('lot', opened[0].id)}", "matured", moved)])
    net(uow, {lot.member for lot in opened})
