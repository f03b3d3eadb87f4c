"""Surveys: answered once for points, read as counts that hide the few, and words that go with their member."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from money_people import number_of
from points_shop import points, rows
from web_client import Person, counts, refusal, sign_up

from socialshop.infra.personal import Person as Leaver
from socialshop.infra.personal import erase
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.roles import Role
from socialshop.loyalty.service import PERSONAL, missions
from socialshop.loyalty.survey_rules import Given, Kind, Option, Question, Reply, replies_of, shown

OPTIONS = [{"zh": "绿茶", "en": "Green"}, {"zh": "红茶", "en": "Black"}, {"zh": "乌龙", "en": "Oolong"}]
ASKED = {"text_zh": "什么茶？", "text_en": "Which tea?"}
QUESTIONS = [
    {"kind": "single", "options": OPTIONS, **ASKED},
    {"kind": "multiple", "options": OPTIONS, "required": False, **ASKED},
    {"kind": "scale", **ASKED},
    {"kind": "text", "required": False, **ASKED},
]


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


def asked(admin: Person, **more: object) -> str:
    body = {"title_zh": "茶", "title_en": "Tea", "questions": QUESTIONS, "closes_at": "2036-01-01T00:00:00Z", **more}
    answer = admin.call("POST", "/admin/surveys", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def reply(person: Person, survey: str, tea: int = 1, also: tuple[int, ...] = (), words: str = "") -> Any:
    answers: list[dict[str, Any]] = [{"question": 1, "choices": [tea]}, {"question": 3, "choices": [4]}]
    answers += [{"question": 2, "choices": list(also)}] if also else []
    answers += [{"question": 4, "text": words}] if words else []
    return person.call("POST", f"/surveys/{survey}/answers", json={"answers": answers})


def test_a_member_answers_once_and_earns_once(app: Flask, admin: Person) -> None:
    lin, survey = sign_up(app), asked(admin)
    assert reply(lin, survey).get_json() == {"points": 30}
    assert refusal(reply(lin, survey, tea=2))[:2] == (409, "survey_answered")
    assert points(number_of(lin)).available == 30
    assert rows("SELECT question, choice FROM survey_replies ORDER BY question") == [(1, 1), (3, 4)]
    (own,) = lin.call("GET", "/surveys").get_json()["data"]
    assert (own["id"], own["answered"], len(own["questions"])) == (survey, True, 4)
    (deed,) = rows("SELECT payload FROM outbox_events WHERE name = 'DeedsDone'")
    assert (deed.payload["kind"], deed.payload["members"]) == ("survey", [number_of(lin)])


def test_points_are_the_surveys_own_where_it_says_so_within_the_cap(app: Flask, admin: Person) -> None:
    lin = sign_up(app)
    given_points = [reply(lin, asked(admin, points=worth)).get_json()["points"] for worth in (100, 30, 20, 0)]
    assert given_points == [100, 0, 20, 0], "at most 120 points of surveys a month"


@pytest.mark.parametrize(
    "answers",
    [
        [{"question": 1, "choices": [1]}],
        [{"question": 1, "choices": [1, 2]}, {"question": 3, "choices": [1]}],
        [{"question": 1, "choices": [4]}, {"question": 3, "choices": [1]}],
        [{"question": 1, "choices": [1]}, {"question": 3, "choices": [6]}],
        [{"question": 1, "choices": [1], "text": "words"}, {"question": 3, "choices": [1]}],
        [{"question": 1, "choices": [1]}, {"question": 3, "choices": [1]}, {"question": 1, "choices": [2]}],
        [{"question": 1, "choices": [1]}, {"question": 3, "choices": [1]}, {"question": 5, "choices": [1]}],
    ],
    ids=["one left out", "two of one", "no such option", "no such step", "words unasked", "twice", "no such question"],
)
def test_an_answer_that_was_not_asked_for_is_refused_and_nothing_is_kept(
    app: Flask, admin: Person, answers: list[dict[str, Any]]
) -> None:
    lin, survey = sign_up(app), asked(admin)
    before = counts("survey_answers", "survey_replies", "point_lots")
    answer = lin.call("POST", f"/surveys/{survey}/answers", json={"answers": answers})
    assert refusal(answer) == (422, "invalid_value", "answers")
    assert counts("survey_answers", "survey_replies", "point_lots") == before


def test_a_survey_is_open_from_its_beginning_until_its_end(app: Flask, admin: Person) -> None:
    lin = sign_up(app)
    later, open_ = asked(admin, opens_at="2035-01-01T00:00:00Z"), asked(admin)
    assert refusal(reply(lin, later))[:2] == (404, "not_found")
    for _ in range(2):
        assert admin.call("POST", f"/admin/surveys/{open_}/close").status_code == 200
    assert refusal(reply(lin, open_))[:2] == (409, "survey_closed")
    assert lin.call("GET", "/surveys").get_json()["data"] == []
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'survey.closed'") == [(1,)]


def test_results_hide_the_few_and_what_would_tell_them(app: Flask, admin: Person) -> None:
    survey, people = asked(admin), [sign_up(app) for _ in range(13)]

    def results() -> dict[str, Any]:
        return dict(admin.call("GET", f"/admin/surveys/{survey}/results").get_json())

    for person in people[:4]:
        assert reply(person, survey, 1, (2,), "more").status_code == 201
    found = results()
    assert found["answered"] is None
    assert [q["counts"] for q in found["questions"]] == [[None] * 3, [None] * 3, [None] * 5, []]
    assert found["questions"][3]["words"] == []
    for person in people[4:7]:
        reply(person, survey, 1, (1, 2), "and black")
    for person in people[7:]:
        reply(person, survey, 2)
    found = results()
    assert found["answered"] == 13
    assert [q["counts"] for q in found["questions"]] == [[7, 6, 0], [None, 7, 0], [0, 0, 0, 13, 0], []]
    assert found["questions"][3]["words"] == ["and black"] * 3 + ["more"] * 4
    assert "member" not in str(found)


def test_words_go_with_their_member_and_the_counts_stay(app: Flask, admin: Person) -> None:
    survey, people = asked(admin), [sign_up(app) for _ in range(6)]
    for place, person in enumerate(people):
        reply(person, survey, 1, words=f"canary {place}")
    leaver = Leaver(people[0].card.member_id, number_of(people[0]), "Somebody")
    with unit_of_work() as uow:
        erase(uow.session, PERSONAL, leaver)
    assert rows("SELECT count(*) FROM survey_replies WHERE words LIKE 'canary 0%'") == [(0,)]
    found = admin.call("GET", f"/admin/surveys/{survey}/results").get_json()
    assert (found["answered"], found["questions"][0]["counts"]) == (6, [6, 0, 0])
    assert found["questions"][3]["words"] == [f"canary {place}" for place in range(1, 6)]


_TEA = Question(Kind.MULTIPLE, "茶", "Tea", (Option("绿", "Green"), Option("红", "Black")), required=False)


def test_nothing_at_all_is_no_answer_and_a_choice_said_twice_counts_once() -> None:
    with pytest.raises(InvalidValue):
        replies_of([_TEA], [Given(1)])
    assert replies_of([_TEA], [Given(1, [2, 2, 1])]) == [Reply(1, 1), Reply(1, 2)]


@given(kind=st.sampled_from([Kind.SINGLE, Kind.SCALE, Kind.MULTIPLE]), found=st.lists(st.integers(0, 12), min_size=2))
def test_no_count_below_five_is_shown_or_follows_from_the_sum(kind: Kind, found: list[int]) -> None:
    answered = sum(found)
    told = shown(kind, found, answered)
    assert all(count is None or count == real for count, real in zip(told, found, strict=True))
    assert all(count is None or count == 0 or count >= 5 for count in told)
    if kind is not Kind.MULTIPLE:
        assert told.count(None) != 1
    if answered < 5:
        assert set(told) == {None}


def test_a_mission_counts_surveys(app: Flask, admin: Person) -> None:
    lin, survey = sign_up(app), asked(admin)
    terms = {"title_zh": "问卷", "title_en": "Survey", "times": 1, "points": 5}
    window = {"kind": "survey", "repeats": "once", "closes_at": "2036-01-01T00:00:00Z"}
    admin.call("POST", "/admin/missions", json=terms | window)
    reply(lin, survey)
    told = [dict(row.payload) for row in rows("SELECT payload FROM outbox_events WHERE name = 'DeedsDone'")]
    with unit_of_work() as uow:
        missions.on_deeds_done(uow, told)
    assert points(number_of(lin)).available == 35


def test_a_survey_without_a_question_that_can_be_answered_is_refused(admin: Person) -> None:
    for questions in ([{"kind": "single", **ASKED}], [{"kind": "text", "options": OPTIONS, **ASKED}]):
        body = {"title_zh": "茶", "title_en": "Tea", "questions": questions, "closes_at": "2036-01-01T00:00:00Z"}
        assert refusal(admin.call("POST", "/admin/surveys", json=body)) == (422, "invalid_value", "questions")
