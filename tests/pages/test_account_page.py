"""The account page without a script: devices, a mail to verify the address, a new password, the birthday."""

from __future__ import annotations

from flask import Flask
from visitors import member
from web_client import PASSWORD, counts

from socialshop.identity.service import open_session
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


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


def test_a_birthday_is_told_once_and_put_right_by_an_admin(site: Flask) -> None:
    lin, chen = member(site), member(site, role=Role.ADMIN)
    assert lin.card is not None
    wrong = lin.send("/account", "/account/birthday", month="2", day="30", year="")
    assert "No such day." in wrong.text
    assert lin.send("/account", "/account/birthday", month="2", day="29", year="").status_code == 303
    page = lin.look("/account", "zh").text
    assert "2月29日" in page
    assert "/account/birthday" not in page
    desk = f"/admin/members/{to_public('mbr', lin.card.member_id)}"
    assert chen.send(desk, f"{desk}/birthday", month="3", day="1", year="1990").status_code == 303
    assert "3/1" in lin.look("/account").text
