"""What a page is checked for in a real browser: axe clean, nothing cut off, quiet; and that the checks see faults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ROOT, Shop, Visitor, visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Where pictures of the pages go, for eyes; nowhere without.
PICTURES = os.environ.get("SOCIALSHOP_PICTURES")
_TOO_SMALL = """
    () => [...document.querySelectorAll('.button, .bar a, .input, .language, summary')]
        .filter(each => each.offsetParent && each.getBoundingClientRect().height < 43.5)
        .map(each => each.outerHTML.slice(0, 120))
"""


def violations(page: Page) -> list[str]:
    """What axe finds; it runs by the browser's own tools, for the page's policy lets no such script in."""
    found: dict[str, Any] = page.evaluate(f"{AXE.read_text(encoding='utf-8')}; axe.run()")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def check(visitor: Visitor, name: str, path: str, status: int = 200) -> None:
    """One page: there with this status, nothing wider than the window, nothing too small for a thumb, axe clean.

    And its console says no error: no script that failed, nothing that the page's policy kept out.
    """
    assert visitor.open(path) == status, name
    page = visitor.page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than its window"
    assert page.evaluate(_TOO_SMALL) == [], name
    # A browser calls the status of an error's page an error.
    assert [text for text in visitor.complaints if f"status of {status} " not in text] == [], name
    visitor.complaints.clear()
    assert violations(page) == [], name
    if PICTURES:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{visitor.language}.png", full_page=True)


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


def test_a_picture_that_is_opened_by_itself_is_shown_without_a_complaint(chromium: Browser, shop: Shop) -> None:
    code = shop.call("POST", "/invite-links", "leader@example.com", {"kind": "member"})["code"]
    with visiting(chromium, shop) as visitor:
        for name in ("poster.png", "qr.png", "qr.svg"):
            answer = visitor.page.goto(f"{shop.address}/i/{code}/{name}")
            assert answer is not None
            assert answer.ok
        visitor.open("/")
        assert visitor.complaints == []
