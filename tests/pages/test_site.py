"""What holds for every page: who may come, forms, languages, headers, errors, files with a hash in their address."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from flask import Flask
from flask_limiter import RateLimitExceeded
from limits import RateLimitItemPerMinute
from payment_shop import rows
from sqlalchemy.exc import OperationalError
from visitors import Visitor, member, visitor
from web_client import PASSWORD, counts
from werkzeug.test import TestResponse

from socialshop.identity import service as identity
from socialshop.identity.service import TERMS_VERSION, EmailTaken, Purpose
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.roles import Role
from socialshop.pages import assets, cookies
from socialshop.pages import site as pages
from socialshop.pages.section import NO_PACKAGES


def test_pages_wait_for_their_packages_and_the_api_does_not(app: Flask, tmp_path: Path) -> None:
    app.extensions["socialshop_packages"] = tmp_path
    answer = visitor(app).look("/")
    assert (answer.status_code, answer.text) == (503, NO_PACKAGES)
    assert app.test_client().get("/api/v1/deals").status_code == 200


def test_a_file_is_kept_for_ever_under_the_hash_of_its_content(site: Flask) -> None:
    page = visitor(site).look("/").text
    address = re.search(r"/static/[0-9a-f]{12}/page\.css", page)
    assert address is not None
    packed = site.test_client().get(address[0], headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(packed.data) == (assets.OURS / "page.css").read_bytes()
    assert site.test_client().get(address[0]).data == (assets.OURS / "page.css").read_bytes()
    assert site.test_client().get("/static/000000000000/page.css").status_code == 404
    assert site.test_client().get(address[0].replace("page.css", "../pages/site.py")).status_code == 404


def test_no_page_allows_a_script_or_style_that_is_not_a_file_of_ours(site: Flask) -> None:
    answer = visitor(site).look("/design")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", answer.text)


@pytest.mark.parametrize("path", ["/orders", "/me", "/earnings", "/invites", "/lead", "/admin"])
def test_who_is_nobody_signs_in_first_and_comes_back(site: Flask, path: str) -> None:
    answer = visitor(site).look(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize(
    ("role", "lead", "admin"),
    [(Role.MEMBER, 403, 403), (Role.LEADER, 200, 403), (Role.FINANCE, 403, 200), (Role.ADMIN, 200, 200)],
)
def test_each_desk_is_for_its_people(site: Flask, role: Role, lead: int, admin: int) -> None:
    somebody = member(site, role=role)
    assert somebody.look("/lead").status_code == lead
    assert somebody.look("/admin").status_code == admin


def test_a_member_signs_up_signs_out_and_in_again_without_scripts(site: Flask) -> None:
    browser = visitor(site)
    typed = {"display_name": "Lin", "email": "lin@example.com", "password": PASSWORD, "accept_terms": TERMS_VERSION}
    joined = browser.send("/sign-up?next=/orders", "/sign-up", **typed)
    assert (joined.status_code, joined.headers["Location"]) == (303, "/orders")
    kept = [line for line in joined.headers.getlist("Set-Cookie") if line.startswith(cookies.SESSION)]
    assert "HttpOnly" in kept[0]
    assert "SameSite=Lax" in kept[0]
    assert "Welcome, Lin." in browser.look("/orders").text

    assert browser.send("/me", "/sign-out").status_code == 303
    assert browser.look("/orders").status_code == 303

    wrong = browser.send("/sign-in", email="lin@example.com", password="something else")
    assert wrong.status_code == 401
    assert "No member signs in with this e-mail and password." in wrong.text
    assert 'value="lin@example.com"' in wrong.text
    assert "something else" not in wrong.text
    assert browser.send("/sign-in", email="lin@example.com", password=PASSWORD).headers["Location"] == "/"
    assert browser.look("/orders").status_code == 200


def test_a_session_that_was_closed_elsewhere_opens_nothing(site: Flask) -> None:
    somebody = member(site)
    assert somebody.look("/me").status_code == 200
    stolen = somebody.client.get_cookie(cookies.SESSION)
    assert stolen is not None
    somebody.send("/me", "/sign-out")
    other = visitor(site)
    other.client.set_cookie(cookies.SESSION, stolen.value)
    assert other.look("/me").status_code == 303


@pytest.mark.parametrize(
    "evil", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_signing_in_never_leads_to_another_site(site: Flask, evil: str) -> None:
    page = visitor(site).look("/sign-in", query_string={"next": evil}).text
    assert '<input type="hidden" name="next" value="/">' in page


def test_fields_that_are_wrong_say_so_beside_themselves_and_keep_what_was_typed(site: Flask) -> None:
    answer = visitor(site).send(
        "/sign-up", display_name="Lin", email="lin@", password="short", accept_terms=TERMS_VERSION
    )
    assert answer.status_code == 422
    assert re.search(r'<input[^>]*id="email"[^>]*aria-invalid="true"[^>]*aria-describedby="email-told"', answer.text)
    assert "Not an e-mail address." in answer.text
    assert 'value="Lin"' in answer.text
    chinese = visitor(site).send(
        "/sign-up", language="zh", display_name="Lin", email="lin@", password=PASSWORD, accept_terms=TERMS_VERSION
    )
    assert "不是有效的邮箱地址" in chinese.text
    typed = {"display_name": "Lin", "email": "linxiaoman@example.com", "accept_terms": TERMS_VERSION}
    for language, weak, said in (
        ("en", "iloveyou", "This password is one of the first that anybody tries."),
        ("zh", "woaini1314", "这个密码太常见"),
        ("en", "LinXiaoMan@example.com", "A password is not the e-mail address."),
        ("zh", "linxiaoman1", "密码不能是你的邮箱地址"),
    ):
        refused = visitor(site).send("/sign-up", language=language, password=weak, **typed)
        assert (refused.status_code, said in refused.text) == (422, True), weak
    assert counts("members") == {"members": 0}


def test_who_joins_presses_a_button_under_the_terms_and_the_version_that_was_named_is_kept(site: Flask) -> None:
    browser = visitor(site)
    page = browser.look("/sign-up").text
    assert 'By pressing “Become a member” you accept <a href="/terms"' in page
    assert f'<button class="button wide" name="accept_terms" value="{TERMS_VERSION}">' in page
    terms = browser.look("/terms")
    assert (terms.status_code, f"Version {TERMS_VERSION}" in terms.text) == (200, True)
    assert "退货期满后归你" in browser.look("/terms", "zh").text
    typed = {"display_name": "Lin", "email": "lin@example.com", "password": PASSWORD}
    for other in ({}, {"accept_terms": "2020-01"}, {"accept_terms": "yes"}):
        refused = browser.send("/sign-up", **typed, **other)
        assert (refused.status_code, "The terms have changed." in refused.text) == (422, True)
    assert rows("SELECT count(*) FROM members") == [(0,)]
    assert browser.send("/sign-up", **typed, accept_terms=TERMS_VERSION).status_code == 303
    kept = rows("SELECT version FROM member_consents WHERE document = 'terms'")
    assert kept == [(TERMS_VERSION,)]


def test_a_form_from_another_site_does_nothing(site: Flask) -> None:
    somebody = member(site)
    answer = somebody.client.post("/sign-out", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "This page had been open for too long." in answer.text
    assert somebody.look("/me").status_code == 200


def test_the_language_is_asked_for_then_remembered_then_guessed(site: Flask) -> None:
    browser = visitor(site)
    assert '<html lang="en">' in browser.look("/", "en-GB,en").text
    assert '<html lang="zh-CN">' in browser.look("/", "fr").text
    assert '<html lang="en">' in browser.look("/?lang=en", "zh").text
    assert '<html lang="en">' in browser.look("/", "zh").text


def test_what_is_not_there_is_told_by_a_page_to_people_and_by_a_problem_to_programs(site: Flask) -> None:
    for path in ("/nothing", "/deals/deal_00000000000000000000000000", "/deals/nonsense"):
        answer = visitor(site).look(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "Nothing is here" in answer.text
    assert site.test_client().get("/nothing").mimetype == "application/problem+json"
    assert visitor(site).look("/api/v1/nothing").mimetype == "application/problem+json"
    assert visitor(site).client.post("/", headers={"Accept": "text/html"}).status_code == 405


def test_too_many_registrations_are_told_by_a_page_and_count_with_the_api(site: Flask) -> None:
    assert {name for name, row in pages.table_of(site).items() if row.limit == "registrations"} == {"shopper.sign_up"}


def test_every_action_shows_a_page_of_its_own_section_again(site: Flask) -> None:
    table = pages.table_of(site)
    for name, row in table.items():
        if row.method == "POST":
            again = table[f"{name.split('.')[0]}.{row.again}"]
            assert (again.method, again.ids.keys() - row.ids.keys()) == ("GET", set()), name


def test_the_links_of_mails_lead_to_pages_that_use_their_token_once(site: Flask) -> None:
    lin = member(site)
    assert lin.card is not None
    who = in_unit_of_work(lambda uow: _number(uow, lin))
    token = in_unit_of_work(lambda uow: identity.issue_token(uow, who, Purpose.PASSWORD_RESET))
    browser = visitor(site)
    address = str(lin.card.email).partition("@")[0]
    for weak in ("short", "12345678", "password1", f"{address}!2026"):
        refused = browser.send(f"/reset-password?token={token}", password=weak)
        assert (refused.status_code, 'id="password-told"' in refused.text) == (422, True), weak
    assert browser.send(f"/reset-password?token={token}", password="quite another one").status_code == 303
    assert lin.look("/me").status_code == 303, "every session has ended"
    again = browser.send(f"/reset-password?token={token}", password="quite another one")
    assert "This link was used or is too old." in again.text
    for email in (str(lin.card.email), "nobody@example.com"):
        asked = browser.send("/forgot-password", email=email)
        assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in")
    assert "Now tell the shop" in browser.look("/sign-in").text
    token = in_unit_of_work(lambda uow: identity.issue_token(uow, who, Purpose.EMAIL_VERIFICATION))
    assert browser.send(f"/verify-email?token={token}").status_code == 303


def _number(uow: UnitOfWork, whom: Visitor) -> int:
    session = whom.client.get_cookie(cookies.SESSION)
    assert session is not None
    found = identity.authenticate(uow, session.value)
    assert found is not None
    return found.number


@pytest.mark.parametrize(("language", "to_the_shop"), [("en", "To the shop"), ("zh", "去商店")])
def test_every_refusal_is_a_page_in_the_readers_language_with_a_way_on(
    site: Flask, monkeypatch: pytest.MonkeyPatch, language: str, to_the_shop: str
) -> None:
    somebody = member(site)

    def raises(error: Exception) -> TestResponse:
        def refuse(*_args: object, **_more: object) -> None:
            raise error

        with monkeypatch.context() as planted:
            planted.setattr("socialshop.pages.shopper.finding.deals.find_deals", refuse)
            return somebody.look("/", language)

    answers = {
        403: somebody.look("/admin", language),
        404: somebody.look("/deals/nonsense", language),
        409: raises(EmailTaken("another member has it")),
        422: raises(InvalidValue("no such thing")),
        429: raises(RateLimitExceeded(SimpleNamespace(error_message=None, limit=RateLimitItemPerMinute(3)))),
        503: raises(OperationalError("SELECT 1", {}, psycopg.OperationalError("gone"))),
    }
    titles = set()
    for status, answer in answers.items():
        assert (answer.status_code, answer.mimetype) == (status, "text/html")
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in answer.text
        assert to_the_shop in answer.text
        titles.add(re.search(r"<h1>(.*?)</h1>", answer.text)[1])  # type: ignore[index]
    # What cannot be done is told alike, whether by its state or by its content.
    assert len(titles) >= 5, titles
    assert {answers[status].headers["Retry-After"].isdecimal() for status in (429, 503)} == {True}
