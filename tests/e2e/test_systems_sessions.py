"""The systems that mission.md names, each by its mechanism: a brand's goods for a short time only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from buying import fill_for_two
from flask import Flask
from room_shop import faults, room_shop
from web_client import refusal, sign_up

from socialshop.deals import service as deals
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from tests.integration.test_invite_sales import come


def test_vipshop_a_brands_session_opens_and_closes_to_the_second_tells_who_waits_and_is_shared_whole(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        admin, leader, fan = sign_up(app, role=Role.ADMIN), sign_up(app, role=Role.LEADER), sign_up(app)
        clock = shop.pay_shop.clock
        # given a brand's session that is announced for tonight, with a deal that holds to it
        terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Spring tea", "group_size": 2, "price_minor": 9_900}
        deal = admin.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3_600, "draft": True}).get_json()["id"]
        starts, ends = clock.now() + timedelta(hours=3), clock.now() + timedelta(hours=5)
        said = {"brand": "Hill Tea", "title": "Tonight", "starts_at": to_text(starts), "ends_at": to_text(ends)}
        session = admin.call("POST", "/flash-sessions", json=said | {"picks": [{"id": deal}]}).get_json()["id"]
        # when a fan asks to be told, and a leader shares the whole of it
        assert fan.call("POST", f"/flash-sessions/{session}/reminders").status_code == 200
        link = leader.call("POST", "/invite-links", json={"kind": "session", "target_id": session}).get_json()
        guest = come(app, link["code"])
        # then it is closed until a second before its start
        clock.advance(timedelta(hours=3) - timedelta(seconds=1))
        assert refusal(fan.call("POST", f"/deals/{deal}/rooms", key="e", json={}))[:2] == (409, "deal_not_live")
        clock.advance(timedelta(seconds=1))
        in_unit_of_work(deals.turn_sessions, clock)
        shop.work()
        # and at its start the fan hears of it, the host pins what is spoken of, and it sells
        (told,) = fan.call("GET", "/me/notices").get_json()["data"]
        assert told["target"] == session
        assert admin.call("POST", f"/flash-sessions/{session}/pin", json={"pick_id": deal}).status_code == 200
        assert fan.call("GET", f"/flash-sessions/{session}/live").get_json()["pinned"] == deal
        fill_for_two(guest, fan, deal, invite_code=link["code"])
        shop.settle()
        # and at its end it is closed, with what it brought
        clock.advance(ends - clock.now())
        assert refusal(fan.call("POST", f"/deals/{deal}/rooms", key="l", json={}))[:2] == (409, "deal_not_live")
        results = admin.call("GET", f"/flash-sessions/{session}/results").get_json()
        assert (results["seats"], results["filled_rooms"]) == (2, 1)
        assert results["sales"] == [{"amount_minor": 19_800, "currency": "CNY"}]
        assert [(row["code"], row["members"]) for row in results["links"]] == [(link["code"], 1)]
        assert faults(shop) == []
