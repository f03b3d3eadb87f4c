"""Where a member is signed in, signing devices out, and a new password by the old one."""

from __future__ import annotations

from flask import Flask
from payment_shop import rows
from web_client import PASSWORD, Person, counts, refusal, sign_up

from socialshop.identity import service as identity
from socialshop.identity.service import Purpose, open_session
from socialshop.infra.uow import in_unit_of_work
from tests.money_people import number_of

NEW = "staple my horse again"


def signed_in_again(app: Flask, person: Person) -> Person:
    """The same person on another device."""
    opened = in_unit_of_work(lambda uow: open_session(uow, person.card.member_id, days=30))
    return Person(app.test_client(), person.card, opened.token)


def is_in(person: Person) -> bool:
    return person.call("GET", "/me").status_code == 200


def test_a_member_sees_every_device_and_signs_one_of_them_out(app: Flask) -> None:
    here = sign_up(app)
    there, elsewhere = signed_in_again(app, here), signed_in_again(app, here)
    shown = here.call("GET", "/me/sessions").get_json()["data"]
    assert [one["current"] for one in shown] == [False, False, True]
    newest = shown[0]["id"]
    assert here.call("DELETE", f"/me/sessions/{newest}").status_code == 204
    assert here.call("DELETE", f"/me/sessions/{newest}").status_code == 204
    # Either may be the newest: the two signed in within a millisecond of each other.
    assert (is_in(here), is_in(there) + is_in(elsewhere)) == (True, 1)
    assert here.call("DELETE", "/me/sessions").status_code == 204
    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, False)
    assert [one["current"] for one in here.call("GET", "/me/sessions").get_json()["data"]] == [True]


def test_nobody_signs_somebody_else_out(app: Flask) -> None:
    lin, zhu = sign_up(app), sign_up(app)
    theirs = lin.call("GET", "/me/sessions").get_json()["data"][0]["id"]
    assert refusal(zhu.call("DELETE", f"/me/sessions/{theirs}")) == (404, "not_found", None)
    zhu.call("DELETE", "/me/sessions")
    assert is_in(lin)


def test_a_new_password_ends_every_other_session_and_every_link_to_a_new_password(app: Flask) -> None:
    here = sign_up(app, email="lin@example.com")
    there = signed_in_again(app, here)
    number = number_of(here)
    token = in_unit_of_work(lambda uow: identity.issue_token(uow, number, Purpose.PASSWORD_RESET))
    body = {"current_password": PASSWORD, "password": NEW}
    assert here.call("POST", "/me/password", json=body).status_code == 204
    assert (is_in(here), is_in(there)) == (True, False)
    client = app.test_client()
    reset = client.post("/api/v1/members/password-resets/completion", json={"token": token, "password": NEW})
    assert refusal(reset)[:2] == (422, "token_not_valid")
    for password, status in ((PASSWORD, 401), (NEW, 201)):
        answer = client.post("/api/v1/sessions", json={"email": "lin@example.com", "password": password})
        assert answer.status_code == status


def test_a_wrong_password_changes_nothing_and_ten_of_them_wait(app: Flask) -> None:
    here = sign_up(app)
    there = signed_in_again(app, here)
    before = rows("SELECT password_hash, changed_at FROM member_credentials")
    for _ in range(10):
        answer = here.call("POST", "/me/password", json={"current_password": "wrong horse", "password": NEW})
        assert refusal(answer) == (422, "wrong_password", "current_password")
    answer = here.call("POST", "/me/password", json={"current_password": PASSWORD, "password": NEW})
    assert refusal(answer)[:2] == (429, "too_many_attempts")
    assert rows("SELECT password_hash, changed_at FROM member_credentials") == before
    assert is_in(there)
    assert counts("member_sessions") == {"member_sessions": 2}


def test_a_password_that_is_too_short_is_refused_before_the_old_one_is_looked_at(app: Flask) -> None:
    here = sign_up(app)
    answer = here.call("POST", "/me/password", json={"current_password": PASSWORD, "password": "short"})
    assert refusal(answer) == (422, "invalid_value", "password")
