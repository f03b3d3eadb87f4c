"""The account page without a script: devices, a mail to verify the address, a new password."""

from __future__ import annotations

from flask import Flask
from visitors import member
from web_client import PASSWORD, counts

from socialshop.identity.service import open_session
from socialshop.infra.uow import in_unit_of_work


def test_a_device_is_signed_out_by_its_button(site: Flask) -> None:
    lin = member(site)
    assert lin.card is not None
    key = lin.card.member_id
    in_unit_of_work(lambda uow: open_session(uow, key, days=1))
    page = lin.look("/account").text
    assert "This device" in page
    assert lin.send("/account", "/account/sessions/end").status_code == 303
    assert "/account/sessions/end" not in lin.look("/account").text


def test_a_new_password_asks_for_the_present_one(site: Flask) -> None:
    lin = member(site)
    wrong = lin.send("/account", "/account/password", current_password="wrong horse", password="staple my horse")
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    right = lin.send("/account", "/account/password", current_password=PASSWORD, password="staple my horse")
    assert right.status_code == 303
    page = lin.look("/account", "zh").text
    assert "Every other device is signed out." in page
    assert "账户与安全" in page


def test_a_mail_to_verify_the_address_is_asked_for(site: Flask) -> None:
    lin = member(site)
    assert "Not verified" in lin.look("/account").text
    assert lin.send("/account", "/account/verification").status_code == 303
    assert counts("mails") == {"mails": 1}
