"""What holds for every page of the admins' desk: finance reads all and moves nothing; every page in both languages."""

from __future__ import annotations

import re

import pytest
from admin_desk import asked
from flask import Flask
from visitors import member
from web_client import sign_up

from socialshop.kernel.roles import Role
from socialshop.pages import site as pages
from socialshop.web.auth import ADMINS, READS_ALL

# What moves nothing: finance may do it too.
READING = {"admin.prove_books", "admin.switch_keys"}
# Finance signs nothing, and has no authenticator.
SIGNING = {"admin.show_authenticator"}


def test_every_page_is_for_admins_and_finance_and_every_act_for_admins(site: Flask) -> None:
    for name, row in pages.table_of(site).items():
        if name.startswith("admin."):
            acts = name in SIGNING or (row.method == "POST" and name not in READING)
            assert row.access == (ADMINS if acts else READS_ALL), name


def test_finance_sees_no_button_and_is_refused(site: Flask) -> None:
    request = asked(sign_up(site), 500)
    finance = member(site, role=Role.FINANCE)
    token = finance.form("/me", "/sign-out")["csrf_token"]
    for path in ("/admin", "/admin/payouts", f"/admin/payouts/{request}", "/admin/batches"):
        page = finance.look(path)
        assert page.status_code == 200, path
        assert set(re.findall(r'method="post" action="([^"]*)"', page.text)) <= {"/admin/keys", "/sign-out"}, path
    refused = finance.client.post(f"/admin/payouts/{request}/approve", data={"csrf_token": token})
    assert refused.status_code == 403


def test_single_keys_are_switched_off_and_on_for_this_browser_alone(site: Flask) -> None:
    asked(sign_up(site), 500)
    admin, other = (member(site, role=Role.ADMIN, name=name) for name in ("Ada", "Bo"))
    path = "/admin/payouts?status=all"
    assert "keys.js" in admin.look(path).text
    # when the switch is used
    off = admin.send(path, "/admin/keys")
    # then the same page is shown without them, and says how to have them again; nobody else is concerned
    assert off.headers["Location"] == path
    without = admin.look(path).text
    assert "keys.js" not in without
    assert "<kbd>" not in without
    assert "keys.js" in other.look(path).text
    assert admin.send(path, "/admin/keys").status_code == 303
    assert "keys.js" in admin.look(path).text


def test_an_act_without_its_token_does_nothing(site: Flask) -> None:
    request = asked(sign_up(site), 500)
    admin = member(site, role=Role.ADMIN)
    assert admin.client.post(f"/admin/payouts/{request}/approve").status_code == 400
    assert "being looked at" in admin.look(f"/admin/payouts/{request}").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_list_is_shown_in_both_languages_without_a_script_of_its_own(site: Flask, language: str) -> None:
    asked(sign_up(site), 500)
    admin = member(site, role=Role.ADMIN)
    for name, row in pages.table_of(site).items():
        if name.startswith("admin.") and row.method == "GET" and "<" not in row.path:
            page = admin.look(row.path, language)
            assert page.status_code == 200, name
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", page.text), name
