"""The systems that mission.md names, each by its mechanism: tiers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from money_people import number_of
from room_shop import Member, faults, room_shop
from web_client import refusal, sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


def test_alibaba_members_climb_by_buying_see_their_path_and_have_what_their_tier_gives(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        gold, plain = sign_up(app), sign_up(app)
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
        # and a refund takes the growth back: a warning first, the tier stays
        refund = gold.call(
            "POST",
            f"/orders/{to_public('ord', opened.order.id)}/refunds",
            key="back",
            json={"reason": "too much", "amount_minor": 1_000_000},
        )
        admin = sign_up(app, role=Role.ADMIN)
        approved = admin.call("POST", f"/admin/refunds/{refund.get_json()['id']}/approve", json={"reason": "seen"})
        assert approved.status_code == 200, approved.text
        shop.settle()
        card = gold.call("GET", "/me/membership").get_json()
        assert (card["tier"], card["growth"], card["lapses_at"] is None) == ("gold", 890, False)
        assert faults(shop) == []
