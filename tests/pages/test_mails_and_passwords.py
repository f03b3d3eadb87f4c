"""Where no mail arrives: what the pages say then, what admins read of it, and a link to a new password by hand."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from room_shop import statements
from visitors import Visitor, member, visitor
from web_client import PASSWORD, counts

from socialshop.infra.clock import SystemClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.notifications.letters import Sender
from socialshop.notifications.rules import QuietHours
from socialshop.notifications.service import PostOffice

NEW_PASSWORD = "quite another password"
NOWHERE = PostOffice(None, Sender("shop@example.com", "http://shop.test"), 5, QuietHours(0, 0, "Asia/Shanghai"), 9, 1)


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def page_of(person: Visitor) -> str:
    assert person.card is not None
    return f"/admin/members/{to_public('mbr', person.card.member_id)}"


def email_of(person: Visitor) -> str:
    assert person.card is not None
    assert person.card.email is not None
    return person.card.email


def test_without_a_mail_server_a_forgotten_password_is_said_to_need_a_person(site: Flask, admin: Visitor) -> None:
    # given a member of a shop that sends no mails
    lin = member(site, name="Lin")
    stranger = visitor(site)
    assert "This shop sends no e-mails yet." in stranger.look("/forgot-password").text
    # when they say that they forgot the password
    asked = stranger.send("/forgot-password", email=email_of(lin))
    assert "Now tell the shop" in stranger.look(asked.headers["Location"]).text
    notifications.send_due(SystemClock(), NOWHERE)
    # then admins read the mail that did not leave, in their language, and no token is in it
    english, chinese = admin.look("/admin/mails").text, admin.look("/admin/mails", "zh").text
    assert "Choose a new password" in english
    assert "设置新密码" in chinese
    assert f'href="{page_of(lin)}"' in english
    assert "token" not in re.sub(r'name="csrf_token"', "", english)


def test_an_admin_hands_over_a_link_that_is_shown_once_and_works_once(site: Flask, admin: Visitor) -> None:
    lin = member(site, name="Lin")
    # when an admin makes the link
    shown = admin.send(page_of(lin), f"{page_of(lin)}/password-link")
    link = re.search(r'value="http[^"]*(/reset-password\?token=[^"]+)"', shown.text)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert link is not None
    # then it is on no other page and in no record, the act is recorded, and the member is told
    token = html.unescape(link[1]).partition("=")[2]
    for path in (page_of(lin), "/admin/record", "/admin/mails"):
        assert token not in admin.look(path).text
    assert "link to a new password made" in admin.look("/admin/record").text
    assert "Did you not ask for it? Tell the shop at once." in lin.look("/notices").text
    # and it opens the account once
    browser = visitor(site)
    assert browser.send(link[1], password=NEW_PASSWORD).status_code == 303
    typed = {"email": email_of(lin), "password": NEW_PASSWORD}
    assert browser.send("/sign-in", **typed).headers["Location"] == "/"
    again = visitor(site).send(link[1], password=PASSWORD)
    assert again.status_code == 422
    assert "This link was used or is too old." in again.text


def test_nobody_opens_an_admins_account_and_finance_makes_no_link(site: Flask, admin: Visitor) -> None:
    other, lin = member(site, role=Role.ADMIN, name="Bo"), member(site, name="Lin")
    finance = member(site, role=Role.FINANCE, name="Fei")
    before = counts("member_tokens", "audit_entries", "notices")
    assert "password-link" not in admin.look(page_of(other)).text
    assert "password-link" not in finance.look(page_of(lin)).text
    # An admin who sends the form all the same.
    token = admin.form(page_of(lin), f"{page_of(lin)}/password-link")["csrf_token"]
    refused = admin.client.post(f"{page_of(other)}/password-link", data={"csrf_token": token})
    assert refused.status_code == 409
    token = finance.form("/me", "/sign-out")["csrf_token"]
    assert finance.client.post(f"{page_of(lin)}/password-link", data={"csrf_token": token}).status_code == 403
    # That a team is looked at is recorded too: the pages above were.
    after = counts("member_tokens", "notices")
    assert after == {name: before[name] for name in after}


def test_a_page_of_mails_costs_a_constant_number_of_statements(site: Flask, admin: Visitor) -> None:
    def looked() -> int:
        with statements() as seen:
            assert admin.look("/admin/mails").status_code == 200
        return len(seen)

    for name in ("Lin", "Chen"):
        person = member(site, name=name)
        in_unit_of_work(lambda uow, who=person: notifications.request_password_reset(uow, email_of(who)))
    notifications.send_due(SystemClock(), NOWHERE)
    few = looked()
    for number in range(24):
        person = member(site, name=f"M{number}")
        in_unit_of_work(lambda uow, who=person: notifications.request_password_reset(uow, email_of(who)))
    notifications.send_due(SystemClock(), NOWHERE)
    assert looked() == few
    first = admin.look("/admin/mails").text
    after = re.search(r'href="(/admin/mails\?after=[^"]+)"', first)
    assert after is not None
    assert (first.count("<h2>"), admin.look(after[1]).text.count("<h2>")) == (20, 6)
