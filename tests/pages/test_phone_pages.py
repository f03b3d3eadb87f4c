"""A phone without a script: linked on the account page, used at the door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from visitors import member, visitor
from web_client import PASSWORD

from socialshop.infra.clock import ManualClock
from tests.integration.test_phones import newest_code, wrong

PHONE = "+8613800000000"


def test_a_phone_is_linked_and_signs_in(site: Flask) -> None:
    clock = ManualClock(datetime.now(UTC))
    site.extensions["socialshop_clock"] = clock
    lin = member(site)
    refused = lin.send("/account", "/account/phone", phone=PHONE, phone_password="wrong horse")
    assert "This is not your password." in refused.text
    lin.send("/account", "/account/phone", phone="+86 138 0000 0000", phone_password=PASSWORD)
    lin.send("/account", "/account/phone/confirmation", code=newest_code(site))
    assert PHONE in lin.look("/account").text
    clock.advance(timedelta(minutes=2))
    stranger = visitor(site)
    assert "手机登录" in stranger.look("/sign-in", "zh").text
    stranger.send("/sign-in/phone", "/sign-in/phone/code", phone=PHONE)
    code = newest_code(site)
    assert stranger.send("/sign-in/phone", "/sign-in/phone", code=wrong(code)).status_code == 303
    assert "This code is not good" in stranger.look("/sign-in/phone").text
    assert stranger.send("/sign-in/phone", "/sign-in/phone", code=code).headers["Location"] == "/"
    assert stranger.look("/account").status_code == 200
    stranger.send("/account", "/account/phone/removal", removal_password=PASSWORD)
    assert PHONE not in stranger.look("/account").text
