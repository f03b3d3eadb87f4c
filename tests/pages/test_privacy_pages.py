"""The privacy centre without a script: agree and withdraw, read and take along, see who looked, leave."""

from __future__ import annotations

import json

from flask import Flask
from money_people import earn
from payment_shop import rows
from visitors import Visitor, member
from web_client import PASSWORD, counts

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages.shopper.privacy import TABLES
from socialshop.privacy.holdings import HOLDINGS


def card_of(browser: Visitor) -> str:
    assert browser.card is not None
    return to_public("mbr", browser.card.member_id)


def test_a_consent_is_given_and_withdrawn_and_the_page_says_so_in_both_languages(site: Flask) -> None:
    lin = member(site)
    assert lin.look("/privacy").text.count("Not given") == 4
    token = lin.form("/privacy/leave")["csrf_token"]
    for given, word in (("yes", "已同意"), ("no", "未同意")):
        typed = {"csrf_token": token, "document": "marketing", "given": given}
        assert lin.client.post("/privacy/consents", data=typed).status_code == 303
        assert word in lin.look("/privacy", "zh").text
    kept = rows("SELECT given FROM member_consents WHERE document = 'marketing' ORDER BY accepted_at")
    assert kept == [(True,), (False,)]


def test_what_is_held_is_read_and_taken_along(site: Flask) -> None:
    lin = member(site, name="Lin Mei")
    page = lin.look("/privacy/data").text
    assert "Lin Mei" in page
    assert "Devices signed in" in page
    taken = lin.look("/privacy/data.json")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert json.loads(taken.text)["sections"]["member_profiles"][0]["display_name"] == "Lin Mei"


def test_every_table_that_is_read_out_has_a_title(site: Flask) -> None:
    assert {holding.table for holding in HOLDINGS if holding.reads} - TABLES.keys() == set()


def test_a_member_sees_that_an_admin_looked(site: Flask) -> None:
    lin, admin = member(site), member(site, role=Role.ADMIN)
    assert "Nobody of the shop has looked" in lin.look("/privacy/looks").text
    assert admin.look(f"/admin/members/{card_of(lin)}").status_code == 200
    assert "An admin saw your membership" in lin.look("/privacy/looks").text
    assert "管理员查看了你的会员资料" in lin.look("/privacy/looks", "zh").text


def test_leaving_asks_for_the_password_and_for_the_money(site: Flask) -> None:
    lin = member(site)
    number = int(rows("SELECT number FROM members")[0][0])
    earn(number, 1_250)
    assert "12.50" in lin.look("/privacy/leave").text
    assert lin.send("/privacy/leave", "/privacy/leave", password=PASSWORD).status_code == 422
    wrong = lin.send("/privacy/leave", "/privacy/leave", password="wrong horse", sure="yes")
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    kept = lin.send("/privacy/leave", "/privacy/leave", password=PASSWORD, sure="yes")
    assert kept.status_code == 409
    assert "Your wallet holds money." in kept.text
    assert counts("erasures") == {"erasures": 0}
    left = lin.send("/privacy/leave", "/privacy/leave", password=PASSWORD, sure="yes", gives_up="yes")
    assert left.status_code == 303
    assert "You have left." in lin.look(left.headers["Location"]).text
    assert lin.look("/me").status_code == 303
    assert rows("SELECT display_name FROM member_profiles") == [("已注销会员",)]
