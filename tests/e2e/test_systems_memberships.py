"""The systems that mission.md names, each by its mechanism: tiers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from money_people import number_of
from room_shop import Member, faults, room_shop
from web_client import Person, refusal, sign_up

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty

ZONE = "Asia/Shanghai"


def _publish_gifts_for_gold(admin: Person) -> None:
    """The tiers in force, of which gold gives a partner's voucher a month and a cake on the birthday too."""
    cake = {"kind": "gift", "currency": "CNY", "gift": "A cake", "worth_minor": 3_000}
    made = {"title": "A cake", "terms": cake, "valid_days": 30, "way": "birthday_benefit"}
    gift = admin.call("POST", "/admin/coupons", json=made).get_json()["id"]
    document = admin.call("GET", "/admin/tier-programmes").get_json()["data"][0]["document"]
    document["tiers"][2]["benefits"] |= {"birthday_coupons": [gift], "partner_vouchers": ["cinema"]}
    draft = admin.call("POST", "/admin/tier-programmes", json=document).get_json()["id"]
    assert admin.call("POST", f"/admin/tier-programmes/{draft}/publish", json={}).status_code == 200
    codes = {"partner": "cinema", "codes": ["C-1", "C-2"]}
    assert admin.call("POST", "/admin/partner-vouchers", json=codes).get_json() == {"new": 2}


def test_alibaba_members_climb_by_buying_see_their_path_and_have_what_their_tier_gives(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        admin, gold, plain = sign_up(app, role=Role.ADMIN), sign_up(app), sign_up(app)
        _publish_gifts_for_gold(admin)
        # given a filled room in which one of the two buys goods for 10,890 yuan
        deal = shop.deal(size=2)
        opened = shop.open(deal, Member(number_of(gold)), quantity=110)
        joined = shop.join(opened.room.id, Member(number_of(plain)))
        for taken in (opened, joined):
            shop.pay(taken)
        shop.settle()
        # then that member is gold, and the other has not moved
        card = gold.call("GET", "/me/membership").get_json()
        assert (card["tier"], card["growth"], card["next"]["code"], card["missing"]) == (
            "gold",
            10_890,
            "diamond",
            39_110,
        )
        assert plain.call("GET", "/me/membership").get_json()["tier"] == "normal"
        assert "10890" in gold.call("GET", "/me/membership/changes").get_json()["data"][0]["why"]
        # and opens a deal before the others, and one that is for gold
        early = to_public("deal", shop.deal(starts_at=shop.pay_shop.clock.now() + timedelta(hours=6), ttl=86_400))
        only = to_public("deal", shop.deal(minimum_tier="gold"))
        for path, code in ((early, "deal_not_live"), (only, "tier_required")):
            assert refusal(plain.call("POST", f"/deals/{path}/rooms", key="p" + code, json={}))[1] == code
            assert gold.call("POST", f"/deals/{path}/rooms", key="g" + code, json={}).status_code == 201
        assert gold.call("GET", "/me/membership").get_json()["uses"] == [
            {"benefit": "early_access", "times": 1, "amount": None}
        ]
        # and has a voucher of a partner's this month, and a gift on the birthday
        assert gold.call("POST", "/me/vouchers", json={"partner": "cinema"}).get_json()["code"] == "C-1"
        assert refusal(plain.call("POST", "/me/vouchers", json={"partner": "cinema"}))[1] == "voucher_gone"
        tomorrow = (shop.pay_shop.clock.now() + timedelta(days=1)).astimezone(ZoneInfo(ZONE))
        for person in (gold, plain):
            said = person.call("POST", "/me/birthday", json={"month": tomorrow.month, "day": tomorrow.day})
            assert said.status_code == 200, said.text
        shop.pay_shop.clock.advance(timedelta(days=1))
        while in_unit_of_work(lambda uow: loyalty.hand_out_due(uow, ZONE), shop.pay_shop.clock):
            pass
        held = [person.call("GET", "/me/coupons").get_json()["data"] for person in (gold, plain)]
        assert [[one["because_en"] for one in each] for each in held] == [
            [["because your tier or plan gives it on your birthday"]],
            [],
        ]
        # and a refund takes the growth back: a warning first, the tier stays
        refund = gold.call(
            "POST",
            f"/orders/{to_public('ord', opened.order.id)}/refunds",
            key="back",
            json={"reason": "too much", "amount_minor": 1_000_000},
        )
        approved = admin.call("POST", f"/admin/refunds/{refund.get_json()['id']}/approve", json={"reason": "seen"})
        assert approved.status_code == 200, approved.text
        shop.settle()
        card = gold.call("GET", "/me/membership").get_json()
        assert (card["tier"], card["growth"], card["lapses_at"] is None) == ("gold", 890, False)
        assert faults(shop) == []
