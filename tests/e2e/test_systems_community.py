"""The systems that mission.md names, each by its mechanism: notes that sell, and circles of friends."""

from __future__ import annotations

from pathlib import Path

from buying import fill_for_two, open_room, take_seat
from community_shop import in_base64, picture
from flask import Flask
from points_shop import faults as point_faults
from room_shop import faults, room_shop
from web_client import API, refusal, sign_up

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.due_work import work
from tests.integration.test_invite_sales import come


def test_xiaohongshu_a_buyers_note_leads_to_a_purchase_that_is_the_notes_and_gives_its_author_points(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        admin, author, reader, stranger = (sign_up(app, role=role) for role in (Role.ADMIN, *[Role.MEMBER] * 3))
        deal = to_public("deal", shop.deal(size=2, ttl=86_400))
        # given a buyer who has received the goods
        bought, _ = fill_for_two(author, stranger, deal)
        shop.settle()
        order = bought["order"]["id"]
        sent = admin.call("POST", f"/admin/orders/{order}/shipment", json={"carrier": "SF", "tracking": "SF-1"})
        assert sent.status_code == 200, sent.text
        assert author.call("POST", f"/orders/{order}/receipt", json={}).status_code == 200
        # when a note of them with a picture was read by the shop and is published
        (line,) = author.call("GET", "/me/received-lines").get_json()["data"]
        words = {"line_id": line["line_id"], "title": "Three ways to brew it", "text": "First, warm the cup."}
        note = author.call("POST", "/notes", json=words | {"pictures": [in_base64(picture())]}).get_json()
        assert note["status"] == "pending"
        assert app.test_client().get(f"{API}/notes/{note['id']}").status_code == 404
        assert admin.call("POST", f"/admin/posts/{note['id']}/publish", json={"version": 1}).status_code == 200
        # then its author has 30 points at once, beside those of the purchase, which wait
        found = author.call("GET", "/me/points").get_json()
        assert (found["available"], found["pending"]) == (30, 99)
        # and a reader who follows the note's link and buys bought by the note
        code = author.call("POST", "/invite-links", json={"kind": "note", "target_id": note["id"]}).get_json()["code"]
        landing = reader.client.get(f"/i/{code}", headers={"Accept": "application/json"}).get_json()
        assert (landing["kind"], landing["subject"]["title"]) == ("note", "Three ways to brew it")
        fill_for_two(reader, stranger, deal)
        shop.settle()
        work()
        (mine,) = author.call("GET", "/me/posts").get_json()["data"]
        assert (mine["sales"]["orders"], mine["sales"]["volume"]["amount_minor"]) == (1, 9_900)
        # and the author, whose link led somewhere, has points for it, once
        shared = author.call("GET", "/me/points").get_json()
        assert (shared["available"], shared["pending"]) == (30 + 5, 99)
        assert faults(shop) == []
        with unit_of_work() as uow:
            assert point_faults(uow) == []


def test_guimi_mall_a_leaders_circle_has_its_own_group_price_and_hears_of_it_and_nobody_else_does(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        leader, stranger = sign_up(app, role=Role.LEADER, name="Top"), sign_up(app)
        lin, rui = come(app, leader.card.invite_code), sign_up(app)
        circle = f"/circles/{to_public('mbr', leader.card.member_id)}"
        # given a circle of who was brought and who joined by the address that the leader handed on
        assert rui.call("POST", f"{circle}/join").get_json()["is_member"]
        members = leader.call("GET", "/me/circle").get_json()["data"]
        assert len(members) == 2
        # when the leader opens a deal for the circle below the price for all, and tells the circle of it
        everybodys = to_public("deal", shop.deal(size=2))
        terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Ours", "group_size": 2, "price_minor": 8_800}
        ours = leader.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3_600, "circle_only": True}).get_json()
        assert leader.call("POST", "/me/circle/notices", key="n", json={"text": "Ours, today."}).status_code == 201
        work()
        # then the circle has heard, and nobody else
        heard = [
            [notice["kind"] for notice in who.call("GET", "/me/notices").get_json()["data"]]
            for who in (lin, rui, stranger)
        ]
        assert [kinds.count("circle_notice") for kinds in heard] == [1, 1, 0]
        assert [len(who.call("GET", circle).get_json()["notices"]) for who in (lin, stranger)] == [1, 0]
        # and buys at its own price, which is nobody else's
        refused = stranger.call("POST", f"/deals/{ours['id']}/rooms", key="s", json={})
        assert refusal(refused)[:2] == (403, "circle_required")
        opened, joined = fill_for_two(lin, rui, ours["id"])
        shop.settle()
        for who, taken in ((lin, opened), (rui, joined)):
            found = who.call("GET", f"/orders/{taken['order']['id']}").get_json()
            assert (found["status"], found["total"]["amount_minor"]) == ("confirmed", 8_800)
        assert open_room(stranger, everybodys)["payment"]["amount"]["amount_minor"] == 9_900
        # and who leaves the circle has no seat there any more
        room = open_room(lin, ours["id"])["room"]["id"]
        rui.call("POST", f"{circle}/leave")
        assert refusal(rui.call("POST", f"/rooms/{room}/seats", key="r", json={}))[:2] == (403, "circle_required")
        rui.call("POST", f"{circle}/join")
        assert take_seat(rui, room)["payment"]["amount"]["amount_minor"] == 8_800
        assert faults(shop) == []
