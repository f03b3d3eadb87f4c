"""An admin's authenticator on pages: added without scripts, asked for beside the button that lets money go."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from admin_desk import asked
from flask import Flask
from sqlalchemy import text
from visitors import Visitor, member
from web_client import PASSWORD, counts, sign_up

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.signins import service as signins
from socialshop.signins import totp

MOVED = ("payout_requests", "payout_decisions", "ledger_entries")


def forget() -> None:
    in_unit_of_work(lambda uow: uow.session.execute(text("UPDATE member_sessions SET stepped_up_at = NULL")))


def later_code(admin: Visitor, secret: str) -> str:
    """The code of the next half minute: it counts already, and those before were shown."""
    raw = base64.b32decode(secret)
    return in_unit_of_work(lambda uow: totp.code_at(raw, uow.now + timedelta(seconds=30)))


@pytest.fixture
def ada(site: Flask) -> Visitor:
    found = member(site, role=Role.ADMIN, name="Ada")
    forget()
    return found


def test_an_app_is_added_and_its_code_approves_in_one_tap(site: Flask, ada: Visitor) -> None:
    # given a request that waits, and an admin without an authenticator
    request = asked(sign_up(site), 500)
    address = f"/admin/payouts/{request}"
    case = ada.look(address).text
    assert 'href="/admin/authenticator"' in case
    assert "Put on hold" in case
    assert ">Approve<" not in case
    # when one is added: password, picture, code
    page = "/admin/authenticator"
    wrong = ada.send(page, page, totp_password="not this")
    assert (wrong.status_code, "This is not your password" in wrong.text) == (422, True)
    ada.send(page, page, totp_password=PASSWORD)
    shown = ada.look(page)
    assert shown.headers["Cache-Control"] == "no-store"
    assert "data:image/svg+xml;base64," in shown.text
    secret = re.search(r"<code lang=\"en\">([A-Z2-7]{32})</code>", shown.text)
    assert secret
    refused = ada.send(page, f"{page}/confirmation", totp="000000")
    assert (refused.status_code, "The app shows another code" in refused.text) == (422, True)
    now = in_unit_of_work(lambda uow: signins.code_now(uow, ada.card.member_id))
    codes = ada.send(page, f"{page}/confirmation", totp=now)
    assert codes.headers["Cache-Control"] == "no-store"
    assert len(re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", codes.text)) == 10
    # then the case asks for a code where it was not shown lately, beside the button
    forget()
    before = counts(*MOVED)
    bad = ada.send(address, f"{address}/approve", totp=now)
    assert (bad.status_code, "was shown before" in bad.text) == (422, True)
    none = ada.send(address, f"{address}/approve")
    assert none.status_code == 422
    assert counts(*MOVED) == before
    done = ada.send(address, f"{address}/approve", totp=later_code(ada, secret[1]))
    assert done.status_code == 303
    # and for five minutes no more
    assert 'name="totp"' not in ada.look(f"/admin/payouts/{asked(sign_up(site), 500)}").text


def test_recovery_codes_are_renewed_and_the_app_removed_by_a_code_alone(site: Flask, ada: Visitor) -> None:
    page = "/admin/authenticator"
    ada.send(page, page, totp_password=PASSWORD)
    now = in_unit_of_work(lambda uow: signins.code_now(uow, ada.card.member_id))
    first = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", ada.send(page, f"{page}/confirmation", totp=now).text)
    forget()
    assert "10 recovery codes are left" in ada.look(page).text
    # Both buttons stand in one form, so that one code is typed.
    form = ada.form(page, f"{page}/recovery-codes")
    assert ada.client.post(f"{page}/removal", data=form).status_code == 422
    renewed = ada.send(page, f"{page}/recovery-codes", totp=first[0])
    others = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", renewed.text)
    assert not set(first) & set(others)
    assert ada.client.post(f"{page}/removal", data=form).status_code == 303
    assert "Add an authenticator" in ada.look(page).text
