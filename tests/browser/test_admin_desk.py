"""The admins' desk in a real browser: every page small and large in both languages, and a payout's way to the bank."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESK, PHONE, Shop, visiting
from tests.browser.test_every_page import a_finding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ADMIN, RELEASER, FINANCE = "admin@example.com", "admin2@example.com", "finance@example.com"
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def desk_paths(shop: Shop) -> dict[str, str]:
    """Every page of the desk, with something on each."""
    request = shop.call("GET", "/admin/payout-requests?status=submitted", ADMIN)["data"][0]["id"]
    batch = shop.call("GET", "/admin/payout-batches", ADMIN)["data"][0]["id"]
    plan = shop.call("GET", "/admin/commission-plans", ADMIN)["data"][0]["id"]
    evidence = shop.call("GET", f"/admin/payout-requests/{request}", ADMIN)
    accrual = evidence["accruals"][0]
    leader = shop.call("GET", "/me", "leader@example.com")
    lists = "payouts batches orders refunds plans products members proof health record".split()
    return {
        "admin": "/admin",
        **{f"admin-{name}": f"/admin/{name}" for name in lists},
        "admin-payout": f"/admin/payouts/{request}",
        "admin-why": f"/admin/payouts/{request}/commissions/{accrual['id']}",
        "admin-batch": f"/admin/batches/{batch}",
        "admin-order": f"/admin/orders/{accrual['order_id']}",
        "admin-plan": f"/admin/plans/{plan}",
        "admin-member": f"/admin/members/{leader.get('member', leader)['id']}",
    }


def a_request(shop: Shop) -> str:
    """The member asks for a payout of 1.00."""
    place = shop.call("POST", "/me/payout-destinations", "member@example.com", _PLACE)["id"]
    body = {"amount_minor": 100, "destination_id": place}
    key = f"browser-{len(shop.call('GET', '/admin/payout-requests', ADMIN)['data'])}"
    return str(shop.call("POST", "/payout-requests", "member@example.com", body, key)["id"])


_PLACE = {"channel": "alipay", "holder": "Lin Xiaoman", "account": "13800138000"}


@LANGUAGES
@SIZES
def test_a_payout_goes_from_the_queue_to_released(
    chromium: Browser, shop: Shop, size: tuple[int, int], language: str
) -> None:
    request = a_request(shop)
    with visiting(chromium, shop, size, language) as admin:
        admin.sign_in(ADMIN)
        admin.open("/admin/payouts?channel=alipay")
        admin.tap(f"a[href='/admin/payouts/{request}']")
        admin.page.fill("#totp", shop.recovery_code(ADMIN))
        admin.tap(f"form[action='/admin/payouts/{request}/approve'] button")
        assert admin.taps == 2
        assert shop.call("GET", f"/admin/payout-requests/{request}", ADMIN)["status"] == "approved"
        admin.open("/admin/batches")
        admin.taps = 0
        admin.tap("form:has(input[value='alipay']) button")
        batch = admin.page.url.partition("?")[0]
        assert admin.taps == 1
        assert admin.complaints == []
    with visiting(chromium, shop, size, language) as other:
        other.sign_in(RELEASER)
        other.open("/admin/batches")
        other.taps = 0
        other.tap(f"a[href='{batch.removeprefix(shop.address)}']")
        other.page.fill("#totp", shop.recovery_code(RELEASER))
        other.tap("form[action$='/release'] button")
        assert other.taps == 2
        other.page.check("#rest_paid")
        other.tap("form[action$='/results'] button")
    assert shop.call("GET", f"/admin/payout-requests/{request}", ADMIN)["status"] == "paid"


def test_a_case_is_decided_by_keys_alone(chromium: Browser, shop: Shop) -> None:
    first = a_request(shop)
    a_request(shop)
    with visiting(chromium, shop, DESK) as admin:
        admin.sign_in(ADMIN)
        admin.open("/admin/payouts?channel=alipay")
        admin.page.keyboard.press("j")
        admin.page.keyboard.press("Enter")
        admin.page.wait_for_url(f"**/admin/payouts/{first}*")
        admin.page.keyboard.press("h")
        assert admin.page.evaluate("document.activeElement.id") == "hold_reason"
        admin.page.keyboard.press("Escape")
        admin.page.keyboard.press("a")
        admin.page.fill("#totp", shop.recovery_code(ADMIN))
        with admin.page.expect_navigation():
            admin.page.keyboard.press("Enter")
        assert shop.call("GET", f"/admin/payout-requests/{first}", ADMIN)["status"] == "approved"


def test_finance_reads_the_desk_and_finds_no_button_that_moves_anything(chromium: Browser, shop: Shop) -> None:
    with visiting(chromium, shop, DESK) as finance:
        finance.sign_in(FINANCE)
        for path in desk_paths(shop).values():
            finance.open(path)
            forms = finance.page.locator("main form[method=post]").evaluate_all("all => all.map(each => each.action)")
            assert [form for form in forms if not form.endswith(("/admin/proof", "/admin/keys"))] == [], path


@SIZES
def test_a_ring_is_walked_by_clicking_and_nothing_breaks_the_policy(
    chromium: Browser, shop: Shop, size: tuple[int, int]
) -> None:
    finding = a_finding(shop)
    with visiting(chromium, shop, size, "en") as admin:
        admin.sign_in(ADMIN)
        admin.open(f"/admin/findings/{finding}/web")
        admin.page.locator("[data-canvas] canvas").first.wait_for()
        assert admin.page.evaluate("document.querySelector('[data-web]').graph.nodes().length") > 5
        # Click where the first member was drawn.
        spot = admin.page.evaluate(
            """() => {
                const node = document.querySelector('[data-web]').graph.nodes("[sort = 'member']")[0];
                return {...node.renderedPosition(), name: node.data('label')};
            }"""
        )
        admin.page.locator("[data-canvas]").click(position={"x": spot["x"], "y": spot["y"]})
        assert admin.page.locator("[data-who]").inner_text() == spot["name"]
        assert "the same account" in admin.page.locator("[data-ties]").inner_text()
        admin.page.locator("[data-link] a").click()
        assert "/admin/members/mbr_" in admin.page.url
        assert admin.complaints == []
