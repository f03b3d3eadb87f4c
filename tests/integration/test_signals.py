"""Marks of members: kept where they arise, as hashes alone, read out, forgotten in time and erased with the person."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import text
from web_client import API, PASSWORD, Person, registration, sign_up

from socialshop.infra.clock import SystemClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.screening import service as screening

HOME = {"recipient": "Lin", "phone": "138 0000 0000", "region": "Shanghai", "street": "1 Home Road"}
ACCOUNT = {"channel": "alipay", "holder": "Lin", "account": "13900000000"}
AWAY = {"environ_overrides": {"REMOTE_ADDR": "93.184.216.34"}}


def kept(app: Flask) -> dict[str, list[int]]:
    """How many members each mark has, by kind."""
    with unit_of_work() as uow:
        rows = uow.session.execute(
            text("SELECT kind, count(*) FROM member_signals GROUP BY kind, mark ORDER BY kind, count(*)")
        )
        found: dict[str, list[int]] = {}
        for kind, members in rows:
            found.setdefault(kind, []).append(int(members))
        return found


def _name_all(person: Person) -> None:
    assert person.call("POST", "/me/addresses", json=HOME).status_code == 201
    assert person.call("POST", "/me/payout-destinations", json=ACCOUNT).status_code == 201


def test_two_who_name_the_same_share_a_mark_of_each_kind_and_nothing_is_kept_in_the_clear(app: Flask) -> None:
    """Given two members with one address, phone and account; when they name them; then each mark has both."""
    for _ in range(2):
        _name_all(sign_up(app))
    assert kept(app) == {"address": [2], "payout_account": [2], "phone": [2]}
    with unit_of_work() as uow:
        told = uow.session.execute(text("SELECT string_agg(CAST(s AS text), ' ') FROM member_signals s")).scalar_one()
    assert "13800000000" not in told
    assert "13900000000" not in told


def test_a_registration_and_a_sign_in_tell_browser_vicinity_and_family(app: Flask) -> None:
    code = sign_up(app).card.invite_code
    client = app.test_client()
    client.get(f"/i/{code}")
    bodies = [registration(email=f"annabelle{number}@example.com") for number in (1, 2)]
    for body in bodies:
        assert client.post(f"{API}/members", json=body, **AWAY).status_code == 201
    assert kept(app) == {"device": [2], "email_family": [2], "network": [2]}
    other = app.test_client()
    credentials = {"email": bodies[0]["email"], "password": PASSWORD}
    # Without the shop's cookie a browser is nothing that could be known again, and loopback is no network.
    assert other.post(f"{API}/sessions", json=credentials).status_code == 201
    assert kept(app) == {"device": [2], "email_family": [2], "network": [2]}


def test_marks_are_read_out_forgotten_once_long_unseen_and_erased_with_the_person(app: Flask) -> None:
    lin, may = sign_up(app), sign_up(app)
    _name_all(lin)
    _name_all(may)
    told = lin.call("GET", "/me/export").get_json()["sections"]["member_signals"]
    assert sorted(row["kind"] for row in told) == ["address", "payout_account", "phone"]
    assert not any("mark" in row for row in told)

    assert lin.call("DELETE", "/me").status_code == 200
    assert kept(app) == {"address": [1], "payout_account": [1], "phone": [1]}

    now = SystemClock().now()
    assert in_unit_of_work(lambda uow: screening.forget_signals(uow, now - timedelta(days=1))) is False
    assert kept(app) == {"address": [1], "payout_account": [1], "phone": [1]}
    in_unit_of_work(lambda uow: screening.forget_signals(uow, now + timedelta(days=1)))
    assert kept(app) == {}
