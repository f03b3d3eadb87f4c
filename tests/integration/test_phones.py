"""Signing in by phone: codes are good once, five minutes and five attempts; nobody is told who has which phone."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from at_once import at_once
from flask import Flask
from payment_shop import rows
from room_shop import statements
from sqlalchemy import text
from web_client import PASSWORD, Person, counts, refusal, sign_up
from werkzeug.test import TestResponse

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.roles import Role
from socialshop.signins import service
from socialshop.signins.gateway import SandboxTexter, TextMessage
from socialshop.signins.rules import normalized_phone
from tests.due_work import work

PHONE = "+8613800000000"


@pytest.fixture
def clock(app: Flask) -> ManualClock:
    """Time that moves when it is told."""
    moved = ManualClock(datetime.now(UTC))
    app.extensions["socialshop_clock"] = moved
    return moved


def texts(app: Flask) -> list[TextMessage]:
    """What phones were sent by now."""
    work(["send_codes"])
    texter = app.extensions["socialshop_texter"]
    assert isinstance(texter, SandboxTexter)
    return list(texter.sent)


def newest_code(app: Flask, phone: str = PHONE) -> str:
    words = next(message.words for message in reversed(texts(app)) if message.phone == phone)
    found = re.search(r"\d{6}", words)
    assert found is not None
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def ask_link(person: Person, phone: str = PHONE, password: str = PASSWORD) -> TestResponse:
    return person.call("POST", "/me/phone", json={"phone": phone, "current_password": password})


def linked(app: Flask, clock: ManualClock, *, role: Role = Role.MEMBER, phone: str = PHONE) -> Person:
    person = sign_up(app, role=role)
    assert ask_link(person, phone).status_code == 202
    answer = person.call("POST", "/me/phone/confirmation", json={"code": newest_code(app, phone)})
    assert answer.status_code == 200, answer.text
    clock.advance(timedelta(minutes=2))
    return person


def ask(app: Flask, phone: str = PHONE) -> TestResponse:
    return app.test_client().post("/api/v1/sessions/phone-codes", json={"phone": phone})


def enter(app: Flask, code: str, phone: str = PHONE) -> TestResponse:
    return app.test_client().post("/api/v1/sessions/phone", json={"phone": phone, "code": code})


@pytest.mark.parametrize("text", ["+86 138-0000-0000", " +8613800000000 ", "+86(138)0000.0000"])
def test_a_number_is_kept_without_what_people_write_between_digits(text: str) -> None:
    assert normalized_phone(text) == PHONE


@pytest.mark.parametrize("text", ["13800000000", "+013800000000", "+86", "+8613800000000000", "+86１３800000000", ""])
def test_what_is_no_number_with_its_country_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        normalized_phone(text)


def test_a_phone_is_linked_by_its_code_and_signs_in(app: Flask, clock: ManualClock) -> None:
    lin = linked(app, clock)
    assert lin.call("GET", "/me/phone").get_json()["phone"]["number"] == PHONE
    assert rows("SELECT kind FROM mails") == [("phone_linked",)]
    assert ask(app, "+86 138 0000 0000").status_code == 202
    code = newest_code(app)
    opened = enter(app, code)
    assert opened.status_code == 201
    assert opened.get_json()["member"]["id"] == lin.call("GET", "/me").get_json()["id"]
    # Good once.
    assert refusal(enter(app, code)) == (422, "code_not_valid", "code")
    kept = rows("SELECT code_hash FROM phone_codes")
    assert all(code not in hashed and hashed.startswith("$argon2id$") for (hashed,) in kept)


def test_five_attempts_count_and_stay_counted(app: Flask, clock: ManualClock) -> None:
    linked(app, clock)
    ask(app)
    code = newest_code(app)
    for turn in range(1, 6):
        assert refusal(enter(app, wrong(code)))[1] == "code_not_valid"
        assert rows("SELECT attempts FROM phone_codes WHERE purpose = 'sign_in'") == [(turn,)]
    assert refusal(enter(app, code))[1] == "code_not_valid"


def test_five_attempts_count_at_linking_too(app: Flask, clock: ManualClock) -> None:
    lin = sign_up(app)
    ask_link(lin)
    code = newest_code(app)
    for turn in range(1, 6):
        body = {"code": wrong(code)}
        assert refusal(lin.call("POST", "/me/phone/confirmation", json=body)) == (422, "code_not_valid", "code")
        assert rows("SELECT attempts FROM phone_codes") == [(turn,)]
    assert lin.call("POST", "/me/phone/confirmation", json={"code": code}).status_code == 422
    assert counts("member_phones") == {"member_phones": 0}


@pytest.mark.parametrize(("late", "status"), [(timedelta(minutes=5), 422), (timedelta(minutes=4, seconds=59), 201)])
def test_a_code_is_good_for_five_minutes(app: Flask, clock: ManualClock, late: timedelta, status: int) -> None:
    linked(app, clock)
    ask(app)
    code = newest_code(app)
    clock.advance(late)
    assert enter(app, code).status_code == status


def test_the_newest_code_alone_is_good_and_removal_ends_all(app: Flask, clock: ManualClock) -> None:
    lin = linked(app, clock)
    ask(app)
    first = newest_code(app)
    clock.advance(timedelta(minutes=1, seconds=1))
    ask(app)
    second = newest_code(app)
    if first != second:
        assert enter(app, first).status_code == 422
    body = {"current_password": "wrong horse"}
    assert refusal(lin.call("POST", "/me/phone/removal", json=body))[1] == "wrong_password"
    assert lin.call("POST", "/me/phone/removal", json={"current_password": PASSWORD}).status_code == 204
    assert enter(app, second).status_code == 422
    assert lin.call("GET", "/me/phone").get_json() == {"phone": None}
    assert [kind for (kind,) in rows("SELECT kind FROM mails ORDER BY id")] == ["phone_linked", "phone_removed"]


def test_one_code_a_minute_and_five_a_day_are_sent(app: Flask, clock: ManualClock) -> None:
    linked(app, clock)
    before = len(texts(app))
    service_ask(clock, PHONE)
    service_ask(clock, PHONE)
    assert len(texts(app)) == before + 1
    for _ in range(9):
        clock.advance(timedelta(minutes=2))
        service_ask(clock, PHONE)
    # The one that linked the phone counts too.
    assert len(texts(app)) == before + 4


@pytest.mark.parametrize("purpose", ["sign_in", "link"])
def test_who_asks_at_the_same_time_waits_and_then_one_is_sent_a_code(
    app: Flask, clock: ManualClock, purpose: str
) -> None:
    me = linked(app, clock).card.member_id

    def ask_again(uow: UnitOfWork, phone: str) -> None:
        if purpose == "link":
            service.ask_phone_link(uow, SandboxTexter(), me, phone, PASSWORD)
        else:
            service.ask_phone_sign_in(uow, SandboxTexter(), PHONE)

    second = threading.Thread(target=at_once, args=(app, clock, [lambda uow: ask_again(uow, "+8613900000002")]))
    with unit_of_work(clock) as uow:
        ask_again(uow, "+8613900000001")
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join()
    assert counts("phone_codes") == {"phone_codes": 2}


def test_what_was_asked_for_is_not_sent_after_the_phone_is_removed_or_a_code_was_used(
    app: Flask, clock: ManualClock
) -> None:
    lin = linked(app, clock)
    ask(app)
    code = newest_code(app)
    sent = len(texts(app))
    clock.advance(timedelta(minutes=2))
    service_ask(clock, PHONE)
    # Of the two the older is still the newest that was sent.
    with unit_of_work(clock) as uow:
        uow.session.execute(
            text("UPDATE phone_codes SET created_at = created_at - interval '1 hour' WHERE code_hash IS NULL")
        )
    assert enter(app, code).status_code == 201
    assert len(texts(app)) == sent
    clock.advance(timedelta(minutes=2))
    service_ask(clock, PHONE)
    assert lin.call("POST", "/me/phone/removal", json={"current_password": PASSWORD}).status_code == 204
    assert len(texts(app)) == sent


def test_an_unknown_phone_is_answered_alike_and_sent_nothing(app: Flask, clock: ManualClock) -> None:
    linked(app, clock)
    sent = len(texts(app))
    with statements() as known:
        service_ask(clock, PHONE)
    with statements() as unknown:
        service_ask(clock, "+8613811111111")
    assert known == unknown
    assert ask(app, "+8613822222222").get_json() == {}
    assert len(texts(app)) == sent + 1
    assert refusal(enter(app, "123456", "+8613822222222")) == refusal(enter(app, "123456"))


def service_ask(clock: ManualClock, phone: str) -> None:
    with unit_of_work(clock) as uow:
        service.ask_phone_sign_in(uow, SandboxTexter(), phone)


def test_who_has_the_shops_keys_signs_in_by_no_phone(app: Flask, clock: ManualClock) -> None:
    linked(app, clock, role=Role.ADMIN)
    sent = len(texts(app))
    ask(app)
    assert len(texts(app)) == sent


def test_a_phone_is_one_members_and_who_is_wrong_about_the_password_gets_no_code(
    app: Flask, clock: ManualClock
) -> None:
    linked(app, clock)
    chen = sign_up(app)
    assert refusal(ask_link(chen, PHONE, "wrong horse"))[1] == "wrong_password"
    assert ask_link(chen).status_code == 202
    answer = chen.call("POST", "/me/phone/confirmation", json={"code": newest_code(app)})
    assert refusal(answer)[:2] == (409, "phone_taken")
    assert counts("member_phones") == {"member_phones": 1}


def test_without_a_provider_it_is_unavailable(app: Flask) -> None:
    app.extensions["socialshop_texter"] = None
    assert refusal(ask(app))[:2] == (503, "phones_unavailable")
    assert refusal(ask_link(sign_up(app)))[:2] == (503, "phones_unavailable")


def test_leaving_takes_the_phone_along(app: Flask, clock: ManualClock) -> None:
    lin = linked(app, clock)
    assert lin.call("DELETE", "/me").status_code in (200, 204)
    assert counts("phone_codes", "member_phones") == {"phone_codes": 0, "member_phones": 0}


def test_codes_of_days_ago_are_purged(app: Flask, clock: ManualClock) -> None:
    linked(app, clock)
    clock.advance(timedelta(days=2))
    with unit_of_work(clock) as uow:
        assert service.purge_codes(uow) is False
    assert counts("phone_codes", "member_phones") == {"phone_codes": 0, "member_phones": 1}
