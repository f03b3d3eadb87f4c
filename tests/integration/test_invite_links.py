"""Invite links over HTTP: what may be shared, whose the figures are, and QR codes that a reader reads."""

from __future__ import annotations

import io
import re
import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from tests.web_client import Person, counts, refusal, sign_up


@pytest.fixture
def leader(app: Flask) -> Person:
    return sign_up(app, role=Role.LEADER, name="Lin")


def a_deal(leader: Person, *, draft: bool = False) -> tuple[str, str]:
    """Public ids of a deal for groups of 3 at CNY 99.00, and of its product."""
    new = NewProduct("Spring tea", "", 7, [NewSku(secrets.token_hex(4), "box", 10_900, 100)])
    with unit_of_work() as uow:
        product = deals.add_product(uow, leader.card.member_id, new, "CNY")
        number = _number(uow, leader)
        terms = NewDeal(product.skus[0].id, "Tea for three", 3, 9_900, timedelta(hours=1), draft=draft)
        deal = deals.open_deal(uow, leader.card.member_id, number, terms)
    return to_public("deal", deal.id), to_public("prd", product.id)


def a_room(leader: Person, deal: str) -> str:
    return str(leader.call("POST", f"/deals/{deal}/rooms", key="room-key-1", json={}).get_json()["room"]["id"])


def _number(uow: UnitOfWork, person: Person) -> int:
    found = uow.session.execute(text("SELECT number FROM members WHERE id = :id"), {"id": person.card.member_id})
    return int(found.scalar_one())


