"""Reports, decisions, limits at one door, and the one appeal that somebody else decides."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from community_shop import a_note, received, tea
from flask import Flask
from money_people import IBAN, earn, number_of, wallet_of
from payment_shop import rows
from room_shop import Member, RoomShop, room_shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import Person, counts, refusal, sign_up

from socialshop.community import service as community
from socialshop.community.conduct import Outcome
from socialshop.identity import service as identity
from socialshop.identity.service import Limit, StandingLimited
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from tests.due_work import work


@pytest.fixture
def lin(app: Flask) -> Person:
    return sign_up(app, name="Lin")


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN, name="Ada")


def mbr(person: Person) -> str:
    return to_public("mbr", person.card.member_id)


def reported(reporter: Person, subject: str, ground: str = "abuse") -> str:
    body = {"subject_id": subject, "ground": ground, "words": "Look at it."}
    answer = reporter.call("POST", "/reports", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def judged(admin: Person, report: str, verdict: str, days: int | None = None) -> Any:
    body = {"verdict": verdict, "reason": "By rule three.", "days": days}
    return admin.call("POST", f"/admin/reports/{report}/decision", json=body)


def against(person: Person, admin: Person, verdict: str, days: int | None = None) -> str:
    """A decision about this person, after a report of the name; its public id."""
    report = reported(sign_up(person.client.application), mbr(person))
    answer = judged(admin, report, verdict, days)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["id"])


def notices(person: Person) -> list[str]:
    return [row["kind"] for row in person.call("GET", "/me/notices").get_json()["data"]]


# --- reports ----------------------------------------------------------------------------------------------------------


def test_what_can_be_seen_is_reported_once_by_each_and_never_by_its_own(app: Flask, lin: Person, admin: Person) -> None:
    note = a_note(lin, admin, tea()[1])
    waiting = {"line_id": received(lin, tea()[1]), "title": "Tea", "text": "Good."}
    unseen = lin.call("POST", "/notes", json=waiting).get_json()["id"]
    reader = sign_up(app)
    reported(reader, note)
    again = {"subject_id": note, "ground": "fraud", "words": "Once more."}
    before = counts("reports")
    assert refusal(reader.call("POST", "/reports", json=again))[:2] == (409, "already_reported")
    assert refusal(lin.call("POST", "/reports", json=again)) == (422, "invalid_value", "subject_id")
    for unknown in (unseen, to_public("room", uuid.uuid4()), "prd_01k9w3q2mxe5tb6v8c4yd7r1hz"):
        assert refusal(reader.call("POST", "/reports", json=again | {"subject_id": unknown}))[:2] == (404, "not_found")
    assert counts("reports") == before
    assert [row["decided"] for row in reader.call("GET", "/me/reports").get_json()["data"]] == [False]
    # Who is reported reads nothing of it.
    assert lin.call("GET", "/me/reports").get_json()["data"] == []
    assert "Look at it." not in lin.call("GET", "/me/export").text


def test_one_decision_is_about_all_open_reports_of_a_subject_and_each_hears(
    app: Flask, lin: Person, admin: Person
) -> None:
    note = a_note(lin, admin, tea()[1])
    readers = [sign_up(app) for _ in range(3)]
    reports = [reported(reader, note) for reader in readers]
    seen = admin.call("GET", "/admin/reports").get_json()["data"]
    assert [(row["id"], row["alike"], row["about_id"]) for row in seen] == [(each, 3, mbr(lin)) for each in reports]
    assert judged(admin, reports[1], "warned").status_code == 200
    assert judged(admin, reports[0], "warned").status_code == 200
    assert refusal(judged(admin, reports[2], "frozen", 3))[:2] == (409, "report_decided")
    assert counts("standing_decisions", "member_limits") == {"standing_decisions": 1, "member_limits": 0}
    assert admin.call("GET", "/admin/reports").get_json()["data"] == []
    assert [notices(reader) for reader in readers] == [["report_decided"]] * 3
    assert notices(lin).count("standing_warned") == 1
    assert lin.call("GET", "/me/access-log").get_json()["data"] == []
    admin.call("GET", f"/admin/reports/{reports[0]}")
    assert [row["saw"] for row in lin.call("GET", "/me/access-log").get_json()["data"]] == ["show_report"]


@pytest.mark.parametrize(("verdict", "days"), [("warned", 3), ("dismissed", 1), ("limited", None), ("frozen", None)])
def test_what_lasts_has_days_and_nothing_else_has(lin: Person, admin: Person, verdict: str, days: int | None) -> None:
    report = reported(sign_up(lin.client.application), mbr(lin))
    before = counts("standing_decisions", "audit_entries", "notices")
    assert refusal(judged(admin, report, verdict, days)) == (422, "invalid_value", "days")
    assert counts("standing_decisions", "audit_entries", "notices") == before


def test_nobody_decides_about_what_they_report_or_are_reported_for(lin: Person, admin: Person) -> None:
    own = reported(lin, mbr(admin))
    theirs = reported(admin, mbr(lin))
    for report in (own, theirs):
        assert refusal(judged(admin, report, "dismissed"))[:2] == (403, "self_decision")
    assert counts("standing_decisions") == {"standing_decisions": 0}


# --- what a limit takes, at one door ----------------------------------------------------------------------------------


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("verdict", "refused"),
    [("limited", {"review", "report", "open", "deal"}), ("frozen", {"review", "report", "open", "deal", "join"})],
)
def test_a_limit_takes_what_it_says_and_gives_it_back_at_its_end(
    shop: RoomShop, verdict: str, refused: set[str]
) -> None:
    lin, admin = sign_up(shop.app, role=Role.LEADER), sign_up(shop.app, role=Role.ADMIN)
    deal = shop.deal(3)
    room = shop.open(deal).room.id
    review = {"line_id": received(lin, shop.sku_id), "rating": 5, "text": "Fresh."}
    report = {"subject_id": to_public("room", room), "ground": "fraud", "words": "Hm."}
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "T", "group_size": 2, "price_minor": 100}
    deeds = {
        "review": ("/reviews", review),
        "report": ("/reports", report),
        "open": (f"/deals/{to_public('deal', deal)}/rooms", {}),
        "deal": ("/deals", terms | {"room_ttl_seconds": 3600}),
        "join": (f"/rooms/{to_public('room', room)}/seats", {}),
    }
    against(lin, admin, verdict, 2)
    tables = ("posts", "reports", "rooms", "deals", "seats", "orders")
    before = counts(*tables)
    for name in sorted(refused):
        path, body = deeds[name]
        answer = lin.call("POST", path, key=f"k-{name}", json=body)
        assert refusal(answer)[:2] == (403, "standing_limited"), name
        assert answer.get_json()["standing"] == verdict
    assert counts(*tables) == before
    # Never taken away: asking, appealing, reading.
    assert lin.call("POST", "/questions", json={"topic": "general", "text": "Why?"}).status_code == 201
    assert lin.call("GET", "/me/standing").get_json()["limit"] == verdict
    shop.app.extensions["socialshop_clock"].advance(timedelta(days=2))
    assert lin.call("GET", "/me/standing").get_json()["limit"] is None
    number = number_of(lin)
    in_unit_of_work(lambda uow: identity.require_standing(uow, number, identity.Deed.JOIN))


def test_a_seat_of_who_is_not_limited_costs_no_statement_for_it(shop: RoomShop) -> None:
    from room_shop import statements

    room = shop.open(shop.deal(5)).room.id
    shop.join(room)
    member = shop.member()
    with statements() as seen:
        shop.join(room, member)
    assert [one for one in seen if one.lstrip().startswith("SELECT kind, ends_at FROM member_limits")] == []
    in_unit_of_work(
        lambda uow: identity.limit_member(uow, uuid.uuid4(), member.number, Limit.FROZEN, uow.now + timedelta(days=400))
    )
    other = shop.open(shop.deal(5)).room.id
    with pytest.raises(StandingLimited):
        shop.join(other, Member(member.number))


def test_a_freeze_leaves_money_alone_and_puts_a_finding_beside_every_payout(
    app: Flask, lin: Person, admin: Person
) -> None:
    earn(number_of(lin), 1_000)
    place = {"channel": "bank", "holder": "Lin", "account": IBAN}
    to = lin.call("POST", "/me/payout-destinations", json=place).get_json()["id"]

    def asked(key: str) -> str:
        body = {"amount_minor": 300, "destination_id": to}
        return str(lin.call("POST", "/payout-requests", key=key, json=body).get_json()["id"])

    before = asked("a")
    decision = against(lin, admin, "frozen", 7)
    work()
    work()
    after = asked("b")
    assert wallet_of(number_of(lin))[:3] == (0, 400, 600)
    for request in (before, after):
        found = admin.call("GET", f"/admin/payout-requests/{request}").get_json()["findings"]
        assert [(row["code"], row["severity"]) for row in found] == [("member_frozen", "severe")]
    assert admin.call("POST", f"/admin/payout-requests/{before}/approve", key="c", json={}).status_code == 200
    lin.call("POST", f"/me/decisions/{decision}/appeal", json={"words": "Why?"})
    lift = {"outcome": "lifted", "reason": "A mistake."}
    judge = sign_up(app, role=Role.ADMIN)
    assert judge.call("POST", f"/admin/decisions/{decision}/appeal-decision", json=lift).status_code == 200
    third = asked("d")
    assert admin.call("GET", f"/admin/payout-requests/{third}").get_json()["findings"] == []


# --- appeals ----------------------------------------------------------------------------------------------------------


def test_an_appeal_is_decided_by_somebody_else_and_lifts_all_that_was_taken(
    app: Flask, lin: Person, admin: Person
) -> None:
    decision = against(lin, admin, "limited", 9)
    path, judge = f"/admin/decisions/{decision}/appeal-decision", sign_up(app, role=Role.ADMIN)
    lift = {"outcome": "lifted", "reason": "You are right."}
    assert refusal(judge.call("POST", path, json=lift))[:2] == (404, "not_found")
    assert refusal(sign_up(app).call("POST", f"/me/decisions/{decision}/appeal", json={"words": "x"}))[0] == 404
    assert lin.call("POST", f"/me/decisions/{decision}/appeal", json={"words": "It is so."}).status_code == 200
    again = lin.call("POST", f"/me/decisions/{decision}/appeal", json={"words": "Really."})
    assert refusal(again)[:2] == (409, "already_appealed")
    assert refusal(admin.call("POST", path, json=lift))[:2] == (403, "self_decision")
    assert lin.call("GET", "/me/standing").get_json()["limit"] == "limited"
    assert judge.call("POST", path, json=lift).status_code == 200
    assert judge.call("POST", path, json=lift).status_code == 200
    upheld = judge.call("POST", path, json={"outcome": "upheld", "reason": "No."})
    assert refusal(upheld)[:2] == (409, "appeal_decided")
    found = lin.call("GET", "/me/standing").get_json()
    assert (found["limit"], found["decisions"][0]["appeal_outcome"]) == (None, "lifted")
    assert notices(lin) == ["appeal_lifted", "standing_limited"]
    deeds = rows("SELECT action FROM audit_entries WHERE target = :t ORDER BY id", t=decision)
    assert [row[0] for row in deeds] == ["standing.limited", "appeal.lifted"]


def test_the_database_itself_keeps_the_decider_from_the_appeal_and_a_decision_as_it_is(
    lin: Person, admin: Person
) -> None:
    decision = from_public("dec", against(lin, admin, "limited", 9))
    lin.call("POST", f"/me/decisions/{to_public('dec', decision)}/appeal", json={"words": "It is so."})
    decided_by = (
        "UPDATE standing_decisions SET appeal_outcome = 'upheld', appeal_reason = 'no', appeal_decided_at = now(),"
        " appeal_decided_by = decided_by"
    )
    with pytest.raises(DBAPIError, match="ck_standing_decisions_another"):
        in_unit_of_work(lambda uow: _run(uow, decided_by))
    for statement in (
        "UPDATE standing_decisions SET ends_at = now() + interval '9 years'",
        "UPDATE standing_decisions SET decided_by = gen_random_uuid()",
        "DELETE FROM standing_decisions",
        "UPDATE member_limits SET ends_at = now() + interval '9 years'",
        "UPDATE behaviour_rules SET text_en = 'Anything goes.'",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|append-only"):
            in_unit_of_work(lambda uow, statement=statement: _run(uow, statement))


def _run(uow: UnitOfWork, statement: str) -> None:
    uow.session.execute(text(statement))


def test_of_many_appeals_at_once_one_is_kept_and_of_many_judges_one_decides(
    app: Flask, lin: Person, admin: Person
) -> None:
    decision, number = from_public("dec", against(lin, admin, "limited", 9)), number_of(lin)
    judges = [sign_up(app, role=Role.ADMIN).card.member_id for _ in range(4)]
    outcomes = [Outcome.LIFTED, Outcome.UPHELD] * 2

    def at_once(works: list[Any]) -> list[str]:
        gate, ended = threading.Barrier(len(works)), []

        def run(one: Any) -> None:
            with app.app_context():
                gate.wait()
                try:
                    in_unit_of_work(one)
                    ended.append("done")
                except DomainError as refused:
                    ended.append(refused.code)

        threads = [threading.Thread(target=run, args=(one,)) for one in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(ended)

    ended = at_once([lambda uow: community.appeal(uow, number, decision, "It is so.")] * 4)
    assert ended == ["already_appealed"] * 3 + ["done"]
    ended = at_once(
        [
            lambda uow, judge=judge, outcome=outcome: community.decide_appeal(uow, judge, decision, outcome, "So.")
            for judge, outcome in zip(judges, outcomes, strict=True)
        ]
    )
    # Whoever says the same as the first changes nothing; whoever says the other is refused.
    assert ended == ["appeal_decided"] * 2 + ["done"] * 2
    assert rows("SELECT count(*) FROM audit_entries WHERE action LIKE 'appeal.%'") == [(1,)]


# --- the rules --------------------------------------------------------------------------------------------------------


def test_rules_are_versions_and_who_has_read_them_has_read_that_version(app: Flask, lin: Person, admin: Person) -> None:
    first = app.test_client().get("/api/v1/behaviour-rules").get_json()
    assert (first["version"], first["read_at"]) == (1, None)
    assert lin.call("POST", "/me/behaviour-rules", json={"version": 1}).get_json()["read_at"] is not None
    made = admin.call("POST", "/admin/behaviour-rules", json={"text_zh": "一", "text_en": "One"}).get_json()
    assert made["version"] == 2
    assert lin.call("GET", "/behaviour-rules").get_json() == made
    stale = lin.call("POST", "/me/behaviour-rules", json={"version": 1})
    assert refusal(stale) == (422, "invalid_value", "version")
    assert rows("SELECT version FROM rules_readings") == [(1,)]
