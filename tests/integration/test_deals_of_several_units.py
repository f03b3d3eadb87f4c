"""Deals that offer several units of a product: who takes a seat chooses, stock and order are of what was chosen."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import HOUR, PRICE, Member, RoomShop, faults, room_shop, statements, unsettled
from test_room_ladders import LADDER, PERCENT, nets
from web_client import Person, counts, refusal, sign_up

from socialshop.deals import service as deals
from socialshop.deals.errors import OutOfStock
from socialshop.deals.service import NewProduct, NewSku
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms
from socialshop.rooms.errors import MemberLimitReached
from socialshop.rooms.service import Joined

ALONE = PRICE + 1_000


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def kinds(shop: RoomShop, *stock: int) -> list[uuid.UUID]:
    """A product in so many kinds; the shop's own unit is the first from now on."""
    units = [NewSku(secrets.token_hex(4), f"{n + 1} g", ALONE, left) for n, left in enumerate(stock)]
    with unit_of_work(shop.pay_shop.clock) as uow:
        found = deals.add_product(uow, uuid.uuid4(), NewProduct("Tea", "", 7, units), "CNY")
    shop.sku_id, shop.stock = found.skus[0].id, stock[0]
    return [unit.id for unit in found.skus]


def taken(
    shop: RoomShop, room_id: uuid.UUID, sku_id: uuid.UUID, member: Member | None = None, units: int = 1
) -> Joined:
    who = member or shop.member()
    return in_unit_of_work(lambda uow: rooms.join(uow, who, room_id, units, sku_id=sku_id), shop.pay_shop.clock)


def left(skus: Sequence[uuid.UUID]) -> list[int]:
    found = dict(rows("SELECT id, stock FROM skus"))
    return [found[sku] for sku in skus]


def test_each_takes_what_was_chosen_at_its_price_and_gives_just_that_back(shop: RoomShop) -> None:
    first, second, third = skus = kinds(shop, 10, 10, 1)
    deal = shop.deal(4, more_units={second: 8_000, third: 12_00}, quota=6)
    host = shop.open(deal)
    with statements() as usual:
        one = shop.join(host.room.id)
    with statements() as chosen:
        other = taken(shop, host.room.id, second, units=2)
    assert len(chosen) == len(usual)
    last = taken(shop, host.room.id, third)
    found = [
        (seat.order.lines[0].title, seat.order.lines[0].sku_id, seat.order.total.amount_minor)
        for seat in (one, other, last)
    ]
    assert found == [
        ("Tea for many, 1 g", first, 9_900),
        ("Tea for many, 2 g", second, 16_000),
        ("Tea for many, 3 g", third, 1_200),
    ]
    assert (left(skus), rows("SELECT taken FROM deals")) == ([8, 8, 0], [(5,)])
    assert rows("SELECT sku_id, title FROM order_lines WHERE order_id = :id", id=other.order.id) == [
        (second, "Tea for many, 2 g")
    ]
    shop.tick(HOUR)
    shop.settle()
    assert (left(skus), rows("SELECT taken FROM deals")) == ([10, 10, 1], [(0,)])
    assert faults(shop) == unsettled(shop) == []


def test_what_is_sold_out_of_one_kind_is_refused_and_the_others_are_there(shop: RoomShop) -> None:
    first, second = skus = kinds(shop, 5, 0)
    host = shop.open(shop.deal(3, more_units={second: PRICE}))
    before = counts("seats", "orders"), left(skus)
    with pytest.raises(OutOfStock):
        taken(shop, host.room.id, second)
    assert (counts("seats", "orders"), left(skus)) == before
    assert taken(shop, host.room.id, first).seat


def test_what_the_room_does_not_offer_is_refused_also_when_its_deal_would_now(shop: RoomShop) -> None:
    _, second, third = kinds(shop, 5, 5, 5)
    plain, several = shop.open(shop.deal(3)), shop.open(shop.deal(3, more_units={second: PRICE}))
    before = counts("seats", "orders")
    for room, sku in ((plain, second), (several, third), (several, uuid.uuid4())):
        with pytest.raises(InvalidValue) as refused:
            taken(shop, room.room.id, sku)
        assert refused.value.field == "sku_id"
    assert counts("seats", "orders") == before


def test_a_limit_counts_the_first_order_too_whatever_is_chosen(shop: RoomShop) -> None:
    _, second = kinds(shop, 50, 50)
    deal = shop.deal(3, more_units={second: PRICE}, per_member_limit=3, quota=5)
    member = shop.member()
    shop.open(deal, member, quantity=2)
    room = shop.open(deal).room.id
    with pytest.raises(MemberLimitReached):
        taken(shop, room, second, member, units=2)
    # Of the quota of five three are gone.
    with pytest.raises(OutOfStock):
        taken(shop, room, second, units=3)
    assert taken(shop, room, second, member)
    assert rows("SELECT taken FROM deals") == [(4,)]
    assert faults(shop) == []


