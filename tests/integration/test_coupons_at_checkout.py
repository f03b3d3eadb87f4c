"""What a seat costs with a tier, coupons, points and shipping: charged, booked, given back to the minor unit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from bookkeeping import proved, seal_all
from coupon_shop import (
    ADMIN,
    a_coupon,
    clock_of,
    coupon_faults,
    give,
    holdings,
    joined,
    opened,
    refunded,
    shipping_fee,
    standings,
    stands_in_gold,
)
from flask import Flask
from payment_shop import rows
from points_shop import faults as point_faults
from points_shop import points
from room_shop import Member, RoomShop, faults, room_shop, statements, unsettled
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import counts

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.time import day_of
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.errors import CouponUnusable
from socialshop.memberships import service as memberships
from socialshop.orders import service as orders
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined

BOOKS = ("shop:sales", "shop:shipping", "shop:coupon_expense", "shop:points_expense")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def all_exact(shop: RoomShop) -> None:
    assert faults(shop) == []
    assert coupon_faults() == []
    with unit_of_work() as uow:
        assert point_faults(uow) == []
    seal_all()
    assert proved().first_difference is None


def books(shop: RoomShop) -> tuple[int, ...]:
    return tuple(shop.balance(account) for account in BOOKS)


def steps(taken: Joined) -> list[tuple[str, int]]:
    found = rows(
        "SELECT kind, amount_minor FROM order_price_lines WHERE order_id = :id ORDER BY line", id=taken.order.id
    )
    assert [(line.kind.value, line.amount_minor) for line in taken.order.price] == found
    return list(found)


def sold(shop: RoomShop) -> tuple[Member, Joined]:
    """All at once: 99.00, 5 % for gold, 10 % and 10.00 by coupons, 10.00 by points, shipping 8.00 less 3.00."""
    member = shop.member()
    stands_in_gold(shop, member, discount_bps=500)
    member_id = rows("SELECT id FROM members WHERE number = :n", n=member.number)[0][0]
    in_unit_of_work(lambda uow: loyalty.adjust(uow, ADMIN, member_id, 1_000, "a test"), clock_of(shop))
    together = {"stacking": "other_kinds"}
    for terms in (
        {"kind": "percentage", "rate_bps": 1_000, "ceiling_minor": 2_000, **together},
        {"kind": "amount", "amount_minor": 1_000, "minimum_minor": 9_000, **together},
        {"kind": "shipping", "amount_minor": 300, **together},
        {"kind": "amount", "amount_minor": 900, **together},
    ):
        give(shop, a_coupon(shop, **terms), member)
    taken = opened(shop, member, shop.deal(2), use_points=1_000)
    guest = joined(shop, shop.member(), taken.room.id)
    shop.pay(taken)
    shop.pay(guest)
    shop.settle()
    return member, taken


@pytest.fixture
def fee(app: Flask) -> Iterator[None]:
    with shipping_fee(app, 800):
        yield


@pytest.mark.usefixtures("fee")
def test_every_step_of_a_price_acts_is_kept_and_is_booked(shop: RoomShop) -> None:
    member, taken = sold(shop)
    assert steps(taken) == [
        ("goods", 9_900),
        ("member_price", -495),
        ("coupon", -940),  # 10 % of 94.05, rounded down
        ("coupon", -1_000),
        ("points", -1_000),
        ("shipping", 800),
        ("shipping_coupon", -300),
    ]
    goods, sending = 6_465, 500
    lines = rows("SELECT kind, amount_minor FROM order_lines WHERE order_id = :id ORDER BY line", id=taken.order.id)
    assert lines == [("goods", goods), ("shipping", sending)]
    assert taken.order.total.amount_minor == taken.payment.amount.amount_minor == goods + sending
    assert [(line.kind, line.amount.amount_minor) for line in taken.order.lines] == lines
    # The other seat was bought plainly: 99.00 and 8.00.
    assert books(shop) == (9_900 - 495 + 9_900, 800 + 800, -940 - 1_000 - 300, -1_000)
    assert standings(member) == ["open", "used", "used", "used"]
    # Commissions, points and growth stand on what was paid for the goods.
    assert rows("SELECT base_minor FROM accrued_lines WHERE order_id = :id", id=taken.order.id) == [(goods,)]
    assert points(member.number).pending == 64
    with unit_of_work() as uow:
        card = memberships.membership_of(uow, member.number)
    assert [(part.kind, part.points) for part in card.parts] == [("order", 64)]
    assert [(use.benefit, use.amount_minor) for use in card.uses] == [("member_price", 495)]
    assert unsettled(shop) == []
    all_exact(shop)


@pytest.mark.usefixtures("fee")
def test_a_refund_in_part_keeps_coupons_and_one_of_all_gives_them_back(shop: RoomShop) -> None:
    member, taken = sold(shop)
    refunded(shop, member, taken, 1_393)  # a fifth of 69.65: 12.93 of the goods, 1.00 of the shipping
    assert books(shop) == (19_305 - 1_293 - 200, 1_600 - 100, -2_240, -800)
    assert standings(member) == ["open", "used", "used", "used"]
    refunded(shop, member, taken)
    assert books(shop) == (9_900, 800, 0, 0)
    assert standings(member) == ["open"] * 4
    assert (shop.order(taken), points(member.number)) == ("refunded", (0, 1_000, 0, 0))
    told = [{"order_id": str(taken.order.id)}]
    in_unit_of_work(lambda uow: loyalty.return_coupons(uow, told), clock_of(shop))
    assert books(shop) == (9_900, 800, 0, 0)
    all_exact(shop)
    again = opened(shop, member, shop.deal(2))
    assert ("coupon", -1_000) in steps(again)


def test_coupons_are_open_again_once_when_the_seat_is_left_lapses_or_the_room_is_over(shop: RoomShop) -> None:
    left, lapsed, over = (shop.member() for _ in range(3))
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000, budget_minor=3_000)
    assert give(shop, coupon, left, lapsed, over) == 3
    room = opened(shop, left, shop.deal(3, ttl=7_200)).room.id
    joined(shop, lapsed, room)
    paid = joined(shop, over, room)
    taken = "SELECT taken_minor FROM coupons"
    assert (rows(taken), standings(left), standings(over)) == ([(3_000,)], ["reserved"], ["reserved"])
    shop.pay(paid)
    shop.work()
    shop.leave(room, left)
    shop.tick(901)
    assert (rows(taken), standings(left), standings(lapsed)) == ([(1_000,)], ["open"], ["open"])
    shop.tick(7_200)
    shop.settle()
    in_unit_of_work(lambda uow: orders.refund_whole(uow, [paid.order.id]), clock_of(shop))
    in_unit_of_work(lambda uow: loyalty.release_coupons(uow, [paid.order.id]), clock_of(shop))
    assert (rows(taken), standings(over)) == ([(0,)], ["open"])
    assert books(shop) == (0, 0, 0, 0)
    all_exact(shop)


def test_a_tier_sends_for_nothing_and_then_a_coupon_for_shipping_is_kept(app: Flask, shop: RoomShop) -> None:
    member = shop.member()
    stands_in_gold(shop, member, free_shipping=True)
    give(shop, a_coupon(shop, kind="shipping"), member)
    with shipping_fee(app, 800):
        taken = opened(shop, member, shop.deal(2))
    assert steps(taken) == [("goods", 9_900), ("shipping", 800), ("free_shipping", -800)]
    assert (taken.order.total.amount_minor, standings(member)) == (9_900, ["open"])
    all_exact(shop)


def test_a_gift_is_a_line_that_costs_nothing(shop: RoomShop) -> None:
    member = shop.member()
    give(shop, a_coupon(shop, kind="gift", gift="A cup", worth_minor=500, title="Spring"), member)
    taken = opened(shop, member, shop.deal(2))
    assert steps(taken) == [("goods", 9_900), ("gift", 0)]
    view = taken.order.lines[1]
    assert (view.kind, view.title, view.amount.amount_minor) == ("gift", "A cup", 0)
    shop.pay(taken)
    shop.pay(shop.join(taken.room.id))
    shop.settle()
    assert (standings(member), books(shop)) == (["used"], (19_800, 0, 0, 0))
    refunded(shop, member, taken)
    assert standings(member) == ["open"]
    all_exact(shop)


def test_what_is_never_paid_down_to_nothing(shop: RoomShop) -> None:
    member = shop.member()
    give(shop, a_coupon(shop, kind="amount", amount_minor=50_000), member)
    taken = opened(shop, member, shop.deal(2))
    assert (steps(taken), taken.order.total.amount_minor) == ([("goods", 9_900), ("coupon", -9_899)], 1)
    all_exact(shop)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"minimum_minor": 9_901}, "below_minimum"),
        ({"deals": ["deal_" + "0" * 26]}, "other_goods"),
        ({"products": ["prd_" + "0" * 26]}, "other_goods"),
        ({"tiers": ["gold"]}, "other_tier"),
        ({"currency": "EUR"}, "other_currency"),
        ({"days_of_month": None}, "other_day"),
        ({"channels": ["moments"]}, "other_channel"),
        ({"budget_minor": 999}, "budget_used_up"),
    ],
)
def test_a_coupon_that_cannot_act_is_left_out_or_refused_and_nothing_changes(
    shop: RoomShop, terms: dict[str, object], reason: str
) -> None:
    member, deal = shop.member(), shop.deal(2)
    if "days_of_month" in terms:
        today = day_of(clock_of(shop).now(), "Asia/Shanghai")
        terms = {"days_of_month": [1 + today.day % 27]}
    give(shop, a_coupon(shop, kind="amount", amount_minor=1_000, **terms), member)
    with unit_of_work(clock_of(shop)) as uow:
        found = rooms.quote_opening(uow, member, deal)
    assert [each.reason for each in found.price.coupons.unused] == [reason]
    before = counts("seats", "orders", "coupon_uses", "payments", "order_price_lines")
    with pytest.raises(CouponUnusable) as refused:
        opened(shop, member, deal, coupon_ids=holdings(member))
    assert refused.value.facts["reason"] == reason
    assert counts(*before) == before
    assert (opened(shop, member, deal).order.total.amount_minor, standings(member)) == (9_900, ["open"])


def test_a_coupon_of_somebody_else_or_one_that_is_taken_paused_or_over_is_refused(shop: RoomShop) -> None:
    member, other, deal = shop.member(), shop.member(), shop.deal(2)
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000)
    give(shop, coupon, member)
    own = holdings(member)
    with pytest.raises(CouponUnusable):
        opened(shop, other, deal, coupon_ids=own)
    in_unit_of_work(lambda uow: loyalty.pause_coupon(uow, uuid.uuid4(), coupon, paused=True), clock_of(shop))
    assert give(shop, coupon, other) == 0
    with pytest.raises(CouponUnusable):
        opened(shop, member, deal, coupon_ids=own)
    in_unit_of_work(lambda uow: loyalty.pause_coupon(uow, uuid.uuid4(), coupon, paused=False), clock_of(shop))
    assert opened(shop, member, deal, coupon_ids=own).order.total.amount_minor == 8_900
    with pytest.raises(CouponUnusable):
        opened(shop, member, deal, coupon_ids=own)
    give(shop, coupon, other)
    shop.tick(31 * 86_400)
    assert standings(other) == ["expired"]
    with pytest.raises(CouponUnusable):
        opened(shop, other, shop.deal(2), coupon_ids=holdings(other))
    assert coupon_faults() == []


def test_newcomers_have_a_coupon_for_their_first_order_alone(shop: RoomShop) -> None:
    member = shop.member()
    for number in range(2):
        give(shop, a_coupon(shop, kind="amount", amount_minor=1_000 - number, newcomers_only=True), member)
    first = opened(shop, member, shop.deal(2))
    shop.pay(first)
    shop.work()
    second = opened(shop, member, shop.deal(2))
    assert (first.order.total.amount_minor, second.order.total.amount_minor) == (8_900, 9_900)


def test_twenty_coupons_cost_three_statements_more_than_none(shop: RoomShop) -> None:
    plain, member = shop.member(), shop.member()
    for number in range(20):
        stacking = ("alone", "other_kinds", "any")[number % 3]
        terms = {"kind": "amount", "amount_minor": 100 + number, "budget_minor": 10**6, "stacking": stacking}
        give(shop, a_coupon(shop, **terms), member)
    room = shop.open(shop.deal(5)).room.id
    with statements() as without:
        joined(shop, plain, room, coupon_ids=())
    with statements() as with_coupons:
        taken = joined(shop, member, room)
    assert steps(taken)[1:] == [("coupon", -111), ("coupon", -114), ("coupon", -117)]
    assert len(with_coupons) - len(without) <= 3


def test_what_was_promised_of_a_coupon_stands(shop: RoomShop) -> None:
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000)
    for change in ("title = 'x'", "terms = '{}'", "budget_minor = 5", "valid_days = 1"):
        with pytest.raises(DBAPIError), unit_of_work() as uow:
            uow.session.execute(text(f"UPDATE coupons SET {change}"))
    assert rows("SELECT title, issued FROM coupons WHERE id = :id", id=coupon) == [("amount", 0)]


def test_coupons_that_are_not_given_back_are_seen(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a cancelled order keeps the coupons that were set aside for it."""
    monkeypatch.setattr(loyalty, "release_coupons", lambda *_: None)
    member = shop.member()
    give(shop, a_coupon(shop, kind="amount", amount_minor=1_000), member)
    room = opened(shop, member, shop.deal(2)).room.id
    shop.leave(room, member)
    assert coupon_faults() != []
