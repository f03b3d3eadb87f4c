"""Limits an address, slow down guessing, and break nothing when Redis is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from limits import RateLimitItemPerSecond
from pydantic import SecretStr
from structlog.testing import capture_logs

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.web import limits
from tests.web_client import PASSWORD, refusal, registration, sign_up

MakeShop = Callable[..., Flask]


@pytest.fixture
def make_shop(app: Flask) -> Iterator[MakeShop]:
    """A second web process of the same shop, with other settings."""
    made: list[Flask] = []

    def make(**changed: object) -> Flask:
        settings: Settings = app.extensions["socialshop_settings"]
        made.append(create_app(settings.model_copy(update=changed)))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.engine.dispose()
            redis.client().close()


def _signing_in(email: str, password: str = "wrong password") -> dict[str, str]:
    return {"email": email, "password": password}


def test_registrations_are_limited_an_address_and_the_fourth_leaves_nothing(make_shop: MakeShop) -> None:
    client = make_shop(registrations_per_minute=3).test_client()
    statuses = [client.post("/api/v1/members", json=registration()).status_code for _ in range(3)]
    assert statuses == [201, 201, 201]
    refused = client.post("/api/v1/members", json=registration())
    assert refusal(refused) == (429, "rate_limited", None)
    assert refused.headers["Retry-After"] == "60"
    elsewhere = client.post("/api/v1/members", json=registration(), environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 201


def test_all_requests_of_an_address_count_together_and_health_does_not(make_shop: MakeShop) -> None:
    client = make_shop(requests_per_minute=4).test_client()
    assert [client.get(p).status_code for p in ("/problems", "/api/v1/me", "/api/v1/docs", "/problems")][-1] == 200
    assert client.get("/problems").status_code == 429
    assert refusal(client.get("/api/v1/me")) == (429, "rate_limited", None)
    assert [client.get(p).status_code for p in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


def test_two_web_processes_count_together(make_shop: MakeShop) -> None:
    first, second = (make_shop(requests_per_minute=2).test_client() for _ in range(2))
    assert [c.get("/problems").status_code for c in (first, second, first, second)] == [200, 200, 429, 429]


def test_without_redis_everything_answers_and_one_line_says_so(make_shop: MakeShop) -> None:
    shop = make_shop(redis_url=SecretStr("unix:///nowhere/valkey.sock"))
    client, body = shop.test_client(), registration()
    with capture_logs():
        made = client.post("/api/v1/members", json=body)
        assert made.status_code == 201
        assert client.post("/api/v1/sessions", json=_signing_in(str(body["email"]), PASSWORD)).status_code == 201
        assert client.post("/api/v1/sessions", json=_signing_in(str(body["email"]))).status_code == 401
        header = {"Authorization": f"Bearer {made.get_json()['token']}"}
        assert client.get("/api/v1/me", headers=header).status_code == 200


def test_an_emptied_redis_breaks_no_request(app: Flask) -> None:
    person = sign_up(app)
    assert person.call("GET", "/me").status_code == 200
    redis.client().flushdb()
    assert person.call("GET", "/me").status_code == 200


def test_ten_failures_for_an_e_mail_from_an_address_make_the_pair_wait(app: Flask) -> None:
    email = sign_up(app, email="mei@example.com").card.email or ""
    client = app.test_client()
    for _ in range(10):
        assert refusal(client.post("/api/v1/sessions", json=_signing_in(email)))[1] == "wrong_credentials"
    # Even the right password waits now: an answer would tell the guesser.
    refused = client.post("/api/v1/sessions", json=_signing_in("MEI@example.com", PASSWORD))
    assert refusal(refused) == (429, "too_many_attempts", None)
    assert refused.headers["Retry-After"] == "900"
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/api/v1/sessions", json=_signing_in(email, PASSWORD), environ_base=elsewhere).status_code == 201
    other = sign_up(app).card.email or ""
    assert client.post("/api/v1/sessions", json=_signing_in(other, PASSWORD)).status_code == 201


def test_every_spelling_of_an_e_mail_counts_together(app: Flask) -> None:
    """IDNA and Unicode's compositions are undone before the look-up; the brake must see through them too."""
    sign_up(app, email="mina@bücher.example")
    client = app.test_client()
    spellings = (
        "mina@bücher.example",
        "MINA@xn--bcher-kva.example",
        "mina@bu\u0308cher.example",
        "mİna@bücher.example",
    )
    for attempt in range(10):
        answer = client.post("/api/v1/sessions", json=_signing_in(spellings[attempt % len(spellings)]))
        assert refusal(answer)[1] == "wrong_credentials"
    for spelling in spellings:
        assert refusal(client.post("/api/v1/sessions", json=_signing_in(spelling, PASSWORD)))[1] == "too_many_attempts"


def test_an_e_mail_tried_from_everywhere_waits_everywhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.FAILED_SIGN_INS_ANYWHERE == 100
    few = RateLimitItemPerSecond(4, 900, namespace="sign-in-anywhere")
    monkeypatch.setattr(limits, "_SIGN_INS_ANYWHERE", few)
    email = sign_up(app).card.email or ""
    client = app.test_client()

    def sign_in(number: int, password: str = "wrong password") -> str | None:
        origin = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answer = client.post("/api/v1/sessions", json=_signing_in(email, password), environ_base=origin)
        return None if answer.status_code == 201 else refusal(answer)[1]

    assert [sign_in(number) for number in range(1, 5)] == ["wrong_credentials"] * 4
    assert sign_in(5, PASSWORD) == "too_many_attempts"


def test_successes_do_not_count_as_failures(app: Flask) -> None:
    email = sign_up(app).card.email or ""
    client = app.test_client()
    statuses = {client.post("/api/v1/sessions", json=_signing_in(email, PASSWORD)).status_code for _ in range(12)}
    assert statuses == {201}


def test_no_e_mail_address_stands_in_redis(app: Flask) -> None:
    app.test_client().post("/api/v1/sessions", json=_signing_in("someone@example.com"))
    keys = b" ".join(redis.client().keys("*"))
    assert b"sign-in" in keys
    assert b"someone" not in keys
