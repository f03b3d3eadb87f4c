"""What leaders come for, in a real browser: in how many taps, live, without scripts, and how it looks."""

from __future__ import annotations

import re
import secrets
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Shop, Visitor, visiting
from tests.browser.test_pages_look import check

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LEADER = "leader@example.com"
BOTH_SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def type_terms(visitor: Visitor, title: str) -> None:
    """Fill in what a deal needs; the rest is there."""
    visitor.page.fill("#title", title)
    visitor.page.fill("#price_minor", "88.00")
    visitor.page.fill("#group_size", "3")


def a_deal(shop: Shop, title: str) -> str:
    """A live deal of the leader's, for three."""
    sku = shop.call("GET", "/products")["data"][0]["skus"][0]["id"]
    terms = {"sku_id": sku, "title": title, "group_size": 3, "price_minor": 8800, "room_ttl_seconds": 7200}
    return str(shop.call("POST", "/deals", LEADER, terms)["id"])


def a_room(shop: Shop, deal: str, host: str) -> str:
    """A room that somebody new has opened, and not paid."""
    email, key = shop.new_member(host), secrets.token_hex(8)
    return str(shop.call("POST", f"/deals/{deal}/rooms", email, {}, key=key)["room"]["id"])


@BOTH_SIZES
@BOTH_LANGUAGES
def test_a_leader_opens_a_deal_in_two_taps_and_sees_it_while_typing(
    chromium: Browser, shop: Shop, size: tuple[int, int], language: str
) -> None:
    with visiting(chromium, shop, size, language) as visitor:
        visitor.sign_in(LEADER)
        visitor.open("/lead")
        visitor.tap("main a.button[href='/lead/deals/new']")
        type_terms(visitor, "Oolong for three")
        preview = visitor.page.locator("#preview")
        expect(preview.locator("h2", has_text="Oolong for three")).to_be_visible(timeout=5000)
        expect(preview).to_contain_text("88.00")
        expect(preview.locator(".amount")).to_be_visible()
        visitor.tap("main form button.button:not(.plain)")
        expect(visitor.page.locator("#share-address")).to_have_value(re.compile("/i/[0-9A-Z]{10}$"))
        assert visitor.taps == 2
        assert visitor.complaints == []


@BOTH_SIZES
@BOTH_LANGUAGES
def test_a_leader_reminds_a_room_in_one_tap_and_reads_results_in_two(
    chromium: Browser, shop: Shop, size: tuple[int, int], language: str
) -> None:
    deal = a_deal(shop, f"Reminded {language} {size[0]}")
    room = a_room(shop, deal, "Host")
    with visiting(chromium, shop, size, language) as visitor:
        visitor.sign_in(LEADER)
        visitor.open("/lead")
        visitor.tap(f"#remind-{room}")
        expect(visitor.page.locator(".notice[role=status]")).to_contain_text(re.compile("已提醒 1 位|1 member was"))
        assert visitor.taps == 1

        visitor.taps = 0
        visitor.tap(f"main a[href='/lead/deals/{deal}']")
        visitor.tap(f"main a[href='/lead/deals/{deal}/results']")
        assert visitor.taps == 2
        expect(visitor.page.locator("[data-chart] canvas")).to_be_visible()
        today = visitor.page.locator("#days tbody tr").last
        expect(today.locator("td").first).to_have_text("1")
        assert visitor.complaints == []


def test_a_seat_taken_shows_within_two_seconds_and_the_keyboard_stays_where_it_was(
    chromium: Browser, shop: Shop
) -> None:
    deal = a_deal(shop, "Live")
    room = a_room(shop, deal, "Host")
    guest = shop.new_member("Xiaoman")
    with visiting(chromium, shop, DESK) as visitor:
        asked: list[int] = []
        visitor.page.on("response", lambda said: asked.append(said.status) if said.url.endswith("/rooms") else None)
        visitor.sign_in(LEADER)
        visitor.open(f"/lead/deals/{deal}")
        visitor.page.focus(f"#remind-{room}")
        visitor.page.wait_for_timeout(4500)
        assert set(asked) == {304}
        shop.call("POST", f"/rooms/{room}/seats", guest, {}, key=f"join-{guest}")
        began = time.monotonic()
        expect(visitor.page.locator("#rooms")).to_contain_text("1 seat left", timeout=5000)
        assert time.monotonic() - began < 2
        assert visitor.page.evaluate("document.activeElement.id") == f"remind-{room}"
        assert visitor.complaints == []


@BOTH_LANGUAGES
def test_without_scripts_a_deal_is_previewed_and_opened_all_the_same(
    chromium: Browser, shop: Shop, language: str
) -> None:
    with visiting(chromium, shop, language=language, java_script_enabled=False) as visitor:
        visitor.sign_in(LEADER)
        visitor.open("/lead")
        visitor.tap("main a.button[href='/lead/deals/new']")
        type_terms(visitor, "By hand")
        visitor.tap("main form button.plain")
        expect(visitor.page.locator("#preview")).to_contain_text("By hand")
        expect(visitor.page.locator("#title")).to_have_value("By hand")
        visitor.tap("main form button.button:not(.plain)")
        expect(visitor.page.locator("h1")).to_have_text("By hand")
        assert visitor.taps == 3


@BOTH_LANGUAGES
def test_how_the_desk_looks(chromium: Browser, shop: Shop, language: str) -> None:
    """In both sizes, loaded in one of them, by day and by night."""
    deal = a_deal(shop, "明前龙井 to look at, with a title of some length")
    for host in ("Xiaoman", "Siyuan", "Ada"):
        a_room(shop, deal, host)
    draft = shop.call("GET", f"/deals/{deal}")
    terms = {"title": "A draft", "group_size": 2, "price_minor": 9900, "room_ttl_seconds": 3600, "draft": True}
    draft = shop.call("POST", "/deals", LEADER, terms | {"sku_id": draft["sku_id"]})["id"]
    sizes = [PHONE, DESK] if language == "zh" else [DESK, PHONE]
    with visiting(chromium, shop, sizes[0], language) as visitor:
        visitor.sign_in(LEADER)
        pages = {"overview": "", "deals": "/deals", "new": "/deals/new", "team": "/team", "links": "/links"}
        pages |= {"deal": f"/deals/{deal}", "draft": f"/deals/{draft}", "results": f"/deals/{deal}/results?days=7"}
        for name, path in pages.items():
            check(visitor, f"lead-{name}", f"/lead{path}", sizes=sizes, at_night=True)
