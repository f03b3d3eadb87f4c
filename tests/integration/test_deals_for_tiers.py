"""Where tiers act on deals: hours before the others, and deals that ask for a tier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, faults, room_shop, statements
from test_benefits import stand
from web_client import refusal, sign_up

from socialshop.deals.errors import DealNotLive
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.memberships.errors import TierRequired

HOURS = timedelta(hours=1)


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def in_tier(shop: RoomShop, tier: str) -> Member:
    member = shop.member()
    with unit_of_work(shop.pay_shop.clock) as uow:
        stand(uow, member.number, tier)
    return member


def uses() -> list[tuple[int, str]]:
    return rows("SELECT member, benefit FROM benefit_uses ORDER BY id")


def test_gold_opens_a_deal_twelve_hours_before_the_others_and_silver_two(shop: RoomShop) -> None:
    clock = shop.pay_shop.clock
    deal = shop.deal(size=3, ttl=86_400, starts_at=clock.now() + 12 * HOURS)
    gold, silver, plain = in_tier(shop, "gold"), in_tier(shop, "silver"), shop.member()
    for early in (silver, plain):
        with pytest.raises(DealNotLive):
            shop.open(deal, early)
    room = shop.open(deal, gold).room
    for early in (silver, plain):
        with pytest.raises(DealNotLive):
            shop.join(room.id, early)
    assert shop.seats(room.id) == ("open", 1, 0)
    clock.advance(10 * HOURS)
    shop.join(room.id, silver)
    with pytest.raises(DealNotLive):
        shop.join(room.id, plain)
    clock.advance(2 * HOURS)
    shop.join(room.id, plain)
    assert shop.seats(room.id) == ("open", 3, 0)
    assert uses() == [(gold.number, "early_access"), (silver.number, "early_access")]
    assert faults(shop) == []


def test_an_ended_deal_is_over_for_everybody_however_early_they_may_come(shop: RoomShop) -> None:
    clock = shop.pay_shop.clock
    diamond = in_tier(shop, "diamond")
    deal = shop.deal(starts_at=clock.now() + HOURS, ends_at=clock.now() + 2 * HOURS)
    clock.advance(2 * HOURS)
    with pytest.raises(DealNotLive):
        shop.open(deal, diamond)


def test_a_deal_for_gold_takes_gold_and_above_and_nobody_below(shop: RoomShop) -> None:
    deal = shop.deal(size=3, minimum_tier="gold")
    gold, diamond, silver, plain = (
        in_tier(shop, "gold"),
        in_tier(shop, "diamond"),
        in_tier(shop, "silver"),
        shop.member(),
    )
    before = rows("SELECT (SELECT count(*) FROM rooms), (SELECT count(*) FROM orders)")
    for below in (silver, plain):
        with pytest.raises(TierRequired) as refused:
            shop.open(deal, below)
    assert refused.value.facts == {"minimum_tier": "gold", "tier": "normal"}
    assert rows("SELECT (SELECT count(*) FROM rooms), (SELECT count(*) FROM orders)") == before
    room = shop.open(deal, gold).room
    with pytest.raises(TierRequired):
        shop.join(room.id, silver)
    shop.join(room.id, diamond)
    assert shop.seats(room.id) == ("open", 2, 0)
    assert faults(shop) == []


def test_a_room_keeps_what_its_deal_asked(shop: RoomShop) -> None:
    deal = shop.deal(size=3, minimum_tier="gold")
    room = shop.open(deal, in_tier(shop, "gold")).room
    with unit_of_work() as uow:
        uow.session.connection().exec_driver_sql("UPDATE deals SET minimum_tier = NULL")
    with pytest.raises(TierRequired):
        shop.join(room.id, shop.member())


def test_a_deal_for_a_tier_that_is_none_is_refused(shop: RoomShop) -> None:
    with pytest.raises(InvalidValue, match="no tier") as refused:
        shop.deal(minimum_tier="platinum")
    assert refused.value.field == "minimum_tier"


def test_what_asks_for_no_tier_reads_the_standing_with_the_claim_alone(shop: RoomShop) -> None:
    room = shop.open(shop.deal(size=3)).room
    member = shop.member()
    with statements() as seen:
        shop.join(room.id, member)
    assert [statement for statement in seen if "member_standings" in statement] == [seen[0]]
    assert "UPDATE rooms" in seen[0]


def test_over_http_a_deal_says_which_tier_it_is_for_and_the_refusal_names_it(shop: RoomShop) -> None:
    admin, buyer = sign_up(shop.app, role=Role.ADMIN), sign_up(shop.app)
    terms = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Tea for gold",
        "group_size": 2,
        "price_minor": 100,
        "room_ttl_seconds": 3600,
        "minimum_tier": "gold",
    }
    deal = admin.call("POST", "/deals", json=terms).get_json()
    assert deal["minimum_tier"] == "gold"
    assert buyer.call("GET", f"/deals/{deal['id']}").get_json()["minimum_tier"] == "gold"
    refused = buyer.call("POST", f"/deals/{deal['id']}/rooms", key="k", json={})
    assert refusal(refused) == (403, "tier_required", None)
    assert (refused.get_json()["minimum_tier"], refused.get_json()["tier"]) == ("gold", "normal")
    wrong = admin.call("POST", "/deals", json={**terms, "minimum_tier": "none_such"})
    assert refusal(wrong) == (422, "invalid_value", "minimum_tier")
