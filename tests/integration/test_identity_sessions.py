"""Signing in and out: tokens, their hashes, their end; nobody learns who is a member."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event, text

from socialshop.app import create_app
from socialshop.identity import passwords, service
from socialshop.infra import redis
from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from tests.web_client import PASSWORD, Person, counts, refusal, sign_up

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def shop(app: Flask, clock: ManualClock) -> Iterator[Flask]:
    """A shop whose time moves only when told."""
    settings: Settings = app.extensions["socialshop_settings"]
    made = create_app(settings, clock)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
        redis.client().close()


def _sign_in(app: Flask, email: str | None, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    return app.test_client().post("/api/v1/sessions", json={"email": email, "password": password})


def test_signing_in_answers_with_token_end_and_member(shop: Flask) -> None:
    person = sign_up(shop)
    answer = _sign_in(shop, person.card.email)
    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) == {"token", "expires_at", "member"}
    assert body["expires_at"] == "2026-03-31T12:00:00Z"
    assert set(body["member"]) == {"id", "display_name", "invite_code", "sponsor_id", "tier"}
    assert Person(shop.test_client(), person.card, body["token"]).call("GET", "/me").status_code == 200


def test_a_token_has_256_random_bits_and_only_its_sha_256_is_kept(app: Flask) -> None:
    tokens = {sign_up(app).token for _ in range(3)}
    assert {len(token) for token in tokens} == {43}
    with unit_of_work() as uow:
        kept = {bytes(h) for h in uow.session.execute(text("SELECT token_hash FROM member_sessions")).scalars()}
    assert kept == {hashlib.sha256(token.encode()).digest() for token in tokens}


def test_a_session_ends_after_its_days_to_the_second(shop: Flask, clock: ManualClock) -> None:
    person = sign_up(shop)
    clock.advance(timedelta(days=30, seconds=-1))
    assert person.call("GET", "/me").status_code == 200
    clock.advance(timedelta(seconds=1))
    assert refusal(person.call("GET", "/me")) == (401, "unauthenticated", None)


def test_signing_out_ends_this_session_and_no_other(app: Flask) -> None:
    person = sign_up(app)
    other = Person(app.test_client(), person.card, _sign_in(app, person.card.email).get_json()["token"])
    answer = person.call("DELETE", "/sessions/current")
    assert (answer.status_code, answer.data) == (204, b"")
    assert refusal(person.call("GET", "/me"))[0] == 401
    assert refusal(person.call("DELETE", "/sessions/current"))[0] == 401
    assert other.call("GET", "/me").status_code == 200


def test_a_wrong_password_and_an_unknown_e_mail_get_the_same_answer(app: Flask) -> None:
    email = sign_up(app).card.email
    before = counts("member_sessions")
    answers = [_sign_in(app, email, "wrong password"), _sign_in(app, "nobody@example.com"), _sign_in(app, "no address")]
    for answer in answers:
        assert refusal(answer) == (401, "wrong_credentials", None)
    texts = {answer.text.replace(answer.headers["X-Request-Id"], "") for answer in answers}
    assert len(texts) == 1
    assert counts("member_sessions") == before


def test_an_unknown_e_mail_is_checked_as_hard_as_a_known_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    email = sign_up(app).card.email
    checked: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            checked.append(password_hash)
            return hasher.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for asked in (email, "nobody@example.com", "no address"):
        assert _sign_in(app, asked, "wrong password").status_code == 401
    assert len(checked) == 3
    parameters = {password_hash.rsplit("$", 2)[0] for password_hash in checked}
    assert len(parameters) == 1


def test_an_unknown_e_mail_costs_the_same_statements_as_a_known_one(app: Flask) -> None:
    """What takes time is the hash (above) and the database: both do as much for nobody as for somebody."""
    known = sign_up(app).card.email
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        asked = []
        for email in (known, "nobody@example.com", "no address"):
            seen.clear()
            assert _sign_in(app, email, "wrong password").status_code == 401
            asked.append(list(seen))
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert asked[0]
    assert asked[0] == asked[1] == asked[2]


def test_a_member_without_a_password_cannot_sign_in(app: Flask) -> None:
    email = sign_up(app).card.email
    with unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM member_credentials"))
    assert refusal(_sign_in(app, email))[0] == 401


def _hash() -> str:
    with unit_of_work() as uow:
        return str(uow.session.execute(text("SELECT password_hash FROM member_credentials")).scalar_one())


@pytest.mark.usefixtures("real_passwords")
def test_a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in(app: Flask) -> None:
    email = sign_up(app).card.email
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE member_credentials SET password_hash = :old"), {"old": old})
    assert refusal(_sign_in(app, email, "wrong password"))[0] == 401
    assert _hash() == old
    assert _sign_in(app, email).status_code == 201
    assert "m=19456,t=2,p=1" in _hash()
    new = _hash()
    assert _sign_in(app, email).status_code == 201
    assert _hash() == new


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic {}", "{}", "Bearer {} {}", "Bearer " + "x" * 300])
def test_a_header_that_is_no_bearer_token_is_401(app: Flask, header: str) -> None:
    person = sign_up(app)
    sent = {"Authorization": header.format(person.token, person.token)}
    assert refusal(app.test_client().get("/api/v1/me", headers=sent))[0] == 401


def test_the_scheme_is_read_in_any_letter_case(app: Flask) -> None:
    person = sign_up(app)
    assert app.test_client().get("/api/v1/me", headers={"Authorization": f"bearer {person.token}"}).status_code == 200


def test_sessions_are_forgotten_a_month_after_their_end(shop: Flask, clock: ManualClock) -> None:
    sign_up(shop)
    clock.advance(timedelta(days=59))
    with unit_of_work(clock) as uow:
        service.purge_sessions(uow)
    assert counts("member_sessions") == {"member_sessions": 1}
    clock.advance(timedelta(days=2))
    with unit_of_work(clock) as uow:
        assert service.purge_sessions(uow) is False
    assert counts("member_sessions") == {"member_sessions": 0}
