"""The same key and body: the same answer, and the change once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from flask import Flask
from patience import PATIENCE
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.web import idempotency, operations, store
from socialshop.web.auth import SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing, Wire
from tests.web_client import Person, counts, refusal, registration, sign_up


class Poured(Wire):
    cups: int


class Kitchen:
    """An operation with an effect that can be counted, stopped midway and made to fail."""

    def __init__(self) -> None:
        self.cups = 0
        self.entered, self.go_on = Event(), Event()
        self.go_on.set()
        self.fails = False

    def pour(self, uow: UnitOfWork) -> Answer:
        self.entered.set()
        self.go_on.wait(PATIENCE)
        uow.session.execute(text("INSERT INTO periodic_ticks (job, slot, started_at) VALUES ('tea', now(), now())"))
        if self.fails:
            raise RuntimeError("the kettle fell")
        self.cups += 1
        return Answer(Poured(cups=self.cups), 201)


@pytest.fixture
def app(new_shop: Flask) -> Flask:
    return new_shop


@pytest.fixture
def kitchen(app: Flask) -> Kitchen:
    made = Kitchen()
    room = Room("kitchen", __name__, tag="Kitchen")

    @room.operation("POST", "/teas", access=SIGNED_IN, replies=Reply(201, Poured))
    def pour(call: Call[Nothing, Nothing]) -> Answer:
        """Pour."""
        return call.transact(made.pour)

    @room.operation("POST", "/pots/<pot>/teas", access=SIGNED_IN, replies=Reply(201, Poured))
    def pour_from(call: Call[Nothing, Nothing]) -> Answer:
        """Pour from a pot."""
        return call.transact(made.pour)

    operations.attach(app, [room])
    return made


@pytest.fixture
def person(app: Flask, kitchen: Kitchen) -> Person:
    return sign_up(app)


def test_a_second_request_gets_the_first_answer_byte_for_byte(person: Person, kitchen: Kitchen) -> None:
    first = person.call("POST", "/teas", key="k", json={})
    second = person.call("POST", "/teas", key="k", json={})
    assert (first.status_code, first.data, first.content_type) == (second.status_code, second.data, second.content_type)
    assert first.get_json() == {"cups": 1}
    assert counts("periodic_ticks") == {"periodic_ticks": 1}


def test_an_edited_profile_is_answered_as_it_was_then(person: Person) -> None:
    first = person.call("PATCH", "/me", key="k", json={"display_name": "Mei"})
    person.call("PATCH", "/me", json={"display_name": "Anna"})
    assert person.call("PATCH", "/me", key="k", json={"display_name": "Mei"}).data == first.data
    assert person.call("GET", "/me").get_json()["display_name"] == "Anna"


def test_without_a_key_it_happens_each_time(person: Person, kitchen: Kitchen) -> None:
    assert [person.call("POST", "/teas", json={}).get_json()["cups"] for _ in range(2)] == [1, 2]
    assert counts("idempotency_answers") == {"idempotency_answers": 0}


@pytest.mark.parametrize("body", ['{"display_name": "Anna"}', '{"display_name":  "Mei"}'])
def test_another_body_under_the_key_is_422_and_changes_nothing(person: Person, body: str) -> None:
    person.call("PATCH", "/me", key="k", data='{"display_name": "Mei"}', content_type="application/json")
    again = person.call("PATCH", "/me", key="k", data=body, content_type="application/json")
    assert refusal(again) == (422, "idempotency_key_reused", None)
    assert person.call("GET", "/me").get_json()["display_name"] == "Mei"


def test_a_key_belongs_to_its_caller_method_and_full_path(app: Flask, person: Person, kitchen: Kitchen) -> None:
    other = sign_up(app)
    answers = [
        person.call("POST", "/teas", key="k", json={}),
        other.call("POST", "/teas", key="k", json={}),
        person.call("POST", "/pots/a/teas", key="k", json={}),
        person.call("POST", "/pots/b/teas", key="k", json={}),
        person.call("PATCH", "/me", key="k", json={}),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 201, 200]
    assert kitchen.cups == 4


def test_only_successes_are_kept(person: Person, kitchen: Kitchen) -> None:
    kitchen.fails = True
    assert refusal(person.call("POST", "/teas", key="k", json={}))[0] == 500
    assert refusal(person.call("PATCH", "/me", key="k", json={"locale": "fr"}))[0] == 422
    assert counts("idempotency_answers", "periodic_ticks") == {"idempotency_answers": 0, "periodic_ticks": 0}
    kitchen.fails = False
    assert person.call("POST", "/teas", key="k", json={}).status_code == 201
    assert person.call("PATCH", "/me", key="k", json={"locale": "en"}).status_code == 200


def test_while_the_first_still_runs_the_second_is_409_and_then_gets_its_answer(
    app: Flask, person: Person, kitchen: Kitchen
) -> None:
    kitchen.go_on.clear()
    answers = []
    first = Thread(target=lambda: answers.append(person.call("POST", "/teas", key="k", json={})))
    first.start()
    assert kitchen.entered.wait(PATIENCE)
    other = Person(app.test_client(), person.card, person.token)
    assert refusal(other.call("POST", "/teas", key="k", json={})) == (409, "idempotency_in_progress", None)
    kitchen.go_on.set()
    first.join(10)
    assert other.call("POST", "/teas", key="k", json={}).data == answers[0].data
    assert kitchen.cups == 1


def test_a_run_that_died_frees_its_key(app: Flask, person: Person, kitchen: Kitchen) -> None:
    name = f"idempotency {person.card.member_id} POST /api/v1/teas k"
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
        assert refusal(person.call("POST", "/teas", key="k", json={}))[1] == "idempotency_in_progress"
        connection.invalidate()
    assert person.call("POST", "/teas", key="k", json={}).status_code == 201


def test_the_answer_and_the_change_are_there_together_or_not_at_all(
    person: Person, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_: object) -> None:
        raise RuntimeError("no space left")

    monkeypatch.setattr(idempotency, "keep", fall)
    assert refusal(person.call("POST", "/teas", key="k", json={}))[0] == 500
    assert counts("idempotency_answers", "periodic_ticks") == {"idempotency_answers": 0, "periodic_ticks": 0}


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
def test_a_malformed_key_is_400(person: Person, key: str) -> None:
    answer = person.call("PATCH", "/me", headers={"Idempotency-Key": key}, json={})
    assert refusal(answer) == (400, "idempotency_key_malformed", None)


def test_registration_and_sign_in_ignore_the_header_and_no_token_is_stored(app: Flask) -> None:
    client, body = app.test_client(), registration()
    header = {"Idempotency-Key": "two words are fine where it is ignored"}
    assert client.post("/api/v1/members", json=body, headers=header).status_code == 201
    assert refusal(client.post("/api/v1/members", json=body, headers=header)) == (409, "email_taken", "email")
    signing_in = {"email": body["email"], "password": body["password"]}
    tokens = {client.post("/api/v1/sessions", json=signing_in, headers=header).get_json()["token"] for _ in range(2)}
    assert len(tokens) == 2
    assert counts("idempotency_answers") == {"idempotency_answers": 0}


def test_answers_are_forgotten_after_a_day_and_not_before(app: Flask, person: Person) -> None:
    person.call("PATCH", "/me", key="k", json={})

    def purge_in(span: timedelta) -> bool:
        with unit_of_work(ManualClock(datetime.now(UTC) + span)) as uow:
            return idempotency.purge(uow)

    assert purge_in(timedelta(hours=23, minutes=59)) is False
    assert counts("idempotency_answers") == {"idempotency_answers": 1}
    purge_in(timedelta(hours=24, minutes=1))
    assert counts("idempotency_answers") == {"idempotency_answers": 0}


def test_a_large_purge_goes_in_batches(app: Flask, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PURGED_AT_ONCE", 2)
    for key in "abc":
        person.call("PATCH", "/me", key=key, json={})
    later = ManualClock(datetime.now(UTC) + timedelta(days=2))
    assert [in_unit_of_work(idempotency.purge, later) for _ in range(2)] == [True, False]
