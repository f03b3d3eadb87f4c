"""The page behind a link: what it says, what it records, whom it remembers; and whom a registration is bound to."""

from __future__ import annotations

import errno
import gzip
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import text

from socialshop.app import create_app
from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.spool import Spool
from socialshop.infra.uow import in_unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.cookies import ATTRIBUTION, VISITOR
from socialshop.kernel.roles import Role
from tests.integration.test_invite_links import a_deal, a_room, link
from tests.room_shop import statements
from tests.web_client import API, Person, counts, refusal, registration, sign_up

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"}
JSON = {"Accept": "application/json"}


def rows(query: str) -> list[Any]:
    return in_unit_of_work(lambda uow: [tuple(row) for row in uow.session.execute(text(query))])


def verdicts() -> list[str]:
    """What each click came to, in the order of the clicks."""
    while in_unit_of_work(invites.judge_clicks):
        pass
    return [row[0] for row in rows("SELECT verdict FROM invite_clicks ORDER BY id")]


@contextmanager
def another_shop(app: Flask, **changed: object) -> Iterator[FlaskClient]:
    """A client of a shop on the same database with other settings."""
    other = create_app(app.extensions["socialshop_settings"].model_copy(update=changed))
    yield other.test_client()
    with other.app_context():
        db.engine.dispose()


@pytest.fixture
def owner(app: Flask) -> Person:
    return sign_up(app, role=Role.LEADER, name="Lin <b>")


def follow(client: FlaskClient, code: str, **headers: str) -> Any:
    answer = client.get(f"/i/{code}", headers={**PHONE, **headers})
    assert answer.status_code == 200, answer.text
    return answer


def test_the_page_says_who_invites_to_what_and_what_to_do_next(app: Flask, owner: Person) -> None:
    deal, _ = a_deal(owner)
    code = str(link(owner, kind="room", target_id=a_room(owner, deal))["code"])
    page = follow(app.test_client(), code, **{"Accept-Language": "en"})
    for said in ("Lin &lt;b&gt; invites you", "Tea for three", "CN¥99.00", "CN¥109.00", "2 seats left", code):
        assert said in page.text
    chinese = follow(app.test_client(), code)
    for said in ('lang="zh-CN"', "邀请你一起买", "¥99.00", "还差 2 人", "参团", code):
        assert said in chinese.text
    assert page.headers["Vary"] == "Accept, Accept-Language, Cookie"


def test_the_page_fetches_one_style_one_script_and_a_mark_of_ours_and_allows_no_more(app: Flask, owner: Person) -> None:
    deal, _ = a_deal(owner)
    code = str(link(owner, kind="room", target_id=a_room(owner, deal))["code"])
    page = follow(app.test_client(), code)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert not re.search(r"<style|<img|<iframe|\son\w+=|\sstyle=|<script(?! src=)", page.text)
    fetched = re.findall(r'(?:src|rel="stylesheet" href|rel="icon" href)="([^"]+)"', page.text)
    assert [name.rpartition("/")[2] for name in fetched] == ["mark.svg", "page.css", "page.js"]
    parts = [app.test_client().get(name, headers={"Accept-Encoding": "gzip"}).data for name in fetched]
    assert len(gzip.compress(page.data)) + sum(map(len, parts)) < 20_000
    assert page.headers["Cache-Control"] == "no-store"


def test_a_program_gets_the_same_facts_as_json(app: Flask, owner: Person) -> None:
    deal, product = a_deal(owner)
    room = a_room(owner, deal)
    told = {}
    for kind, target in (("room", room), ("deal", deal), ("product", product)):
        code = str(link(owner, kind=kind, target_id=target)["code"])
        facts = follow(app.test_client(), code, **JSON).get_json()
        assert (facts["code"], facts["kind"], facts["target_id"]) == (code, kind, target)
        assert facts["inviter"] == {"display_name": "Lin <b>"}
        subject = facts["subject"]
        told[kind] = (subject["title"], subject["price"]["amount_minor"], subject["seats_left"], subject["size"])
    assert told == {
        "room": ("Tea for three", 9_900, 2, 3),
        "deal": ("Tea for three", 9_900, None, 3),
        "product": ("Spring tea", 10_900, None, None),
    }
    own = follow(app.test_client(), owner.card.invite_code, **JSON).get_json()
    assert (own["target_id"], own["subject"]) == (None, None)


