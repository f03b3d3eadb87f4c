"""A passkey in a real browser, under the pages' own policy: made on the account page, used at the door."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PASSWORD, Shop, Visitor, visiting

pytestmark = [pytest.mark.browser]


def with_authenticator(visitor: Visitor) -> None:
    """A device that keeps keys and has seen its owner."""
    protocol = visitor.page.context.new_cdp_session(visitor.page)
    protocol.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_made_and_signs_in(chromium: Browser, shop: Shop) -> None:
    """A passkey is bound to a host by name: on this machine `localhost`."""
    by_name = replace(shop, address=shop.address.replace("127.0.0.1", "localhost"))
    email = shop.new_member("Lin")
    with visiting(chromium, by_name) as lin:
        with_authenticator(lin)
        lin.sign_in(email)
        lin.open("/account/passkeys/new")
        lin.page.fill("#name", "My phone")
        lin.page.fill("#passkey_password", PASSWORD)
        lin.tap("main form button")
        lin.page.wait_for_url("**/account")
        assert "My phone" in lin.page.inner_text("main")
        lin.page.context.clear_cookies()
        lin.open("/sign-in/passkey")
        lin.tap("main form button")
        lin.page.wait_for_url(lambda address: "/sign-in" not in address)
        lin.open("/account")
        assert email in lin.page.inner_text("main")
        assert lin.complaints == []


def test_at_an_address_a_page_says_where_passkeys_work(chromium: Browser, shop: Shop) -> None:
    by_name = shop.address.replace("127.0.0.1", "localhost")
    with visiting(chromium, replace(shop, address=by_name.replace("localhost", "127.0.0.1"))) as lin:
        lin.open("/sign-in/passkey")
        assert not lin.page.is_visible("main form button")
        assert by_name in lin.page.inner_text("[data-elsewhere]")
        lin.tap("[data-elsewhere] a")
        lin.page.wait_for_url(f"{by_name}/**")
        assert lin.page.is_visible("main form button")
        assert not lin.page.is_visible("[data-elsewhere]")