def link(person: Person, **body: object) -> dict[str, object]:
    answer = person.call("POST", "/invite-links", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_each_kind_of_link_has_its_addresses_and_says_what_it_leads_to(app: Flask, leader: Person) -> None:
    deal, product = a_deal(leader)
    room = a_room(leader, deal)
    for kind, target in (("deal", deal), ("product", product), ("room", room), ("member", None)):
        body = {"kind": kind, "target_id": target} if target else {"kind": kind}
        made = link(leader, **body)
        url = f"http://localhost:8000/i/{made['code']}"
        assert (made["url"], made["qr_svg_url"], made["qr_png_url"]) == (url, f"{url}/qr.svg", f"{url}/qr.png")
        assert (made["kind"], made["target_id"]) == (kind, target)
        assert url in str(made["share_text"])
    assert link(leader, kind="member")["code"] == leader.card.invite_code


def test_the_share_text_is_in_the_language_that_is_asked_for(app: Flask, leader: Person) -> None:
    deal, _ = a_deal(leader)
    room = a_room(leader, deal)
    body = {"kind": "room", "target_id": room}
    said = {
        language: leader.call("POST", "/invite-links", json=body, headers={"Accept-Language": language}).get_json()[
            "share_text"
        ]
        for language in ("zh-CN", "en-GB,en;q=0.9", "fr")
    }
    assert said["zh-CN"].startswith("一起买「Tea for three」，一起买价 ¥99.00，还差 2 人，")
    assert said["en-GB,en;q=0.9"].startswith("Buy “Tea for three” together with me for CN¥99.00, seats left: 2, ends ")
    assert said["fr"] == said["zh-CN"]


def test_the_same_subject_and_channel_give_the_same_link_and_another_channel_another(
    app: Flask, leader: Person
) -> None:
    deal, _ = a_deal(leader)
    first = link(leader, kind="deal", target_id=deal, channel="moments")
    assert link(leader, kind="deal", target_id=deal, channel="moments")["code"] == first["code"]
    others = {
        str(link(leader, kind="deal", target_id=deal)["code"]),
        str(link(leader, kind="deal", target_id=deal, channel="groups")["code"]),
        str(link(sign_up(app), kind="deal", target_id=deal, channel="moments")["code"]),
        str(link(leader, kind="member", channel="moments")["code"]),
    }
    assert len(others | {str(first["code"]), leader.card.invite_code}) == 6
    # A member's card still shows the one link without a channel.
    assert leader.call("GET", "/me").get_json()["invite_code"] == leader.card.invite_code


def test_what_cannot_be_shared_is_refused_and_makes_no_link(app: Flask, leader: Person) -> None:
    draft, _ = a_deal(leader, draft=True)
    before = counts("invite_links")
    refused = {
        (422, "invalid_value", "kind"): [{"kind": "shop"}],
        (422, "invalid_value", "target_id"): [{"kind": "room"}, {"kind": "member", "target_id": draft}],
        (404, "not_found", None): [
            {"kind": "deal", "target_id": draft},
            {"kind": "room", "target_id": to_public("room", new_id())},
            {"kind": "room", "target_id": draft},
            {"kind": "product", "target_id": "prd_x"},
        ],
    }
    for expected, bodies in refused.items():
        for body in bodies:
            assert refusal(leader.call("POST", "/invite-links", json=body)) == expected, body
    assert counts("invite_links") == before


def test_a_member_lists_own_links_page_by_page(app: Flask, leader: Person) -> None:
    deal, _ = a_deal(leader)
    codes = [leader.card.invite_code] + [
        str(link(leader, kind="deal", target_id=deal, channel=channel)["code"]) for channel in "abc"
    ]
    link(sign_up(app), kind="deal", target_id=deal)
    page = leader.call("GET", "/invite-links?limit=3").get_json()
    rest = leader.call("GET", f"/invite-links?limit=3&cursor={page['next_cursor']}").get_json()
    assert [row["code"] for row in page["data"] + rest["data"]] == codes
    assert rest["next_cursor"] is None


def test_only_the_owner_sees_a_links_figures(app: Flask, leader: Person) -> None:
    code = leader.card.invite_code
    assert leader.call("GET", f"/invite-links/{code}/stats").get_json() == {
        "code": code,
        "kind": "member",
        "channel": None,
        "views": 0,
        "clicks": 0,
        "members": 0,
        "orders": 0,
        "earned": {"amount_minor": 0, "currency": "CNY"},
        "not_counted": {"repeats": 0, "own": 0, "bots": 0, "closed": 0},
    }
    for stranger in (sign_up(app), sign_up(app, role=Role.ADMIN)):
        assert refusal(stranger.call("GET", f"/invite-links/{code}/stats")) == (404, "not_found", None)
    assert refusal(leader.call("GET", "/invite-links/NOSUCHCODE/stats")) == (404, "not_found", None)


def test_a_reader_finds_the_links_address_in_both_qr_codes(app: Flask, leader: Person) -> None:
    image, zxingcpp = pytest.importorskip("PIL.Image"), pytest.importorskip("zxingcpp")
    code, client = leader.card.invite_code, app.test_client()
    png, svg = client.get(f"/i/{code}/qr.png"), client.get(f"/i/{code}/qr.svg")
    assert [(answer.status_code, answer.content_type) for answer in (png, svg)] == [
        (200, "image/png"),
        (200, "image/svg+xml"),
    ]
    for picture in (image.open(io.BytesIO(png.data)).convert("L"), _painted(svg.text)):
        read = zxingcpp.read_barcodes(picture)
        assert [found.text for found in read] == [f"http://localhost:8000/i/{code}"]


def _painted(svg: str) -> object:
    """The drawing's only path, horizontal strokes one unit high from the middle of each row, ten pixels a unit."""
    from PIL import Image, ImageDraw

    size = int(re.findall(r'width="(\d+)"', svg)[0])
    scale = int(re.findall(r"scale\((\d+)\)", svg)[0])
    picture = Image.new("L", (size, size), 255)
    draw, x, y = ImageDraw.Draw(picture), 0.0, 0.0
    for how, right, down, length in re.findall(r"([Mm])(-?[\d.]+) (-?[\d.]+)h(\d+)", svg):
        x, y = (float(right), float(down)) if how == "M" else (x + float(right), y + float(down))
        top = (y - 0.5) * scale
        draw.rectangle((x * scale, top, (x + int(length)) * scale - 1, top + scale - 1), fill=0)
        x += int(length)
    return picture


def test_a_code_that_nobody_has_is_no_qr_code(app: Flask) -> None:
    for form in ("svg", "png"):
        assert refusal(app.test_client().get(f"/i/NOSUCHCODE/qr.{form}")) == (404, "not_found", None)


def test_a_room_that_is_full_is_shown_as_closed(app: Flask, leader: Person) -> None:
    deal, _ = a_deal(leader)
    room = a_room(leader, deal)
    made = link(leader, kind="room", target_id=room)
    for number in range(2):
        joined = sign_up(app).call("POST", f"/rooms/{room}/seats", key=f"seat-key-{number}", json={})
        assert joined.status_code == 201
    facts = app.test_client().get(f"/i/{made['code']}", headers={"Accept": "application/json"}).get_json()
    assert facts["subject"] == {
        "title": "Tea for three",
        "price": {"amount_minor": 9900, "currency": "CNY"},
        "size": 3,
        "seats_left": 0,
        "ends_at": facts["subject"]["ends_at"],
        "is_open": False,
    }
