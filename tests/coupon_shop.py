"""A room shop that gives coupons, and what coupons, prices and books must agree about."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop
from sqlalchemy import text
from tiers import a_programme

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import NewCoupon, Terms
from socialshop.memberships import service as memberships
from socialshop.orders import service as orders
from socialshop.orders.service import Means
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")
# What is off: a coupon whose counters are not its holdings and uses, a holding that is not what its uses say, a price
# whose steps are not its sums.
_FAULTS = """
    SELECT 'issued', c.id::text FROM coupons c
    WHERE c.issued <> (SELECT count(*) FROM coupon_holdings h WHERE h.coupon_id = c.id)
    UNION ALL
    SELECT 'budget', c.id::text FROM coupons c WHERE c.budget_minor IS NOT NULL AND c.taken_minor <> (
        SELECT coalesce(sum(u.amount_minor), 0) FROM coupon_uses u
        WHERE u.coupon_id = c.id AND u.status IN ('held', 'used'))
    UNION ALL
    SELECT 'holding', h.id::text FROM coupon_holdings h WHERE (h.status = 'taken') <> EXISTS (
        SELECT FROM coupon_uses u WHERE u.holding_id = h.id AND u.status IN ('held', 'used'))
    UNION ALL
    SELECT 'use and order', u.id::text FROM coupon_uses u JOIN orders o ON o.id = u.order_id
    WHERE (u.status, o.status) NOT IN (('held', 'awaiting_payment'), ('held', 'paid'), ('used', 'confirmed'),
        ('used', 'shipped'), ('used', 'received'), ('used', 'completed'), ('released', 'cancelled'),
        ('released', 'refunded'), ('returned', 'refunded'))
    UNION ALL
    SELECT 'total and steps', o.id::text FROM orders o JOIN order_price_lines p ON p.order_id = o.id
    GROUP BY o.id HAVING o.total_minor <> sum(p.amount_minor)
    UNION ALL
    SELECT 'total and lines', o.id::text FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.source = 'room'
    GROUP BY o.id HAVING o.total_minor <> sum(l.amount_minor)
        OR o.shipping_minor <> coalesce(sum(l.amount_minor) FILTER (WHERE l.kind = 'shipping'), 0)
        OR sum(l.amount_minor) FILTER (WHERE l.kind = 'goods') < 1
"""


def coupon_faults() -> list[Any]:
    """Where coupons, orders and prices disagree; none is the aim."""
    return rows(_FAULTS)


def clock_of(shop: RoomShop) -> Any:
    """The clock that the shop goes by."""
    return shop.pay_shop.clock


def a_coupon(shop: RoomShop, **terms: Any) -> uuid.UUID:
    """A coupon in the shop's currency; limits and ends may be given beside its terms."""
    about = {
        name: terms.pop(name)
        for name in ("issue_limit", "budget_minor", "valid_until", "title", "way", "valid_days")
        if name in terms
    }
    new = NewCoupon(
        title=about.pop("title", terms["kind"]),
        terms=Terms.model_validate({"currency": "CNY", **terms}),
        valid_days=about.pop("valid_days", 30),
        **about,
    )
    return in_unit_of_work(lambda uow: loyalty.make_coupon(uow, ADMIN, new).row.id, clock_of(shop))


def give(shop: RoomShop, coupon: uuid.UUID, *members: Member, period: str = "a test") -> int:
    """Issue it to these members by hand; returns to how many."""
    ids = [rows("SELECT id FROM members WHERE number = :n", n=member.number)[0][0] for member in members]
    return in_unit_of_work(lambda uow: loyalty.issue_coupon(uow, ADMIN, coupon, ids, period), clock_of(shop))


def holdings(member: Member) -> list[uuid.UUID]:
    """The coupons of a member, the oldest first."""
    return [found for (found,) in rows("SELECT id FROM coupon_holdings WHERE member = :m ORDER BY id", m=member.number)]


def standings(member: Member) -> list[str]:
    """How each of them stands."""
    with unit_of_work() as uow:
        return [each.row.standing for each in loyalty.coupons_of(uow, member.number, None, 50)]


def opened(shop: RoomShop, member: Member, deal: uuid.UUID, quantity: int = 1, **means: Any) -> Joined:
    """Open a room with these means."""
    return in_unit_of_work(
        lambda uow: rooms.open_room(uow, member, deal, quantity, means=Means(**means)), clock_of(shop)
    )


def joined(shop: RoomShop, member: Member, room: uuid.UUID, **means: Any) -> Joined:
    """Join a room with these means."""
    return in_unit_of_work(lambda uow: rooms.join(uow, member, room, means=Means(**means)), clock_of(shop))


def refunded(shop: RoomShop, member: Member, taken: Joined, amount_minor: int | None = None) -> None:
    """Ask money back, have it approved, and follow it."""
    with unit_of_work(clock_of(shop)) as uow:
        asked = orders.request_refund(uow, member.number, taken.order.id, "broken", amount_minor=amount_minor)
    with unit_of_work(clock_of(shop)) as uow:
        orders.approve_refund(uow, ADMIN, asked.id, None)
    shop.settle()


def stands_in_gold(shop: RoomShop, member: Member, **benefits: object) -> None:
    """Publish a programme whose second tier gives these benefits, and put the member into it."""
    tiers = [
        {"code": "normal", "name_zh": "普通", "name_en": "Normal", "threshold": 0},
        {"code": "gold", "name_zh": "金卡", "name_en": "Gold", "threshold": 1_000, "benefits": benefits},
    ]
    with unit_of_work(clock_of(shop)) as uow:
        drafted = memberships.draft_programme(uow, ADMIN, a_programme([], tiers=tiers))
        version = memberships.publish_programme(uow, ADMIN, drafted.id).number
        uow.session.execute(
            text("INSERT INTO member_standings (member, version, tier, since) VALUES (:m, :version, 'gold', :now)"),
            {"m": member.number, "version": version, "now": uow.now},
        )


@contextmanager
def shipping_fee(app: Flask, minor: int) -> Iterator[None]:
    """Sending an order costs so much meanwhile."""
    before = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = before.model_copy(update={"shipping_fee_minor": minor})
    try:
        yield
    finally:
        app.extensions["socialshop_settings"] = before
