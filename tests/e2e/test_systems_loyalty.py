"""The systems that mission.md names, each by its mechanism: the loyalty plan, its missions and measured campaigns."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from due_work import work
from flask import Flask
from points_shop import faults as point_faults
from room_shop import Member, faults, room_shop
from web_client import Person, sign_up

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.loyalty.service import boards, campaigns
from tests.integration.test_invite_sales import come, number_behind


def test_a_loyalty_plan_has_missions_shares_a_campaign_with_controls_and_a_board(app: Flask, tmp_path: Path) -> None:
    with room_shop(app, tmp_path) as shop:
        clock = shop.pay_shop.clock
        admin, sharer = sign_up(app, role=Role.ADMIN), sign_up(app)
        code = sharer.call("POST", "/invite-links", json={"kind": "member"}).get_json()["code"]
        friends = [come(app, code) for _ in range(2)]

        def made(path: str, **body: Any) -> Any:
            answer = admin.call("POST", path, json=body)
            assert answer.status_code in (200, 201, 202), answer.text
            return answer.get_json()

        # given a mission for whoever brings two friends that buy, and a campaign that triples the points of one of them
        terms = {"title_zh": "带两位好友", "title_en": "Bring two friends", "times": 2, "points": 60}
        made("/admin/missions", **terms, kind="friend", repeats="month", closes_at="2036-01-01T00:00:00Z")
        starts_at = clock.now() + timedelta(hours=1)
        campaign = made(
            "/admin/campaigns",
            title_zh="春",
            title_en="Spring",
            theme="spring",
            starts_at=to_text(starts_at),
            ends_at=to_text(starts_at + timedelta(days=7)),
            audience={"kind": "members", "members": [friends[0].call("GET", "/me").get_json()["id"]]},
            control_bps=0,
            goal="buyers",
            target=100,
            multiplier_bps=30_000,
            notice_zh="三倍积分",
            notice_en="Three times the points",
        )
        made(f"/admin/campaigns/{campaign['id']}/draw")
        work(["draw_campaign"])
        clock.advance(timedelta(hours=2))
        while in_unit_of_work(campaigns.announce, clock):
            pass
        # when both friends fill a room
        opened = shop.open(shop.deal(size=2), Member(number_behind(friends[0])))
        joined = shop.join(opened.room.id, Member(number_behind(friends[1])))
        for taken in (opened, joined):
            shop.pay(taken)
        shop.settle()

        def points(person: Person) -> tuple[int, int]:
            found = person.call("GET", "/me/points").get_json()
            return found["available"], found["pending"]

        # then the treated has three times the points, who shared has them for both sales and for the mission
        assert [points(friend) for friend in friends] == [(0, 297), (0, 99)]
        assert points(sharer) == (5 + 5 + 60, 0)
        (mission,) = sharer.call("GET", "/missions").get_json()["data"]
        assert (mission["done"], mission["rewarded"]) == (2, True)
        told = [[n["kind"] for n in p.call("GET", "/me/notices").get_json()["data"]] for p in (sharer, *friends)]
        assert ["mission_done" in kinds for kinds in told] == [True, False, False]
        assert ["campaign_begun" in kinds for kinds in told] == [False, True, False]
        # and stands first on the board of the month
        in_unit_of_work(boards.write_boards, clock)
        own = sharer.call("GET", "/boards?metric=volume").get_json()["own"]
        assert own == {"place": 1, "figure": 2 * 9_900, "members": 1}
        # and a refund takes back what that sale gave everybody
        asked = friends[1].call(
            "POST", f"/orders/{to_public('ord', joined.order.id)}/refunds", key="r", json={"reason": "broken"}
        )
        made(f"/admin/refunds/{asked.get_json()['id']}/approve", reason="seen")
        shop.settle()
        assert [points(friend) for friend in friends] == [(0, 297), (0, 0)]
        assert points(sharer) == (5, 0)
        assert sharer.call("GET", "/missions").get_json()["data"][0]["done"] == 1
        found = admin.call("GET", f"/admin/campaigns/{campaign['id']}/results").get_json()
        assert (found["verdict"], found["treated"]["buyers"], found["treated"]["members"]) == ("goes_on", 1, 1)
        assert faults(shop) == []
        with unit_of_work() as uow:
            assert point_faults(uow) == []