def test_on_a_ladder_every_kind_gets_the_difference_and_a_host_a_share_of_the_own_kind(shop: RoomShop) -> None:
    _, second = kinds(shop, 50, 50)
    host = shop.open(shop.deal(5, price_steps=LADDER, more_units={second: PRICE}))
    seats = [host, taken(shop, host.room.id, second, units=2), taken(shop, host.room.id, second)]
    for seat in seats:
        shop.pay(seat)
    shop.settle()
    shop.tick(HOUR)
    shop.settle()
    assert nets(seats) == [("confirmed", 9_900, 1_100), ("confirmed", 19_800, 2_200), ("confirmed", 9_900, 1_100)]
    opener = shop.member()
    deal = shop.deal(2, host_perk=PERCENT, more_units={second: 5_000})
    own = in_unit_of_work(lambda uow: rooms.open_room(uow, opener, deal, sku_id=second), shop.pay_shop.clock)
    shop.pay(own)
    shop.pay(shop.join(own.room.id))
    shop.settle()
    # 10.5 % of 50.00.
    assert nets([own]) == [("confirmed", 5_000, 525)]
    assert faults(shop) == unsettled(shop) == []


def _deal(leader: Person, **changed: Any) -> Any:
    terms = {"title": "Tea", "group_size": 2, "room_ttl_seconds": HOUR, "price_minor": PRICE}
    return leader.call("POST", "/deals", json={k: v for k, v in (terms | changed).items() if v is not None})


def test_over_http_a_deal_of_several_units_is_made_shown_and_chosen_from(shop: RoomShop) -> None:
    ids = [to_public("sku", sku) for sku in kinds(shop, 7, 5)]
    leader, guest = sign_up(shop.app, role=Role.LEADER), sign_up(shop.app)
    deal = _deal(leader, skus=[{"sku_id": ids[0]}, {"sku_id": ids[1], "price_minor": 8_000}]).get_json()
    assert (deal["sku_id"], deal["stock"]) == (ids[0], 12)
    assert [(one["id"], one["title"], one["price"]["amount_minor"], one["stock"]) for one in deal["skus"]] == [
        (ids[0], "1 g", PRICE, 7),
        (ids[1], "2 g", 8_000, 5),
    ]
    quoted = guest.call("POST", f"/deals/{deal['id']}/quotes", json={"quantity": 2, "sku_id": ids[1]}).get_json()
    assert quoted["total"]["amount_minor"] == 16_000
    key = uuid.uuid4().hex
    host = leader.call("POST", f"/deals/{deal['id']}/rooms", key=key, json={"sku_id": ids[1]}).get_json()
    assert (host["order"]["lines"][0]["sku_id"], host["order"]["total"]["amount_minor"]) == (ids[1], 8_000)
    assert {one["id"] for one in host["room"]["skus"]} == set(ids)
    wrong = to_public("sku", uuid.uuid4())
    for path in (f"/deals/{deal['id']}/rooms", f"/rooms/{host['room']['id']}/seats"):
        answer = guest.call("POST", path, key=uuid.uuid4().hex, json={"sku_id": wrong})
        assert refusal(answer) == (422, "invalid_value", "sku_id")
        assert refusal(guest.call("POST", path, key=uuid.uuid4().hex, json={"sku_id": "x"}))[0] == 404
    seat = guest.call("POST", f"/rooms/{host['room']['id']}/seats", key=key, json={}).get_json()
    assert seat["order"]["lines"][0]["sku_id"] == ids[0]


def test_units_that_no_deal_may_offer_together_are_refused_by_their_field(shop: RoomShop) -> None:
    other = to_public("sku", shop.sku_id)
    first, second = (to_public("sku", sku) for sku in kinds(shop, 7, 5))
    leader = sign_up(shop.app, role=Role.LEADER)
    both = [{"sku_id": first}, {"sku_id": second}]
    steps = [{"size": 2, "price_minor": PRICE}, {"size": 3, "price_minor": 8_000}]
    ladder: dict[str, Any] = {"price_steps": steps, "price_minor": None, "group_size": 3}
    for changed, field in (
        ({}, "sku_id"),
        ({"sku_id": first, "skus": both}, "skus"),
        ({"skus": []}, "skus"),
        ({"skus": [{"sku_id": first}, {"sku_id": first}]}, "skus.1.sku_id"),
        ({"skus": [{"sku_id": first}, {"sku_id": other}]}, "skus.1.sku_id"),
        ({"skus": [{"sku_id": first}, {"sku_id": second, "price_minor": ALONE}]}, "skus.1.price_minor"),
        ({"skus": both, "price_minor": None}, "price_minor"),
        (ladder | {"skus": [both[0], both[1] | {"price_minor": 1}]}, "skus.1.price_minor"),
    ):
        assert refusal(_deal(leader, **changed)) == (422, "invalid_value", field), changed
    unknown = [{"sku_id": first}, {"sku_id": to_public("sku", uuid.uuid4())}]
    assert refusal(_deal(leader, skus=unknown))[:2] == (404, "not_found")
    assert rows("SELECT count(*) FROM deals") == [(0,)]
