"""Which of tier and plan gave what was used: a plan is refunded whole while nothing of its own was used."""

from __future__ import annotations

from pathlib import Path

from coupon_shop import ADMIN
from flask import Flask
from payment_shop import rows
from plan_shop import ZONE, PlanShop
from room_shop import Member, RoomShop, faults, room_shop
from test_benefits import stand
from tiers import a_programme

from socialshop.infra.uow import unit_of_work
from socialshop.memberships import service as plans
from socialshop.memberships.rules import more_by_plans


def _buys(shop: RoomShop, member: Member) -> None:
    """A seat in a room for two, of which the other is paid by somebody else; it fills."""
    host = shop.open(shop.deal(2), member)
    shop.pay(host)
    shop.pay(shop.join(host.room.id))
    shop.settle()


def _publish_gold(shop: RoomShop, **benefits: object) -> None:
    names = {"name_zh": "级", "name_en": "Tier"}
    tiers = [
        {**names, "code": "normal", "threshold": 0},
        {**names, "code": "gold", "threshold": 1_000, "benefits": benefits},
        {**names, "code": "platinum", "threshold": 2_000},
    ]
    with unit_of_work(shop.pay_shop.clock) as uow:
        drafted = plans.draft_programme(uow, ADMIN, a_programme([], tiers=tiers))
        plans.publish_programme(uow, ADMIN, drafted.id)


def _rule(shop: PlanShop, member: Member) -> str:
    with_plan = shop.of(member.number)
    return str(shop.act(plans.refund_quote, member.number, with_plan.id, zone=ZONE).rule)


def test_what_the_tier_alone_gives_is_no_use_of_a_plan_and_what_the_plan_adds_is(app: Flask, tmp_path: Path) -> None:
    with room_shop(app, tmp_path) as shop:
        sells = PlanShop(shop.pay_shop)
        less = {"discount_bps": 300, "points_multiplier_bps": 12_000}
        for plan, benefits in (
            ("less", less),
            ("points", less | {"points_multiplier_bps": 20_000}),
            ("price", less | {"discount_bps": 800}),
            ("doors", less | {"exclusive_deals": True}),
        ):
            sells.publish(plan=plan, benefits=benefits)
        member = {plan: shop.member() for plan in ("less", "points", "price", "doors")}
        # given four members of gold, each with another plan beside it
        _publish_gold(shop, discount_bps=500, points_multiplier_bps=15_000)
        for plan, who in member.items():
            with unit_of_work(shop.pay_shop.clock) as uow:
                stand(uow, who.number, "gold")
            sells.bought(who.number, plan=plan)
            assert _rule(sells, who) == "whole"
        # when each buys, and one of them what is for a tier above
        for plan in ("less", "points", "price"):
            _buys(shop, member[plan])
        seat = shop.open(shop.deal(2, minimum_tier="gold"), member["doors"])
        assert rows("SELECT count(*) FROM benefit_uses WHERE member = :m", m=member["doors"].number) == [(0,)]
        shop.leave(seat.room.id, member["doors"])
        shop.open(shop.deal(2, minimum_tier="platinum"), member["doors"])
        # then the tier's price and points stand against no plan, and what a plan gave more of against its own
        used = rows("SELECT member, benefit, by_plan FROM benefit_uses ORDER BY member, benefit")
        assert [(benefit, by_plan) for who, benefit, by_plan in used if who == member["less"].number] == [
            ("member_price", False),
            ("points_multiplier", False),
        ]
        assert [(benefit, by_plan) for who, benefit, by_plan in used if by_plan] == [
            ("points_multiplier", True),
            ("member_price", True),
            ("exclusive_deal", True),
        ]
        assert {plan: _rule(sells, who) for plan, who in member.items()} == {
            "less": "whole",
            "points": "prorated",
            "price": "prorated",
            "doors": "prorated",
        }
        assert faults(shop) == []


def test_of_lists_a_plan_gives_what_the_tier_does_not_name() -> None:
    tier = {"discount_bps": 500, "free_shipping": False, "monthly_coupons": ["cpn_a"]}
    plans_of = [{"discount_bps": 500, "free_shipping": True}, {"monthly_coupons": ["cpn_a", "cpn_b"]}]
    assert more_by_plans(tier, plans_of) == {"free_shipping", "cpn_b"}
    assert more_by_plans(tier, []) == frozenset()
    assert more_by_plans({}, [{"points_multiplier_bps": 10_000}]) == frozenset()
