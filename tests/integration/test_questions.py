"""Questions to the shop: about one's own things, answered within a time, and told."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from community_shop import received, tea
from flask import Flask
from money_people import clock_of, number_of
from payment_shop import rows
from points_shop import BEGINNING
from sqlalchemy import text
from web_client import Person, counts, refusal, sign_up

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.memberships import service as memberships
from socialshop.memberships.programme import Programme


@pytest.fixture
def lin(app: Flask) -> Person:
    return sign_up(app, name="Lin")


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN, name="Ada")


def asked(person: Person, text: str = "When do you open?", **about: str) -> str:
    body = {"topic": "general", "text": text} | about
    answer = person.call("POST", "/questions", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def test_one_asks_about_own_orders_deals_or_in_general(app: Flask, lin: Person) -> None:
    line = from_public("oln", received(lin, tea()[1]))
    order = to_public("ord", rows("SELECT order_id FROM order_lines WHERE id = :id", id=line)[0][0])
    asked(lin, topic="order", target_id=order)
    before = counts("questions", "question_messages")
    stranger = sign_up(app)
    body = {"topic": "order", "target_id": order, "text": "Whose is it?"}
    assert refusal(stranger.call("POST", "/questions", json=body))[:2] == (404, "not_found")
    for wrong in ({"topic": "order"}, {"topic": "general", "target_id": order}):
        answer = lin.call("POST", "/questions", json={"text": "Hm."} | wrong)
        assert refusal(answer) == (422, "invalid_value", "target_id")
    assert counts("questions", "question_messages") == before


def test_who_has_a_service_line_is_answered_in_half_the_time_and_that_is_metered(app: Flask, lin: Person) -> None:
    """Given a tier with a line of its own, when its member and another ask, then the first waits for half as long."""
    rui = sign_up(app, name="Rui")
    document = {"name": "Lines", "period_days": 365, "grace_days": 10}
    tiers = [("plain", 0, {}), ("served", 10, {"service_line": True})]
    ladder = [
        {"code": code, "name_zh": code, "name_en": code, "threshold": least, "benefits": gives}
        for code, least, gives in tiers
    ]
    who = number_of(lin)
    with unit_of_work() as uow:
        made = memberships.draft_programme(uow, uuid.uuid4(), Programme.model_validate(document | {"tiers": ladder}))
        memberships.publish_programme(uow, uuid.uuid4(), made.id)
        standing = """
            INSERT INTO member_standings (member, version, tier, since)
            SELECT :member, version, code, now() FROM tiers WHERE code = 'served'
        """
        uow.session.execute(text(standing), {"member": who})
    for person in (lin, rui):
        asked(person)
    waits = "SELECT (due_at - asked_at)::text FROM questions ORDER BY member"
    assert sorted(rows(waits)) == [("1 day",), ("12:00:00",)]
    assert rows("SELECT member, benefit FROM benefit_uses") == [(who, "service_line")]


def test_a_question_is_answered_told_asked_further_and_settled(app: Flask, lin: Person, admin: Person) -> None:
    question = asked(lin)
    path, desk = f"/me/questions/{question}", f"/admin/questions/{question}/answers"
    assert refusal(sign_up(app).call("GET", path))[:2] == (404, "not_found")
    assert admin.call("POST", desk, json={"text": "At nine."}).get_json()["status"] == "answered"
    assert [row["kind"] for row in lin.call("GET", "/me/notices").get_json()["data"]] == ["question_answered"]
    assert lin.call("POST", f"{path}/messages", json={"text": "On Sundays too?"}).get_json()["status"] == "open"
    settled = admin.call("POST", desk, json={"text": "On Sundays too.", "closes": True}).get_json()
    assert [(one["by"], one["text"]) for one in settled["messages"]] == [
        ("member", "When do you open?"),
        ("shop", "At nine."),
        ("member", "On Sundays too?"),
        ("shop", "On Sundays too."),
    ]
    assert settled["status"] == "closed"
    before = counts("question_messages")
    for call in (
        lin.call("POST", f"{path}/messages", json={"text": "And?"}),
        admin.call("POST", desk, json={"text": "And?"}),
    ):
        assert refusal(call)[:2] == (409, "question_closed")
    assert counts("question_messages") == before
    assert lin.call("POST", f"{path}/close").status_code == 200
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'question.answered'") == [(2,)]


def test_what_waits_longer_than_it_should_is_overdue_and_its_answer_late(app: Flask) -> None:
    clock = clock_of(app, BEGINNING)
    lin, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    first = asked(lin)
    clock.advance(timedelta(hours=23))
    second = asked(lin)
    clock.advance(timedelta(hours=1))

    def queue() -> tuple[int, int, list[bool]]:
        page = admin.call("GET", "/admin/questions").get_json()
        return page["open"], page["overdue"], [row["overdue"] for row in page["data"]]

    assert queue() == (2, 1, [True, False])
    for question in (first, second):
        admin.call("POST", f"/admin/questions/{question}/answers", json={"text": "Soon."})
    assert queue() == (0, 0, [])
    late = rows("SELECT facts -> 'late' FROM audit_entries WHERE action = 'question.answered' ORDER BY id")
    assert [row[0] for row in late] == [True, False]
    # Asked further, it waits anew for as long again.
    lin.call("POST", f"/me/questions/{first}/messages", json={"text": "How soon?"})
    assert queue() == (1, 0, [False])
    clock.advance(timedelta(hours=24))
    assert queue() == (1, 1, [True])
