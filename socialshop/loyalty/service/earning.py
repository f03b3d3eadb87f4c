"""Earning points: by orders, and by what members do, each event once and within its caps."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, Money, rate_of
from socialshop.kernel.time import day_of
from socialshop.ledger import service as ledger
from socialshop.loyalty import postings, rules
from socialshop.loyalty.events import DeedsDone
from socialshop.loyalty.service.boosting import boost_of
from socialshop.loyalty.service.giving import Grant, give, net
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import lots as store
from socialshop.loyalty.store import orders
from socialshop.loyalty.store.orders import PaidOrder
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Benefits, BenefitUse

Payloads = Sequence[Mapping[str, Any]]


class Deed(NamedTuple):
    """Something that a rule gives a member points for; `points`: what it is worth, where its rule leaves that to it.

    `subject` names it among the member's deeds of its kind.
    """

    member: int
    subject: str
    points: int | None = None


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
    would pass a cap gives nothing, now and told again; nor does one of a kind that the rules in force leave out. Raises
    InvalidValue for what is no such kind.
    """
    return earn_all(uow, kind, [Deed(member, subject, points)])[0]


def earn_all(uow: UnitOfWork, kind: str, deeds: Sequence[Deed]) -> list[Earned]:
    """Give the points of many events of one kind, as `earn` does each in its turn. A constant number of statements.

    Who earned is locked before the caps are read, and nobody counts towards them without that lock.
    """
    if kind not in rules.KINDS:
        raise InvalidValue(f"no rule gives points for {kind!r}", field="kind")
    if not deeds:
        return []
    in_force = rules_at(uow, uow.now)
    rule = in_force.kinds.get(kind, rules.GIVES_NOTHING)
    members = {deed.member for deed in deeds}
    store.lock_members(uow.session, members)
    caps = rule.caps(day_of(uow.now, wired.settings().time_zone))
    given = store.given(uow.session, kind, [(deed.member, deed.subject) for deed in deeds])
    counted = store.counted(uow.session, kind, members, caps) if caps else {}
    earned: list[Earned] = []
    grants: list[Grant] = []
    more: Counter[int] = Counter()
    for deed in deeds:
        before = given.get((deed.member, deed.subject))
        if before is not None:
            earned.append(Earned(before, new=False))
            continue
        wanted = rule.points if deed.points is None else deed.points
        fits = all(counted.get((deed.member, cap.span), 0) + more[deed.member] + wanted <= cap.most for cap in caps)
        points = wanted if fits else 0
        more[deed.member] += points
        given[deed.member, deed.subject] = points
        earned.append(Earned(points, new=True, capped=not fits))
        facts: dict[str, object] = {"rules": in_force.version, **({} if fits else {"capped": wanted})}
        grants.append(Grant(deed.member, kind, deed.subject, points, facts, in_force.expiry_days, uow.now))
    if caps:
        store.count(uow.session, kind, +more, caps)
    give(uow, grants)
    if grants and kind in rules.COUNTED_DEEDS:
        uow.emit(DeedsDone(kind, tuple(sorted({grant.member for grant in grants})), uow.now))
    return earned


def on_orders_confirmed(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrdersConfirmed: points for what was paid, on their way until the goods can no longer be sent back.

    The buyer's tier multiplies them, and a campaign that treats the buyer or the member day. A constant number of
    statements. Told again, nothing changes. Orders of the shop's past, which it imports, and orders in other currencies
    than the shop's earn nothing.
    """
    currency = wired.settings().currency
    ids = sorted({uuid.UUID(id_) for id_ in chain.from_iterable(payload["order_ids"] for payload in payloads)})
    found = orders.lock_paid(uow.session, ids, currency)
    if not found:
        return
    in_force = rules_at(uow, uow.now)
    benefits = memberships.benefits_of(uow, {order.buyer for order in found})
    zone = wired.settings().time_zone
    plain = (exponent_of(currency), in_force.order_points_per_unit)
    grants = []
    for order in found:
        figures = (
            *plain,
            rate_of(
                benefits[order.buyer].points_multiplier_bps,
                boost_of(order.campaign_bps, order.placed_at, in_force, zone),
            ),
        )
        grants.append(_of_order(uow, order, figures, in_force.version, in_force.expiry_days))
    give(uow, grants)
    memberships.note_uses(uow, list(_multiplied(found, benefits)))


def _multiplied(found: Sequence[PaidOrder], benefits: Mapping[int, Benefits]) -> Iterator[BenefitUse]:
    """The orders of buyers whose tier or plan multiplies their points."""
    for order in found:
        has = benefits[order.buyer]
        if has.points_multiplier_bps > BPS:
            by_plan = "points_multiplier_bps" in has.by_plan
            yield BenefitUse(order.buyer, "points_multiplier", f"order {order.id}", by_plan=by_plan)


def would_earn(uow: UnitOfWork, buyer: int, paid: Money, multiplier_bps: int) -> int:
    """The points that a sale of goods placed now would give, by the multiplier of the buyer's tier. Two statements."""
    settings = wired.settings()
    if paid.currency != settings.currency:
        return 0
    in_force = rules_at(uow, uow.now)
    boost = boost_of(orders.campaign_boost(uow.session, buyer, uow.now), uow.now, in_force, settings.time_zone)
    figures = exponent_of(paid.currency), in_force.order_points_per_unit, rate_of(multiplier_bps, boost)
    return rules.of_order(paid.amount_minor, *figures)


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
