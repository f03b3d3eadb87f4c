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
READING = {"admin.prove_books"}


def test_every_page_is_for_admins_and_finance_and_every_act_for_admins(site: Flask) -> None:
    for name, row in pages.table_of(site).items():
        if name.startswith("admin."):
            acts = row.method == "POST" and name not in READING
            assert row.access == (ADMINS if acts else READS_ALL), name


def test_finance_sees_no_button_and_is_refused(site: Flask) -> None:
    request = asked(sign_up(site), 500)
    finance = member(site, role=Role.FINANCE)
    token = finance.form("/me", "/sign-out")["csrf_token"]
    for path in ("/admin", "/admin/payouts", f"/admin/payouts/{request}", "/admin/batches"):
        page = finance.look(path)
        assert page.status_code == 200, path
        assert 'method="post"' not in page.text, path
    refused = finance.client.post(f"/admin/payouts/{request}/approve", data={"csrf_token": token})
    assert refused.status_code == 403


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
        if name.startswith("admin.") and row.method == "GET" and not row.ids:
            page = admin.look(row.path, language)
            assert page.status_code == 200, name
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", page.text), name
