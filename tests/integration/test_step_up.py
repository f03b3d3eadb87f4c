"""Stepping up: no payout is approved or released without a code of an authenticator shown in the last five minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from socialshop.cli import members as console
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.kernel.roles import Role
from socialshop.payouts import service as payouts
from socialshop.signins import service as signins
from tests.integration.test_payouts import TABLES, approved, asked, batch, decide, lin, release
from tests.web_client import PASSWORD, Person, counts, refusal, sign_up

__all__ = ["lin"]
STEP = timedelta(seconds=30)
EARLY = "UPDATE member_sessions SET stepped_up_at = NULL"


@pytest.fixture
def clock(app: Flask) -> Iterator[ManualClock]:
    clock = ManualClock(app.extensions["socialshop_clock"].now().replace(second=0, microsecond=0))
    before, app.extensions["socialshop_clock"] = app.extensions["socialshop_clock"], clock
    yield clock
    app.extensions["socialshop_clock"] = before


@pytest.fixture
def ada(app: Flask, clock: ManualClock) -> Person:
    """An admin who has shown no code yet."""
    person = sign_up(app, role=Role.ADMIN, name="Ada")
    forget()
    return person


def forget() -> None:
    in_unit_of_work(lambda uow: uow.session.execute(text(EARLY)))


def code_of(person: Person) -> str:
    return in_unit_of_work(lambda uow: signins.code_now(uow, person.card.member_id))


def step_up(person: Person, **body: str) -> Any:
    return person.call("POST", "/sessions/current/step-up", json=body or {"totp": code_of(person)})


def add_authenticator(person: Person) -> list[str]:
    """Through the API; returns the recovery codes."""
    begun = person.call("POST", "/me/totp", json={"current_password": PASSWORD})
    assert begun.status_code == 201, begun.text
    confirmed = person.call("POST", "/me/totp/confirmation", json={"totp": code_of(person)})
    assert confirmed.status_code == 200, confirmed.text
    return list(confirmed.get_json()["recovery_codes"])


@contextmanager
def nothing_changes(*tables: str) -> Iterator[None]:
    before = counts(*tables)
    yield
    assert counts(*tables) == before


def test_a_code_opens_approving_for_five_minutes_in_this_session_alone(
    app: Flask, clock: ManualClock, ada: Person, lin: Person
) -> None:
    add_authenticator(ada)
    first, second = asked(lin, 300), asked(lin, 200)
    forget()
    clock.advance(STEP)
    elsewhere = ada.client.post("/api/v1/sessions", json={"email": ada.card.email, "password": PASSWORD}).get_json()[
        "token"
    ]
    with nothing_changes(*TABLES):
        assert refusal(decide(ada, first, "approve")) == (403, "step_up_required", None)
    shown = step_up(ada)
    assert shown.status_code == 200, shown.text
    assert decide(ada, first, "approve").status_code == 200
    assert refusal(decide(Person(ada.client, ada.card, elsewhere), second, "approve"))[1] == "step_up_required"
    clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
    assert decide(ada, second, "hold", reason="we_ask_you").status_code == 200
    clock.advance(timedelta(seconds=1))
    with nothing_changes(*TABLES):
        assert refusal(decide(ada, second, "approve"))[1] == "step_up_required"
    # What moves no money on is done without.
    assert decide(ada, second, "reject", reason="other").status_code == 200


def test_a_batch_is_released_with_a_code_too(app: Flask, clock: ManualClock, ada: Person, lin: Person) -> None:
    other = sign_up(app, role=Role.ADMIN)
    request = asked(lin, 300)
    approved(other, request)
    made = batch(ada).get_json()["id"]
    with nothing_changes(*TABLES):
        assert refusal(release(ada, made)) == (403, "step_up_required", None)
    add_authenticator(ada)
    assert release(ada, made).status_code == 200


def test_a_code_is_good_once_and_no_older_one_after_it(clock: ManualClock, ada: Person) -> None:
    add_authenticator(ada)
    older = code_of(ada)
    assert refusal(step_up(ada, totp=older)) == (422, "code_not_valid", "totp")
    clock.advance(STEP)
    newer = code_of(ada)
    assert step_up(ada, totp=newer).status_code == 200
    for shown in (newer, older, "000000", "999999"):
        assert refusal(step_up(ada, totp=shown))[1] == "code_not_valid"


def test_wrong_codes_are_counted_as_wrong_passwords_are(clock: ManualClock, ada: Person) -> None:
    add_authenticator(ada)
    clock.advance(STEP)
    good = code_of(ada)
    wrong = "000000" if good != "000000" else "111111"
    for _ in range(10):
        assert refusal(step_up(ada, totp=wrong))[1] == "code_not_valid"
    assert refusal(step_up(ada, totp=good))[:2] == (429, "too_many_attempts")


def test_a_recovery_code_stands_for_a_code_once(clock: ManualClock, ada: Person) -> None:
    codes = add_authenticator(ada)
    assert step_up(ada, recovery_code=codes[0].lower().replace("-", " ")).status_code == 200
    assert refusal(step_up(ada, recovery_code=codes[0])) == (422, "code_not_valid", "recovery_code")
    assert ada.call("GET", "/me/totp").get_json()["recovery_codes_left"] == 9
    others = ada.call("POST", "/me/totp/recovery-codes").get_json()["recovery_codes"]
    assert not set(others) & set(codes)
    assert refusal(step_up(ada, recovery_code=codes[1]))[1] == "code_not_valid"
    assert step_up(ada, recovery_code=others[1]).status_code == 200


def test_an_authenticator_counts_once_confirmed_and_is_replaced_after_it_is_removed(
    clock: ManualClock, ada: Person
) -> None:
    wrong = ada.call("POST", "/me/totp", json={"current_password": "not the password"})
    assert refusal(wrong) == (422, "wrong_password", "current_password")
    assert refusal(step_up(ada, totp="123456"))[:2] == (409, "totp_not_set_up")
    ada.call("POST", "/me/totp", json={"current_password": PASSWORD})
    assert refusal(step_up(ada))[:2] == (409, "totp_not_set_up")
    clock.advance(timedelta(minutes=15, seconds=1))
    late = ada.call("POST", "/me/totp/confirmation", json={"totp": code_of(ada)})
    assert refusal(late)[:2] == (409, "totp_not_set_up")
    add_authenticator(ada)
    again = ada.call("POST", "/me/totp", json={"current_password": PASSWORD})
    assert refusal(again)[:2] == (409, "totp_is_set_up")
    forget()
    for method, path in (("DELETE", "/me/totp"), ("POST", "/me/totp/recovery-codes")):
        assert refusal(ada.call(method, path)) == (403, "step_up_required", None)
    clock.advance(STEP)
    step_up(ada)
    assert ada.call("DELETE", "/me/totp").status_code == 204
    assert ada.call("GET", "/me/totp").get_json() == {"confirmed_at": None, "recovery_codes_left": 0}
    told = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT kind FROM mails ORDER BY id")).scalars().all())
    assert told == ["totp_added", "totp_removed"]


def test_the_database_lets_no_money_go_without_a_stepped_up_session(
    app: Flask, clock: ManualClock, ada: Person, lin: Person
) -> None:
    """Given a service that forgot to ask, then the rows are refused; without the trigger the fault would pass."""
    request = from_public("por", asked(lin, 300))

    def approve() -> None:
        with unit_of_work() as uow:
            payouts.approve(uow, actor=ada.card.member_id, request_id=request)

    with nothing_changes(*TABLES), pytest.raises(IntegrityError, match="was stepped up in the five minutes before"):
        approve()
    add_authenticator(ada)
    approve()
    other = sign_up(app, role=Role.ADMIN)
    forget()
    made = from_public("pob", batch(other).get_json()["id"])
    with (
        nothing_changes(*TABLES),
        pytest.raises(IntegrityError, match="was stepped up in the five minutes before"),
        unit_of_work() as uow,
    ):
        payouts.release_batch(uow, actor=other.card.member_id, batch_id=made)


def test_the_secret_is_sealed_and_codes_are_kept_as_hashes(clock: ManualClock, ada: Person) -> None:
    told = ada.call("POST", "/me/totp", json={"current_password": PASSWORD}).get_json()["totp_secret"]
    codes = ada.call("POST", "/me/totp/confirmation", json={"totp": code_of(ada)}).get_json()["recovery_codes"]
    kept = in_unit_of_work(
        lambda uow: (
            str(uow.session.execute(text("SELECT t.*, r.* FROM member_totp t, recovery_codes r")).all())
            + str(uow.session.execute(text("SELECT facts, target FROM audit_entries")).all())
        )
    )
    assert not [secret for secret in (told, *codes, *(code.replace("-", "") for code in codes)) if secret in kept]


def test_the_console_gives_a_secret_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    @contextmanager
    def opened(**_: object) -> Iterator[Flask]:
        yield app

    monkeypatch.setattr(console, "open_shop", opened)

    def said(arguments: list[str]) -> str:
        return CliRunner().invoke(console.member, arguments).output.splitlines()[-1]

    new = ["create", "--email", "new@example.com", "--password", PASSWORD, "--role", "admin", "--json"]
    assert "totp_secret" not in json.loads(said([*new[:2], "plain@example.com", *new[3:]]))
    made = json.loads(said([*new, "--totp"]))["totp_secret"]
    assert len(made) == 32
    client = app.test_client()
    credentials = {"email": "new@example.com", "password": PASSWORD}
    token = client.post("/api/v1/sessions", json=credentials).get_json()["token"]

    def shown() -> int:
        body = {"totp": said(["code", "--email", "new@example.com"])}
        headers = {"Authorization": f"Bearer {token}"}
        return client.post("/api/v1/sessions/current/step-up", json=body, headers=headers).status_code

    assert shown() == 200
    assert json.loads(said(["totp", "--email", "NEW@example.com", "--json"]))["totp_secret"] != made
    assert shown() == 200
    unknown = CliRunner().invoke(console.member, ["totp", "--email", "nobody@example.com"])
    assert (unknown.exit_code, "nobody signs in with" in unknown.output) == (1, True)
