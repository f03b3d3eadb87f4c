"""Birthdays: told once, left alone for a year, and asked for by day in the shop's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import statements
from web_client import Person, refusal, sign_up

from socialshop.identity import service as identity
from socialshop.identity.service import BirthdayKept, Born
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

ZONE = "Asia/Shanghai"
TOLD = datetime(2026, 1, 31, 12, tzinfo=UTC)


def tell(person: Person, born: Born, at: datetime = TOLD) -> None:
    with unit_of_work(ManualClock(at)) as uow:
        identity.set_birthday(uow, person.card.member_id, born, zone=ZONE)


def known() -> list[tuple[int, int, int | None]]:
    return rows("SELECT month, day, year FROM member_birthdays ORDER BY member_id")


def celebrating(on: date, **more: int) -> list[int]:
    with unit_of_work() as uow:
        return [found.number for found in identity.celebrating_on(uow, on, zone=ZONE, **more)]


def number(person: Person) -> int:
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def test_a_birthday_is_told_once_and_changes_after_365_days(app: Flask) -> None:
    lin = sign_up(app)
    tell(lin, Born(3, 9))
    tell(lin, Born(3, 9), TOLD + timedelta(days=364))
    for early in (timedelta(minutes=1), timedelta(days=365) - timedelta(microseconds=1)):
        with pytest.raises(BirthdayKept):
            tell(lin, Born(3, 10), TOLD + early)
    assert known() == [(3, 9, None)]
    tell(lin, Born(3, 10, 1990), TOLD + timedelta(days=365))
    assert known() == [(3, 10, 1990)]


@pytest.mark.parametrize(
    ("born", "field"),
    [
        (Born(4, 31), "day"),
        (Born(2, 29, 2001), "day"),
        (Born(13, 1), "day"),
        (Born(2, 1, 2026), "year"),
        (Born(2, 1, 1899), "year"),
    ],
)
def test_what_is_no_day_of_birth_is_refused(app: Flask, born: Born, field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        tell(sign_up(app), born)
    assert refused.value.field == field
    assert known() == []


def test_the_day_is_the_shops_own_and_leap_days_are_celebrated_on_the_28th(app: Flask) -> None:
    eve, leap, after, late = (sign_up(app) for _ in range(4))
    for person, born in ((eve, Born(2, 28)), (leap, Born(2, 29, 1996)), (after, Born(3, 1))):
        tell(person, born)
    # In Shanghai the first day of March has begun: too late for this year.
    tell(late, Born(3, 1), datetime(2027, 2, 28, 16, tzinfo=UTC))
    assert celebrating(date(2027, 2, 28)) == [number(eve), number(leap)]
    assert celebrating(date(2027, 3, 1)) == [number(after)]
    assert celebrating(date(2028, 2, 28)) == [number(eve)]
    assert celebrating(date(2028, 2, 29)) == [number(leap)]
    assert celebrating(date(2028, 3, 1)) == [number(after), number(late)]
    assert celebrating(date(2100, 2, 28)) == [number(eve), number(leap)]


def test_any_number_of_birthdays_is_read_in_batches_of_one_statement(app: Flask) -> None:
    people = [sign_up(app) for _ in range(5)]
    for person in people:
        tell(person, Born(6, 1))
    numbers = sorted(number(person) for person in people)
    with statements() as seen:
        first = celebrating(date(2026, 6, 1), limit=3)
    assert len(seen) == 1
    assert first == numbers[:3]
    assert celebrating(date(2026, 6, 1), limit=3, after=first[-1]) == numbers[3:]


def test_the_member_tells_it_over_http_and_an_admin_puts_it_right(app: Flask) -> None:
    lin, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    assert lin.call("GET", "/me/birthday").get_json() == {"birthday": None}
    told = lin.call("POST", "/me/birthday", json={"month": 2, "day": 29})
    assert (told.status_code, told.get_json()["year"]) == (200, None)
    assert lin.call("GET", "/me/birthday").get_json() == {"birthday": told.get_json()}
    other = {"month": 2, "day": 28, "year": 1990}
    assert refusal(lin.call("POST", "/me/birthday", json=other))[:2] == (409, "birthday_kept")
    assert refusal(lin.call("POST", "/me/birthday", json={"month": 6, "day": 31}))[2] == "day"
    path = f"/admin/members/{to_public('mbr', lin.card.member_id)}/birthday"
    assert admin.call("POST", path, key="a", json=other).status_code == 200
    assert known() == [(2, 28, 1990)]
    facts = rows("SELECT facts FROM audit_entries WHERE action = 'member.birthday_corrected'")
    assert facts == [({},)]
    nobody = f"/admin/members/{to_public('mbr', lin.card.member_id)[:-1]}z/birthday"
    assert admin.call("POST", nobody, key="b", json=other).status_code == 404
