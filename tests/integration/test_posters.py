"""Posters: the link in them is read by a real reader, titles are cut to size, and without fonts the shop says so."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from web_client import Person, counts, refusal, sign_up

from socialshop.infra.settings import Settings
from socialshop.invites import poster
from socialshop.invites.poster import Fonts, Sheet
from socialshop.invites.rules import ShareSubject
from socialshop.kernel.languages import Language
from socialshop.kernel.money import Money
from socialshop.kernel.roles import Role
from socialshop.web.requests import PICTURE_POLICY

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:8000/i/7KQ2M9XWTB"
FONTS = Fonts(Settings().packages_dir or ROOT / "node_modules")
needs_fonts = pytest.mark.skipif(not FONTS.are_there(), reason="the fonts of posters are not installed (make setup)")


def _sheet(title: str = "明前龙井", language: Language = "zh", inviter: str = "林小满") -> Sheet:
    subject = ShareSubject(
        title, Money(9900, "CNY"), True, 5, 2, datetime(2026, 2, 1, 12, tzinfo=UTC), Money(12900, "CNY")
    )
    return Sheet(subject, inviter, URL, "7KQ2M9XWTB", language, "Asia/Shanghai")


def _read(png: bytes) -> list[str]:
    image, zxingcpp = pytest.importorskip("PIL.Image"), pytest.importorskip("zxingcpp")
    picture = image.open(io.BytesIO(png))
    assert picture.size == (750, 1334)
    return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


@pytest.fixture
def leader(app: Flask) -> Person:
    return sign_up(app, role=Role.LEADER)


@needs_fonts
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("title", ["明前龙井", "茶" * 200, "supercalifragilistic" * 20, "🍵🍵 龙井", "\u202eabc"])
def test_a_reader_finds_the_link_in_every_poster(language: Language, title: str) -> None:
    assert _read(poster.draw(_sheet(title, language), FONTS)) == [URL]


@needs_fonts
def test_a_sign_that_the_font_lacks_leaves_no_trace() -> None:
    assert poster.draw(_sheet("龙🍵井"), FONTS) == poster.draw(_sheet("龙井"), FONTS)


@needs_fonts
def test_the_same_facts_give_the_same_picture_and_other_facts_another() -> None:
    drawn = poster.draw.__wrapped__
    assert drawn(_sheet(), FONTS) == drawn(_sheet(), FONTS)
    sheets = [_sheet(), _sheet("红茶"), _sheet(language="en"), _sheet(inviter="")]
    assert len({drawn(sheet, FONTS) for sheet in sheets}) == len({sheet.tag() for sheet in sheets}) == 4


@needs_fonts
def test_a_poster_is_drawn_within_a_third_of_a_second() -> None:
    """Of a processor: what else the machine does meanwhile is not counted."""
    poster.draw.__wrapped__(_sheet("茶" * 80), FONTS)
    began = time.thread_time()
    poster.draw.__wrapped__(_sheet("茶" * 80), FONTS)
    assert time.thread_time() - began < 0.3


@needs_fonts
def test_a_link_shows_its_poster_which_is_kept_until_its_facts_change(app: Flask, leader: Person) -> None:
    made = leader.call("POST", "/invite-links", json={"kind": "member", "channel": "moments"}).get_json()
    assert made["poster_url"] == f"{made['url']}/poster.png"
    client, before = app.test_client(), counts("invite_clicks")
    first = client.get(f"/i/{made['code']}/poster.png?lang=zh")
    assert (first.status_code, first.content_type) == (200, "image/png")
    assert _read(first.data) == [made["url"]]
    tag = {"If-None-Match": first.headers["ETag"]}
    # Opened by itself it stands in a document of the browser's own, which has styles; one in SVG has none.
    codes = [client.get(f"/i/{made['code']}/{name}") for name in ("qr.png", "qr.svg")]
    policies = [answer.headers["Content-Security-Policy"] for answer in codes]
    assert policies[0] == first.headers["Content-Security-Policy"] == PICTURE_POLICY
    assert "style-src" not in policies[1]
    again = client.get(f"/i/{made['code']}/poster.png?lang=zh", headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/i/{made['code']}/poster.png?lang=en", headers=tag).status_code == 200
    leader.call("PATCH", "/me", json={"display_name": "Somebody Else"})
    assert client.get(f"/i/{made['code']}/poster.png?lang=zh", headers=tag).status_code == 200
    # A poster is shown to who shares; whoever follows it is counted at the landing page.
    assert counts("invite_clicks") == before
    assert refusal(client.get("/i/NOSUCHCODE/poster.png"))[:2] == (404, "not_found")
    assert refusal(client.get(f"/i/{made['code']}/poster.png?lang=fr"))[:2] == (422, "invalid_value")


def test_without_fonts_a_link_has_no_poster_and_all_else(app: Flask, leader: Person, tmp_path: Path) -> None:
    settings = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = settings.model_copy(update={"packages_dir": tmp_path})
    made = leader.call("POST", "/invite-links", json={"kind": "member"}).get_json()
    assert made["poster_url"] is None
    assert leader.call("GET", "/invite-links").get_json()["data"][0]["poster_url"] is None
    answer = app.test_client().get(f"/i/{made['code']}/poster.png")
    assert refusal(answer)[:2] == (503, "poster_unavailable")
    assert app.test_client().get(f"/i/{made['code']}/qr.png").status_code == 200
