"""The systems that mission.md names, each by its mechanism: paid plans."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from buying import fill_for_two
from coupon_shop import coupon_faults, shipping_fee
from flask import Flask
from money_people import number_of
from payment_shop import rows
from plan_shop import ZONE, PlanShop, an_offer
from room_shop import Member, faults, room_shop
from web_client import Person, refusal, sign_up

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as plans
from socialshop.memberships.errors import TierRequired


def _put_on_sale(admin: Person, **more: object) -> None:
    offer = an_offer(**more).model_dump(mode="json")
    draft = admin.call("POST", "/admin/plan-offers", json=offer).get_json()
    assert admin.call("POST", f"/admin/plan-offers/{draft['id']}/publish", json={}).status_code == 200


def _buy(shop: PlanShop, member: Person, term: str) -> Any:
    """Buy and pay through the API; returns the subscription as it is then."""
    bought = member.call("POST", "/me/memberships", json={"plan": "vip", "term": term, "renews": True})
    assert bought.status_code == 201, bought.text
    payment = bought.get_json()["due"]["payment"]["id"]
    paid = member.call("POST", f"/sandbox/payments/{payment}/pay", json={"outcome": "succeeded"})
    assert paid.status_code == 202
    shop.settle()
    return member.call("GET", "/me/memberships").get_json()["data"][0]


def test_amazon_prime_a_plan_is_tried_bought_renewed_and_cancelled_and_opens_deals_while_it_runs(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as rooms:
        shop = PlanShop(rooms.pay_shop)
        admin, member = sign_up(app, role=Role.ADMIN), sign_up(app)
        _put_on_sale(admin, benefits={"early_access_hours": 24, "exclusive_deals": True})
        # given a deal that opens in six hours, and one for gold members
        soon = to_public("deal", rooms.deal(starts_at=shop.clock.now() + timedelta(hours=6), ttl=86_400))
        gold = to_public("deal", rooms.deal(minimum_tier="gold"))
        for deal, code in ((soon, "deal_not_live"), (gold, "tier_required")):
            assert refusal(member.call("POST", f"/deals/{deal}/rooms", key=code, json={}))[1] == code
        # when the member tries the plan, both are open
        trial = member.call("POST", "/me/memberships/trials", json={"plan": "vip"})
        assert trial.get_json()["status"] == "active"
        for deal in (soon, gold):
            assert member.call("POST", f"/deals/{deal}/rooms", key=deal, json={}).status_code == 201
        # and what is bought follows the trial, is announced, and renews
        bought = _buy(shop, member, "month")
        assert (bought["status"], bought["current"]["is_trial"]) == ("active", False)
        number = number_of(member)
        ends_at = shop.of(number).ends_at
        assert ends_at is not None
        shop.go_to(ends_at - timedelta(days=6))
        assert shop.of(number).next_price == Money(1000, "CNY")
        shop.go_to(ends_at)
        renewed = shop.of(number)
        assert renewed.current is not None
        assert renewed.current.starts_on.isoformat() == bought["current"]["ends_on"]
        # and one tap cancels it: it ends with its term, and such deals are closed again
        shop.act(plans.cancel, number, renewed.id)
        assert renewed.ends_at is not None
        shop.go_to(renewed.ends_at)
        assert shop.of(number).ended_because == "over"
        again = rooms.deal(minimum_tier="gold")
        with pytest.raises(TierRequired):
            rooms.open(again, Member(number))
        assert shop.books() == {"deferred": 0, "revenue": 2000, "provider": -2000}
        shop.audit()


def test_taobao_88vip_the_price_of_a_plan_goes_by_score_and_one_card_opens_partners(app: Flask, tmp_path: Path) -> None:
    with room_shop(app, tmp_path) as rooms:
        shop = PlanShop(rooms.pay_shop)
        admin, scored, fresh = sign_up(app, role=Role.ADMIN), sign_up(app), sign_up(app)
        _put_on_sale(admin, partners=["cinema"])
        # given a member whose purchases give a score of more than a thousand, and one who has none
        deal = rooms.deal(size=2)
        opened = rooms.open(deal, Member(number_of(scored)), quantity=20)
        joined = rooms.join(opened.room.id, Member(number_of(fresh)))
        for taken in (opened, joined):
            rooms.pay(taken)
        rooms.settle()
        # then the same card costs the one less than the other, and the list says why
        prices = {
            who.card.member_id: who.call("GET", "/membership-plans").get_json()["data"][0] for who in (scored, fresh)
        }
        yours = {id_: plan["terms"][1]["yours"]["amount_minor"] for id_, plan in prices.items()}
        assert yours == {scored.card.member_id: 8801, fresh.card.member_id: 10001}
        assert prices[scored.card.member_id]["your_growth"] >= 1000
        bought = _buy(shop, scored, "year")
        assert bought["current"]["price"]["amount_minor"] == 8801
        # and the card opens a partner's service, once a month
        codes = {"partner": "cinema", "codes": ["C-1", "C-2"]}
        assert admin.call("POST", "/admin/partner-vouchers", json=codes).get_json() == {"new": 2}
        in_unit_of_work(lambda uow: plans.begin_months(uow, ZONE), shop.clock)
        path = f"/me/memberships/{bought['id']}/vouchers"
        taken_once = [scored.call("POST", path, json={"partner": "cinema"}).get_json()["code"] for _ in range(2)]
        assert taken_once == ["C-1", "C-1"]
        assert refusal(fresh.call("POST", path, json={"partner": "cinema"}))[0] == 404
        assert rows("SELECT count(*) FROM partner_vouchers WHERE given_at IS NULL") == [(1,)]
        assert faults(rooms) == []


def test_jd_plus_a_plan_gives_shipping_coupons_once_a_month_tenfold_points_its_price_and_its_own_sale(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as rooms, shipping_fee(app, 600):
        shop = PlanShop(rooms.pay_shop)
        # the first of a month, so that the plan's months are the calendar's
        shop.begin_at("2027-03-01T04:00:00Z")
        admin, member, plain = sign_up(app, role=Role.ADMIN), sign_up(app), sign_up(app)
        # given a plan whose members pay 5 % less, have ten times the points, and a coupon for shipping each month
        terms = {"kind": "shipping", "currency": "CNY", "stacking": "any"}
        body = {"title": "Free shipping", "terms": terms, "way": "monthly", "valid_days": 31}
        coupon = admin.call("POST", "/admin/coupons", json=body).get_json()["id"]
        gives = {"discount_bps": 500, "points_multiplier_bps": 100_000, "exclusive_deals": True}
        _put_on_sale(admin, benefits=gives | {"monthly_coupons": [coupon]})
        bought = _buy(shop, member, "month")
        assert (bought["current"]["starts_on"], bought["current"]["ends_on"]) == ("2027-03-01", "2027-04-01")

        def wallets() -> list[list[str]]:
            found = [who.call("GET", "/me/coupons").get_json()["data"] for who in (member, plain)]
            return [[coupon["status"] for coupon in coupons] for coupons in found]

        def hand_out() -> None:
            while in_unit_of_work(lambda uow: loyalty.hand_out_due(uow, ZONE), shop.clock):
                pass

        # when the schedule has run on every day of the month, the member has one coupon and the other has none
        for _ in range(5):
            hand_out()
            shop.clock.advance(timedelta(days=1))
        assert wallets() == [["open"], []]
        # then the same goods cost the member less, in steps that the quote names
        deal = to_public("deal", rooms.deal(size=2, ttl=86_400))
        quotes = [who.call("POST", f"/deals/{deal}/quotes", json={}).get_json() for who in (member, plain)]
        assert [[(line["kind"], line["amount"]["amount_minor"]) for line in quote["lines"]] for quote in quotes] == [
            [("goods", 9_900), ("member_price", -495), ("shipping", 600), ("shipping_coupon", -600)],
            [("goods", 9_900), ("shipping", 600)],
        ]
        assert [quote["total"]["amount_minor"] for quote in quotes] == [9_405, 10_500]
        # and bring ten times the points of what was paid for them
        fill_for_two(member, plain, deal)
        shop.settle()
        assert [who.call("GET", "/me/points").get_json()["pending"] for who in (member, plain)] == [940, 99]
        assert wallets() == [["used"], []]
        # and the sale for members is open to the one alone
        sale = to_public("deal", rooms.deal(minimum_tier="diamond"))
        assert refusal(plain.call("POST", f"/deals/{sale}/rooms", key="p", json={}))[1] == "tier_required"
        assert member.call("POST", f"/deals/{sale}/rooms", key="m", json={}).status_code == 201
        # and the next month brings one coupon more, exactly once; the month after the plan has ended brings none
        shop.go_to("2027-03-25T04:00:00Z")
        shop.go_to("2027-04-01T04:00:00Z")
        subscription = shop.of(number_of(member))
        assert (subscription.status, shop.books()["provider"]) == ("active", -2_000 - 19_905)
        for _ in range(3):
            hand_out()
            shop.clock.advance(timedelta(days=1))
        had = "SELECT member, period FROM coupon_holdings ORDER BY period"
        number = number_of(member)
        assert rows(had) == [(number, "2027-03"), (number, "2027-04")]
        shop.act(plans.cancel, number_of(member), subscription.id)
        shop.go_to("2027-05-01T04:00:00Z")
        hand_out()
        assert shop.of(number_of(member)).ended_because == "over"
        assert rows(had) == [(number, "2027-03"), (number, "2027-04")]
        assert faults(rooms) == []
        assert coupon_faults() == []
