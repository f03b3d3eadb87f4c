"""Every page of members in a real browser, small and large, in both languages: axe clean, nothing cut off, quiet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESK, PHONE, ROOT, Shop, Visitor, visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Where pictures of the pages go, for eyes; nowhere without.
PICTURES = os.environ.get("SOCIALSHOP_PICTURES")
PUBLIC = ("/", "/sign-in", "/sign-up", "/design", "/nothing-here")
_TOO_SMALL = """
    () => [...document.querySelectorAll('.button, .bar a, .input, .language, summary')]
        .filter(each => each.offsetParent && each.getBoundingClientRect().height < 43.5)
        .map(each => each.outerHTML.slice(0, 120))
"""


def own_paths(shop: Shop) -> dict[str, str]:
    """The pages of the demo's member, with something on each."""
    member = "member@example.com"
    orders = shop.call("GET", "/orders", member)["data"]
    placed = next(order for order in orders if order["room_id"])
    deals = shop.call("GET", "/deals")["data"]
    return {
        "deal": f"/deals/{deals[0]['id']}",
        "room": f"/rooms/{placed['room_id']}",
        "orders": "/orders",
        "order": f"/orders/{placed['id']}",
        "pay": f"/orders/{placed['id']}/pay",
        "invites": "/invites",
        "team": "/team",
        "earnings": "/earnings",
        "why": f"/earnings/{shop.call('GET', '/me/commissions', member)['data'][0]['id']}",
        "wallet": "/wallet",
        "payouts": "/payouts",
        "payout": f"/payouts/{shop.call('GET', '/payout-requests', member)['data'][0]['id']}",
        "notices": "/notices",
        "me": "/me",
    }


def landings(shop: Shop) -> dict[str, str]:
    """A link of each kind."""
    leader = "leader@example.com"
    deal = shop.call("GET", "/deals")["data"][0]["id"]
    room = next(o["room_id"] for o in shop.call("GET", "/orders", leader)["data"] if o["room_id"])
    asked = [{"kind": "member"}, {"kind": "deal", "target_id": deal}, {"kind": "room", "target_id": room}]
    codes = {body["kind"]: shop.call("POST", "/invite-links", leader, body)["code"] for body in asked}
    return {f"landing-{kind}": f"/i/{code}" for kind, code in codes.items()}


def violations(page: Page) -> list[str]:
    """What axe finds; it runs by the browser's own tools, for the page's policy lets no such script in."""
    found: dict[str, Any] = page.evaluate(f"{AXE.read_text(encoding='utf-8')}; axe.run()")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def check(visitor: Visitor, name: str, path: str) -> None:
    """One page: no complaint, nothing wider than the window, nothing too small for a thumb, axe clean."""
    visitor.open(path)
    page = visitor.page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than its window"
    assert page.evaluate(_TOO_SMALL) == [], name
    said = [text for text in visitor.complaints if "status of 404" not in text]
    assert said == [], name
    assert violations(page) == [], name
    if PICTURES:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{visitor.language}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_what_everybody_sees(chromium: Browser, shop: Shop, size: tuple[int, int], language: str) -> None:
    with visiting(chromium, shop, size, language) as visitor:
        for name, path in {**{path.strip("/") or "front": path for path in PUBLIC}, **landings(shop)}.items():
            check(visitor, name, path)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_what_a_member_sees(chromium: Browser, shop: Shop, size: tuple[int, int], language: str) -> None:
    with visiting(chromium, shop, size, language) as visitor:
        visitor.sign_in("member@example.com")
        for name, path in own_paths(shop).items():
            check(visitor, name, path)


def test_at_night_contrast_holds_too(chromium: Browser, shop: Shop) -> None:
    with visiting(chromium, shop, color_scheme="dark") as visitor:
        for name, path in {"front": "/", "design": "/design", **landings(shop)}.items():
            check(visitor, f"{name}-dark", path)


def test_the_checks_see_planted_faults(chromium: Browser, shop: Shop) -> None:
    with visiting(chromium, shop) as visitor:
        visitor.open("/sign-in")
        visitor.page.evaluate("document.querySelector('label').remove()")
        assert [found.partition(":")[0] for found in violations(visitor.page)] == ["label"]
        visitor.page.evaluate("document.querySelector('main').append(document.createElement('script'))")
        visitor.page.evaluate("document.querySelector('main script').textContent = 'window.evil = true'")
        assert visitor.page.evaluate("window.evil") is None
        visitor.page.evaluate("document.querySelector('.button').setAttribute('style', 'min-height: 0; padding: 0')")
        assert visitor.complaints, "the policy lets no style attribute in"
