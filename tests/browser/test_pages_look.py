"""What a page is checked for in a real browser: axe clean, nothing cut off, quiet; and that the checks see faults."""

from __future__ import annotations

import os
from collections.abc import Sequence
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


# What of axe looks at colours: at night a page has others, and all else of it is as it was.
_COLOURS = "['color-contrast', 'link-in-text-block']"


def violations(page: Page) -> list[str]:
    """What axe finds; it runs by the browser's own tools, for the page's policy lets no such script in."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return _found(page)


def violations_at_night(page: Page) -> list[str]:
    """What axe, which `violations` has brought, finds in the colours of the night; without motion at once."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = _found(page, f", runOnly: {_COLOURS}")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def _found(page: Page, more: str = "") -> list[str]:
    # To tell all that passed took longer than to find what did not.
    run = f"axe.run({{resultTypes: ['violations']{more}}}).then(found => found.violations)"
    found: list[dict[str, Any]] = page.evaluate(run)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def check(
    visitor: Visitor,
    name: str,
    path: str,
    status: int = 200,
    *,
    sizes: Sequence[tuple[int, int]] = (),
    at_night: bool = False,
) -> None:
    """One page: there with this status, nothing wider than the window, nothing too small for a thumb, axe clean.

    And its console says no error: no script that failed, nothing that the page's policy kept out. It is loaded once and
    looked at in the window as it is, or in windows of `sizes`; `at_night` also for the contrast of its other colours.
    """
    assert visitor.open(path) == status, name
    page = visitor.page
    for size in sizes or [None]:
        _resize(page, size)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px wider than its window"
        assert page.evaluate(_TOO_SMALL) == [], name
        # A browser calls the status of an error's page an error.
        assert [text for text in visitor.complaints if f"status of {status} " not in text] == [], name
        visitor.complaints.clear()
        assert violations(page) == [], name
        _picture(visitor, name)
    for size in reversed(sizes or [None]) if at_night else ():
        _resize(page, size)
        assert violations_at_night(page) == [], f"{name} at night"


def _resize(page: Page, size: tuple[int, int] | None) -> None:
    if size is not None:
        page.set_viewport_size({"width": size[0], "height": size[1]})


def _picture(visitor: Visitor, name: str) -> None:
    """Keep what the page looks like, by day and by night, where somebody wants to see it."""
    page = visitor.page
    if PICTURES and page.viewport_size:
        kept = Path(PICTURES) / f"{name}-{page.viewport_size['width']}-{visitor.language}"
        page.screenshot(path=f"{kept}.png", full_page=True)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.screenshot(path=f"{kept}-dark.png", full_page=True)
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")


def test_the_checks_see_planted_faults(chromium: Browser, shop: Shop) -> None:
    with visiting(chromium, shop) as visitor:
        visitor.open("/sign-in")
        visitor.page.evaluate("document.querySelector('h1').style.color = '#333'")
        assert violations(visitor.page) == []
        assert [found.partition(":")[0] for found in violations_at_night(visitor.page)] == ["color-contrast"]
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
