"""Points that pay a part of a seat: set aside, used with the sale, back when it comes to nothing or is refunded."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from points_shop import faults as point_faults
from points_shop import points
from room_shop import Member, RoomShop, faults, room_shop, statements, unsettled
from web_client import counts, refusal, sign_up

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import from_public, new_id, to_public
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.errors import PointsShort
from socialshop.orders import service as orders
from socialshop.orders.service import Means
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def rich(shop: RoomShop, points: int = 5_000) -> Member:
    member = shop.member()
    in_unit_of_work(lambda uow: loyalty.earn(uow, member.number, "mission", "m", None), shop.pay_shop.clock)
    more = points - 20
    actor = ADMIN
    member_id = rows("SELECT id FROM members WHERE number = :n", n=member.number)[0][0]
    in_unit_of_work(lambda uow: loyalty.adjust(uow, actor, member_id, more, "test"), shop.pay_shop.clock)
    return member


def opened(shop: RoomShop, member: Member, deal: uuid.UUID, use_points: int = 4_000, quantity: int = 1) -> Joined:
    return in_unit_of_work(
        lambda uow: rooms.open_room(uow, member, deal, quantity, means=Means(use_points)), shop.pay_shop.clock
    )


def joined(shop: RoomShop, member: Member, room: uuid.UUID, use_points: int) -> Joined:
    return in_unit_of_work(lambda uow: rooms.join(uow, member, room, means=Means(use_points)), shop.pay_shop.clock)


def all_exact(shop: RoomShop) -> None:
    assert faults(shop) == []
    with unit_of_work() as uow:
        assert point_faults(uow) == []


def sold(shop: RoomShop) -> tuple[Member, Joined]:
    """A filled room whose host paid 29.70 of 99.00 with 2,970 points."""
    host = rich(shop)
    taken = opened(shop, host, shop.deal(2))
    guest = shop.join(taken.room.id)
    shop.pay(taken)
    shop.pay(guest)
    shop.settle()
    return host, taken


def test_points_pay_up_to_the_cap_and_the_sale_is_booked_whole(shop: RoomShop) -> None:
    host, taken = sold(shop)
    # 30 % of 99.00; what was offered beyond is not taken.
    assert (taken.order.total.amount_minor, taken.payment.amount.amount_minor) == (6_930, 6_930)
    assert points(host.number) == (69, 2_030, 0, 0)
    assert rows("SELECT kind, amount_minor FROM order_price_lines ORDER BY line") == [
        ("goods", 9_900),
        ("points", -2_970),
    ]
    assert rows("SELECT l.amount_minor FROM order_lines l WHERE order_id = :id", id=taken.order.id) == [(6_930,)]
    assert (shop.balance("shop:sales"), shop.balance("shop:points_expense")) == (19_800, -2_970)
    assert unsettled(shop) == []
    all_exact(shop)


def test_a_refund_brings_points_back_in_the_share_of_the_money(shop: RoomShop) -> None:
    host, taken = sold(shop)
    for amount, available, expense in ((1_000, 2_030 + 428, -2_542), (None, 5_000, 0)):
        with unit_of_work(shop.pay_shop.clock) as uow:
            asked = orders.request_refund(uow, host.number, taken.order.id, "broken", amount_minor=amount)
        with unit_of_work(shop.pay_shop.clock) as uow:
            orders.approve_refund(uow, ADMIN, asked.id, None)
        shop.settle()
        assert points(host.number).available == available
        assert shop.balance("shop:points_expense") == expense
        told = [{"order_id": str(taken.order.id)}]
        in_unit_of_work(lambda uow, told=told: loyalty.on_order_refunded(uow, told), shop.pay_shop.clock)
        assert points(host.number).available == available
        all_exact(shop)
    assert points(host.number) == (0, 5_000, 0, 0)
    assert shop.balance("shop:sales") == 9_900


def test_points_come_back_once_when_the_seat_is_left_lapses_or_the_room_is_over(shop: RoomShop) -> None:
    left, lapsed, over = rich(shop), rich(shop), rich(shop)
    deal = shop.deal(3, ttl=7_200)
    room = opened(shop, left, deal, 300).room.id
    joined(shop, lapsed, room, 300)
    paid = joined(shop, over, room, 300)
    assert [points(m.number).reserved for m in (left, lapsed, over)] == [300, 300, 300]
    shop.pay(paid)
    shop.work()
    shop.leave(room, left)
    assert points(left.number) == (0, 5_000, 0, 0)
    shop.tick(901)
    assert points(lapsed.number) == (0, 5_000, 0, 0)
    assert points(over.number).reserved == 300
    shop.tick(7_200)
    shop.settle()
    assert points(over.number) == (0, 5_000, 0, 0)
    in_unit_of_work(lambda uow: orders.refund_whole(uow, [paid.order.id]), shop.pay_shop.clock)
    assert points(over.number) == (0, 5_000, 0, 0)
    assert rows("SELECT DISTINCT status FROM point_uses WHERE purpose = 'order'") == [("returned",)]
    all_exact(shop)


def test_who_has_too_few_takes_no_seat_and_nothing_changes(shop: RoomShop) -> None:
    member, deal = rich(shop, 100), shop.deal(2)
    before = counts("seats", "orders", "point_uses", "payments", "ledger_entries", "order_price_lines")
    with pytest.raises(PointsShort):
        opened(shop, member, deal, 200)
    with pytest.raises(InvalidValue, match="so few points"):
        opened(shop, member, deal, 99)
    assert counts(*before) == before
    assert shop.left() == shop.stock


def test_a_seat_without_points_costs_no_statement_more(shop: RoomShop) -> None:
    plain, member = shop.member(), rich(shop)
    room = shop.open(shop.deal(5)).room.id
    with statements() as without:
        shop.join(room, plain)
    assert not any("point" in statement or "price_lines" in statement for statement in without)
    with statements() as with_points:
        joined(shop, member, room, 300)
    assert len(with_points) - len(without) <= 16


def test_a_quote_says_what_is_charged_and_takes_nothing(app: Flask, shop: RoomShop) -> None:
    person = sign_up(app)
    deal = to_public("deal", shop.deal(2))
    asked = person.call("POST", f"/deals/{deal}/quotes", json={"quantity": 2, "use_points": 1_000})
    assert asked.status_code == 200, asked.text
    body = asked.get_json()
    assert [(line["kind"], line["amount"]["amount_minor"]) for line in body["lines"]] == [
        ("goods", 19_800),
        ("points", -1_000),
    ]
    assert (body["total"]["amount_minor"], body["points"]) == (18_800, 1_000)
    # What is paid in money earns; a room's quote is the same.
    room = to_public("room", shop.open(shop.deal(3)).room.id)
    of_room = person.call("POST", f"/rooms/{room}/quotes", json={"quantity": 2, "use_points": 1_000}).get_json()
    assert (body["earns_points"], of_room) == (188, body)
    few = person.call("POST", f"/deals/{deal}/quotes", json={"use_points": 99})
    assert refusal(few) == (422, "invalid_value", "use_points")
    short = person.call("POST", f"/deals/{deal}/rooms", key="a", json={"use_points": 1_000})
    assert refusal(short)[:2] == (409, "points_short")
    assert counts("point_uses", "orders") == {"point_uses": 0, "orders": 1}


def test_a_room_that_cannot_be_joined_has_no_quote(app: Flask, shop: RoomShop) -> None:
    person, member = sign_up(app), shop.member()
    full = to_public("room", shop.open(shop.deal(2), member).room.id)
    shop.join(from_public("room", full))
    assert refusal(person.call("POST", f"/rooms/{full}/quotes", json={}))[:2] == (409, "room_full")
    room = to_public("room", shop.open(shop.deal(3)).room.id)
    for body, refused in (
        ({"invite_code": "NOBODYSCDE"}, (422, "invite_code_unknown", "invite_code")),
        ({"quantity": 0}, (422, "invalid_value", "quantity")),
        ({"quantity": 10**6 + 1}, (422, "invalid_value", "quantity")),
    ):
        assert refusal(person.call("POST", f"/rooms/{room}/quotes", json=body))[: len(refused)] == refused, body
    assert person.call("POST", f"/rooms/{room}/seats", key="a", json={}).status_code == 201
    assert refusal(person.call("POST", f"/rooms/{room}/quotes", json={}))[:2] == (409, "already_seated")
    shop.tick(7_200)
    assert refusal(person.call("POST", f"/rooms/{room}/quotes", json={}))[:2] in ((409, "room_closed"),)
    assert person.call("POST", f"/rooms/{to_public('room', new_id())}/quotes", json={}).status_code == 404


def test_points_that_are_not_given_back_are_seen(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a cancelled order keeps what was set aside for it."""
    monkeypatch.setattr(loyalty, "give_back_unsold", lambda *_: None)
    member = rich(shop)
    room = opened(shop, member, shop.deal(2), 300).room.id
    shop.leave(room, member)
    assert points(member.number).reserved == 300