def test_an_unknown_code_is_404_as_a_page_or_a_problem_and_records_nothing(app: Flask) -> None:
    client = app.test_client()
    for code in ("NOSUCHCODE", "x" * 500, "%00", "0O1IL"):
        page = client.get(f"/i/{code}", headers={"Accept": "text/html", "Accept-Language": "en"})
        assert page.status_code == 404
        assert "Set-Cookie" not in page.headers
        assert refusal(client.get(f"/i/{code}", headers=JSON)) == (404, "not_found", None)
    assert "No such invite link" in page.text
    assert verdicts() == []
    assert counts("invite_clicks") == {"invite_clicks": 0}


def test_a_visitor_is_known_by_a_signed_cookie_of_which_only_a_hash_is_kept(app: Flask, owner: Person) -> None:
    answer = follow(app.test_client(), owner.card.invite_code)
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        assert re.search(r"; HttpOnly", header)
        assert re.search(r"SameSite=Lax", header)
        assert "; Path=/" in header
        assert "Secure" not in header
        jar.load(header)
    assert set(jar) == {VISITOR, ATTRIBUTION}
    number = bytes.fromhex(jar[VISITOR].value.partition(".")[0])
    assert verdicts() == ["counted"]
    (kept,) = rows("SELECT visitor, member_id, bot FROM invite_clicks")
    assert (len(kept[0]), kept[1], kept[2]) == (32, None, False)
    assert kept[0] != number
    assert len(number) == 16


def test_in_production_the_cookies_travel_only_encrypted(app: Flask, owner: Person) -> None:
    with another_shop(app, environment="production") as client:
        headers = follow(client, owner.card.invite_code).headers.getlist("Set-Cookie")
    assert len(headers) == 2
    assert all("; Secure" in header for header in headers)


def test_robots_repeats_within_a_day_and_own_clicks_are_recorded_and_not_counted(app: Flask, owner: Person) -> None:
    clock = ManualClock(app.extensions["socialshop_clock"].now())
    app.extensions["socialshop_clock"] = clock
    code, visitor = owner.card.invite_code, app.test_client()
    follow(visitor, code)
    clock.advance(timedelta(hours=23))
    follow(visitor, code)
    follow(app.test_client(), code)
    follow(app.test_client(), code, **{"User-Agent": "Googlebot/2.1"})
    follow(app.test_client(), code, Authorization=f"Bearer {owner.token}")
    app.test_client().head(f"/i/{code}", headers=PHONE)
    assert verdicts() == ["counted", "repeat", "counted", "bot", "self", "bot"]
    clock.advance(timedelta(hours=25))
    follow(visitor, code)
    assert verdicts()[-1] == "counted"
    stats = owner.call("GET", f"/invite-links/{code}/stats").get_json()
    assert (stats["views"], stats["clicks"]) == (4, 3)
    assert stats["not_counted"] == {"repeats": 1, "own": 1, "bots": 2, "closed": 0}


def test_the_owners_browser_is_known_once_the_owner_signed_in_with_it(app: Flask, owner: Person) -> None:
    client = app.test_client()
    person = registration()
    follow(client, owner.card.invite_code)
    own = client.post(f"{API}/members", json=person).get_json()["member"]["invite_code"]
    follow(client, own)
    elsewhere = app.test_client()
    follow(elsewhere, owner.card.invite_code)
    credentials = {name: person[name] for name in ("email", "password")}
    assert elsewhere.post(f"{API}/sessions", json=credentials).status_code == 201
    follow(elsewhere, own)
    assert verdicts() == ["counted", "self", "counted", "self"]


def test_clicks_judged_twice_or_by_two_at_once_count_once(app: Flask, owner: Person) -> None:
    visitor = app.test_client()
    for _ in range(40):
        follow(visitor, owner.card.invite_code)

    def judge() -> None:
        with app.app_context():
            in_unit_of_work(invites.judge_clicks)

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts() == ["counted"] + ["repeat"] * 39
    assert rows("SELECT clicks, repeats, own, bots FROM invite_click_counts") == [(1, 39, 0, 0)]


