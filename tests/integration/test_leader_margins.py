"""A leader's margin: what a deal brings above the price of supply, as one leg more of every line that it sold."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from after_sales import replayed
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, faults, room_shop
from test_room_ladders import accrued, publish
from web_client import Person, refusal, sign_up

from socialshop.commissions import service as commissions
from socialshop.commissions.margin import MarginLeg, with_margin
from socialshop.commissions.plan import parse_plan, with_perk
from socialshop.commissions.rules import amount_of, net_of
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.orders import service as orders
from socialshop.rooms import service as rooms


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


@pytest.fixture
def leader(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.LEADER)


def _open(shop: RoomShop, admin: Person, **said: object) -> Any:
    return admin.call("POST", f"/admin/skus/{to_public('sku', shop.sku_id)}/opening", json={"open_to": "all", **said})


def _deal(shop: RoomShop, person: Person, **changed: object) -> Any:
    terms = {"title": "Tea", "group_size": 2, "price_minor": 9_000, "room_ttl_seconds": 3_600, **changed}
    return person.call("POST", "/deals", json={"sku_id": to_public("sku", shop.sku_id), **terms})


def _filled(shop: RoomShop, deal: str, *buyers: Member, quantity: int = 1) -> list[Any]:
    first = shop.open(from_public("deal", deal), buyers[0] if buyers else None, quantity)
    seats = [first, shop.join(first.room.id, buyers[1] if buyers[1:] else None)]
    for seat in seats:
        shop.pay(seat)
    shop.settle()
    return seats


def _number(person: Person) -> int:
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def test_a_leader_keeps_what_a_deal_brings_above_the_price_of_supply_and_reads_how(
    shop: RoomShop, admin: Person, leader: Person
) -> None:
    publish(shop, {"kind": "host", "rate_bps": 1_000})
    said = _open(shop, admin, supply_price_minor=8_000, margin_bps=3_333).get_json()
    assert (said["supply_price_minor"], said["margin_bps"]) == (8_000, 3_333)
    deal = _deal(shop, leader, price_minor=9_001).get_json()["id"]
    # What the shop says afterwards changes nothing of a deal that was made.
    _open(shop, admin, supply_price_minor=8_900)
    seats = _filled(shop, deal, quantity=2)
    # 33.33 % of 18,002 - 16,000 and of 9,001 - 8,000, rounded down; the host has 10 % of the other's.
    margins = [row for row in accrued() if row[0] == "leader_margin"]
    assert sorted(margins) == [("leader_margin", 0, 9_001, 333, 0), ("leader_margin", 0, 18_002, 667, 0)]
    assert rows("SELECT DISTINCT beneficiary FROM accruals WHERE kind = 'leader_margin'") == [(_number(leader),)]
    # A refund takes the same part of it back as of the money, and everything agrees when it is worked out anew.
    clock, buyer = shop.pay_shop.clock, rows("SELECT buyer FROM orders WHERE id = :id", id=seats[0].order.id)[0][0]
    asked = in_unit_of_work(
        lambda uow: rooms.ask_back(uow, Member(buyer), seats[0].order.id, "dented", amount_minor=9_001), clock
    )
    in_unit_of_work(lambda uow: orders.approve_refund(uow, uuid.uuid4(), asked.id, None), clock)
    shop.settle()
    assert ("leader_margin", 0, 18_002, 667, 334) in accrued()
    assert (replayed(), faults(shop)) == (None, [])
    accrual = rows("SELECT id FROM accruals WHERE kind = 'leader_margin' AND clawed_minor > 0")[0][0]
    number = _number(leader)
    steps = in_unit_of_work(lambda uow: commissions.explain(uow, accrual, number), clock).steps
    assert [step.code for step in steps][2:5] == ["leg_leader_margin", "margin", "rounding"]
    assert (steps[3].figures["surplus_minor"], steps[3].figures["exact_minor"]) == (2_002, "667.2666")
    path = f"/me/commissions/{to_public('acr', accrual)}/explanation"
    mine = leader.call("GET", path, headers={"Accept-Language": "zh"})
    assert "供货价每件" in mine.text
    # And a plan that is only tried pays it too, beside its own legs.
    legs = [{"kind": "self", "rate_bps": 100}]
    tried = {"name": "Tried", "currency": "CNY", "hold_days": 0, "legs": legs}
    plan = admin.call("POST", "/admin/commission-plans", json=tried).get_json()["id"]
    span = {"from": "2000-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}
    path = f"/admin/commission-plans/{plan}/simulations"
    simulation = admin.call("POST", path, json=span).get_json()["id"]
    shop.work()
    found = admin.call("GET", f"{path}/{simulation}").get_json()
    (margin,) = [leg for leg in found["by_leg"] if leg["kind"] == "leader_margin"]
    assert margin["cost"] == margin["in_force"] == {"amount_minor": 333, "currency": "CNY"}


def test_who_has_no_margin_and_who_may_not_sell_below_supply(shop: RoomShop, admin: Person, leader: Person) -> None:
    publish(shop, {"kind": "self", "rate_bps": 1})
    _open(shop, admin, supply_price_minor=9_000)
    # The price of supply is a floor too; at it nothing is left, and it is said why.
    below = _deal(shop, leader, price_minor=8_999)
    assert (refusal(below)[:2], below.get_json()["floor_minor"]) == ((422, "below_floor_price"), 9_000)
    _filled(shop, _deal(shop, leader).get_json()["id"])
    skips = "SELECT kind, reason, count(*) FROM accrual_skips WHERE kind = 'leader_margin' GROUP BY 1, 2"
    assert rows(skips) == [("leader_margin", "no_margin", 2)]
    # A leader who buys in the own deal has none of it, and an admin's own deal has none at all.
    _filled(shop, _deal(shop, leader, price_minor=9_100).get_json()["id"], Member(_number(leader)))
    assert [row[:4] for row in accrued() if row[0] == "leader_margin"] == [("leader_margin", 0, 9_100, 100)]
    assert ("leader_margin", "own_order", 1) in rows(skips)
    _filled(shop, _deal(shop, admin, price_minor=9_200).get_json()["id"])
    assert rows("SELECT count(*) FROM accruals WHERE kind = 'leader_margin'") == [(1,)]
    assert replayed() is None


def test_what_a_deal_promises_its_host_comes_out_of_the_margin_and_leaves_the_shop_its_price(
    shop: RoomShop, admin: Person, leader: Person
) -> None:
    publish(shop, {"kind": "self", "rate_bps": 1})
    _open(shop, admin, supply_price_minor=4_500)
    perk = {"kind": "commission", "fixed_minor": 2_000}
    _filled(shop, _deal(shop, leader, host_perk=perk).get_json()["id"])
    # Of the guest's 9,000 the host has 2,000, the leader 2,500, the shop the 4,500 that it asked. Of the host's own
    # seat nobody has what was promised, and the leader no more.
    paid = [row for row in accrued() if row[0] != "self"]
    assert sorted(paid) == [("host", 1, 9_000, 2_000, 0)] + [("leader_margin", 0, 9_000, 2_500, 0)] * 2
    accrual, number = rows("SELECT id FROM accruals WHERE kind = 'leader_margin'")[0][0], _number(leader)
    steps = in_unit_of_work(lambda uow: commissions.explain(uow, accrual, number), shop.pay_shop.clock).steps
    assert [step.code for step in steps][3:6] == ["margin_promised", "margin", "no_rounding"]
    assert (steps[3].figures["promised_minor"], steps[4].figures["surplus_minor"]) == (2_000, 2_500)
    assert (replayed(), faults(shop)) == (None, [])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"supply_price_minor": 10_900}, "supply_price_minor"),
        ({"margin_bps": 100}, "margin_bps"),
        ({"supply_price_minor": 9_000, "margin_bps": 10_001}, "margin_bps"),
    ],
)
def test_a_margin_that_is_none_is_refused_and_nothing_changes(
    shop: RoomShop, admin: Person, said: dict[str, int], field: str
) -> None:
    answer = _open(shop, admin, **said)
    assert (answer.status_code, field in answer.text) == (422, True)
    assert rows("SELECT count(*) FROM leader_goods") == [(0,)]


def test_with_the_plan_it_is_never_more_than_the_sale_and_no_refund_makes_it_grow() -> None:
    legs = [{"kind": "sale", "level": 1, "rate_bps": 4_999}, {"kind": "host", "fixed_minor": 3}]
    plan = parse_plan({"name": "P", "currency": "CNY", "hold_days": 0, "legs": legs})
    perks = (None, {"fixed_minor": 11}, {"rate_bps": 1_500})
    for supply, share, quantity, perk in product((1, 70, 500), (1, 3_333, 10_000), (1, 3), perks):
        paying = with_margin(with_perk(plan, perk), {"leader": 7, "supply_minor": supply, "share_bps": share})
        margin = paying.legs[-1]
        assert isinstance(margin, MarginLeg)
        for base in range(0, 400, 7):
            amounts = [amount_of(leg, base, quantity) for leg in paying.legs]
            assert min(amounts) >= 0
            assert amounts[-1] == 0 or sum(amounts) <= base
            promised = amounts[-2] if perk else 0
            assert amounts[-1] <= max(0, base - supply * quantity - promised)
            left = [net_of(margin, base, quantity, back, min(quantity, back // 50)) for back in range(base + 1)]
            assert left == sorted(left, reverse=True)
            assert left[-1] == 0
