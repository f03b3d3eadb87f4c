"""The demo's goods, deals and rooms: some filled, some a seat short, some just opened. The same every time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from socialshop.cli import demo_goods, demo_world

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork
    from socialshop.payments.gateway import Gateways

ROOM_TTL, SEAT_HOLD = timedelta(days=3), timedelta(days=1)
STOCK = 200


class _Goods(NamedTuple):
    """A product of one unit, and the deal on it; prices in minor units."""

    code: str
    title: str
    description: str
    unit: str
    price_minor: int
    group_price_minor: int
    group_size: int


_GOODS = (
    _Goods(
        code="TEA-500",
        title="高山云雾茶 / Mountain mist tea",
        description="头采春茶。 First picking of the spring.",
        unit="500 g",
        price_minor=12900,
        group_price_minor=8900,
        group_size=3,
    ),
    _Goods(
        code="TOWEL-4",
        title="纯棉毛巾四条装 / Four cotton towels",
        description="新疆长绒棉。 Long-staple cotton.",
        unit="4 条 / 4 pieces",
        price_minor=5990,
        group_price_minor=3990,
        group_size=2,
    ),
    _Goods(
        code="ORANGE-5",
        title="赣南脐橙 / Navel oranges",
        description="产地直发。 Sent from the orchard.",
        unit="5 kg",
        price_minor=4990,
        group_price_minor=2990,
        group_size=5,
    ),
    _Goods(
        code="QUILT-200",
        title="羽绒被 / Down quilt",
        description="95% 白鹅绒。 95 % goose down.",
        unit="200 x 230 cm",
        price_minor=59900,
        group_price_minor=39900,
        group_size=10,
    ),
)
# The tea again, for the leader's circle alone.
_CIRCLE = _GOODS[0]._replace(title="圈内专享：高山云雾茶 / Mountain mist, for our circle", group_price_minor=7900)


class _Room(NamedTuple):
    """A room of the goods at this place: its host, then who joined; the first `paid` of them pay."""

    goods: int
    members: tuple[str, ...]
    paid: int


def _names(*numbers: int) -> tuple[str, ...]:
    return tuple(f"demo-{number:03}" for number in numbers)


# What becomes of the orders of filled rooms, by buyer.
RECEIVED, SHIPPED = _names(101, 102), _names(103, 104)
REFUNDED_WHOLE, REFUNDED_IN_PART, REFUND_ASKED = "demo-105", "demo-106", "demo-107"
_ROOMS = (
    _Room(0, (demo_world.LEADER, *RECEIVED), 3),
    _Room(0, (demo_world.MEMBER, *SHIPPED), 3),
    _Room(1, (demo_world.LEADER, REFUNDED_WHOLE), 2),
    _Room(1, (demo_world.MEMBER, REFUNDED_IN_PART), 2),
    _Room(1, (demo_world.LEADER, REFUND_ASKED), 2),
    # Near filling: a seat to take, or a seat to pay.
    _Room(2, (demo_world.LEADER, *_names(111, 112, 113)), 4),
    _Room(2, (demo_world.MEMBER, *_names(114, 115, 116, 117)), 4),
    _Room(3, (demo_world.LEADER, *_names(121, 122, 123, 124, 125, 126, 127, 128)), 8),
    # Just opened.
    _Room(0, _names(131, 132), 1),
    _Room(3, _names(133), 0),
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who takes a seat."""

    number: int


def furnish(uow: UnitOfWork, admin: uuid.UUID, leader: uuid.UUID, currency: str, gateways: Gateways) -> list[uuid.UUID]:
    """Goods by the admin, deals by the leader, rooms by members; jobs make the payments. No provider: no payments.

    Returns the units.
    """
    products = [_product(uow, admin, goods, currency) for goods in _GOODS]
    _deal(uow, leader, products[0], _CIRCLE, circle_only=True)
    deals = [_deal(uow, leader, product, goods) for product, goods in zip(products, _GOODS, strict=True)]
    for room in _ROOMS:
        fill_room(uow, deals[room.goods], room.members, room.paid, gateways)
    return products


def _product(uow: UnitOfWork, admin: uuid.UUID, goods: _Goods, currency: str) -> uuid.UUID:
    """Goods on the shelf; returns the unit's id."""
    from socialshop.deals import service as deals

    sku = deals.NewSku(goods.code, goods.unit, goods.price_minor, STOCK)
    product = deals.add_product(uow, admin, deals.NewProduct(goods.title, goods.description, 7, [sku]), currency)
    for draw, alt_en, alt_zh in demo_goods.PICTURES[goods.code]:
        deals.add_picture(uow, admin, product.id, deals.NewPicture(draw(), alt_en, alt_zh))
    return product.skus[0].id


def _deal(
    uow: UnitOfWork, leader: uuid.UUID, sku_id: uuid.UUID, goods: _Goods, *, circle_only: bool = False
) -> uuid.UUID:
    from socialshop.deals import service as deals
    from socialshop.identity import service as identity

    deal = deals.NewDeal(
        sku_id=sku_id,
        title=goods.title,
        group_size=goods.group_size,
        price_minor=goods.group_price_minor,
        room_ttl=ROOM_TTL,
        seat_hold=SEAT_HOLD,
        circle_only=circle_only,
    )
    return deals.open_deal(uow, leader, identity.number_of(uow, demo_world.LEADER), deal).id


def fill_room(uow: UnitOfWork, deal: uuid.UUID, members: Sequence[str], paid: int, gateways: Gateways) -> None:
    """A room of the deal: its host, then who joined; the first `paid` of them pay."""
    from socialshop.identity import service as identity
    from socialshop.payments import service as payments
    from socialshop.payments.rules import Outcome
    from socialshop.rooms import service as rooms

    host, *joiners = (Buyer(identity.number_of(uow, name)) for name in members)
    opened = rooms.open_room(uow, host, deal)
    joined: Sequence[rooms.Joined] = [
        opened,
        *(rooms.join(uow, joiner, opened.room.id) for joiner in joiners),
    ]
    for seat in joined[:paid]:
        if seat.payment.provider in gateways:
            payments.pay(uow, gateways, seat.payment.id, seat.order.buyer, Outcome.SUCCEEDED)