def test_five_clicks_within_a_second_cost_one_look_at_the_link_and_one_at_the_room(app: Flask, owner: Person) -> None:
    deal, _ = a_deal(owner)
    code = str(link(owner, kind="room", target_id=a_room(owner, deal))["code"])
    with statements() as seen:
        for _ in range(5):
            follow(app.test_client(), code)
    # The clicks lie in the spool; what is left is the look at the link and at the room, for all five.
    assert len(seen) == 2, seen
    assert "FROM rooms" in seen[1]
    assert len(verdicts()) == 5


def test_a_registration_is_bound_to_the_owner_of_the_link_that_was_followed_last(app: Flask, owner: Person) -> None:
    client, first = app.test_client(), sign_up(app)
    follow(client, first.card.invite_code)
    follow(client, owner.card.invite_code)
    came = client.post(f"{API}/members", json=registration()).get_json()["member"]
    assert came["sponsor_id"] == owner.call("GET", "/me").get_json()["id"]
    ((source, code),) = rows("SELECT a.source, l.code FROM attributions a JOIN invite_links l ON l.id = a.link_id")
    assert (source, code) == ("cookie", owner.card.invite_code)
    assert owner.call("GET", f"/invite-links/{owner.card.invite_code}/stats").get_json()["members"] == 1
    assert first.call("GET", f"/invite-links/{first.card.invite_code}/stats").get_json()["members"] == 0


def test_where_the_shop_says_first_the_link_that_was_followed_first_counts(app: Flask, owner: Person) -> None:
    later = sign_up(app)
    with another_shop(app, attribution_touch="first") as client:
        follow(client, owner.card.invite_code)
        follow(client, later.card.invite_code)
        came = client.post(f"{API}/members", json=registration()).get_json()["member"]
    assert came["sponsor_id"] == owner.call("GET", "/me").get_json()["id"]


def test_a_code_that_is_typed_goes_before_a_cookie(app: Flask, owner: Person) -> None:
    client, typed = app.test_client(), sign_up(app)
    follow(client, owner.card.invite_code)
    came = client.post(f"{API}/members", json=registration(invite_code=typed.card.invite_code.lower())).get_json()
    assert came["member"]["sponsor_id"] == typed.call("GET", "/me").get_json()["id"]
    assert rows("SELECT source FROM attributions") == [("code",)]


def test_a_cookie_past_its_window_forged_or_of_another_shop_binds_nobody(app: Flask, owner: Person) -> None:
    clock = ManualClock(app.extensions["socialshop_clock"].now())
    app.extensions["socialshop_clock"] = clock
    old = app.test_client()
    follow(old, owner.card.invite_code)
    with another_shop(app, secret_key=SecretStr("another shop's")) as theirs:
        follow(theirs, owner.card.invite_code)
        value = theirs.get_cookie(ATTRIBUTION)
    assert value is not None
    clients = [old]
    for forged in (value.value, value.value[:-1] + "A", "0" * 44, "", "é.é"):
        clients.append(app.test_client())
        clients[-1].set_cookie(ATTRIBUTION, forged)
    clock.advance(timedelta(days=30, seconds=1))
    for client in clients:
        came = client.post(f"{API}/members", json=registration())
        assert (came.status_code, came.get_json()["member"]["sponsor_id"]) == (201, None)
    assert counts("attributions") == {"attributions": 0}


def test_a_registration_that_is_refused_leaves_no_attribution(app: Flask, owner: Person) -> None:
    client, person = app.test_client(), registration()
    assert app.test_client().post(f"{API}/members", json=person).status_code == 201
    follow(client, owner.card.invite_code)
    before = counts("members", "attributions", "invite_visitors", "referral_nodes", "invite_links")
    assert refusal(client.post(f"{API}/members", json=person)) == (409, "email_taken", "email")
    unknown = registration(invite_code="NOSUCHCODE")
    assert refusal(client.post(f"{API}/members", json=unknown)) == (422, "invite_code_unknown", "invite_code")
    assert counts(*before) == before


def test_a_full_disk_costs_the_click_and_never_the_page(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Spool, "append", full)
    answer = follow(app.test_client(), owner.card.invite_code)
    assert answer.status_code == 200
    assert ATTRIBUTION in str(answer.headers.getlist("Set-Cookie"))
    assert not in_unit_of_work(invites.take_clicks)
