"""Findings about members: they hold money until a person decides, with a reason; what holds nothing passes by time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from after_sales import settle
from flask import Flask
from money_people import earn, number_of
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from test_payout_findings import DUE, Sponsor
from test_payouts import approved, asked, batch, decide, release
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.risk import service as risk
from socialshop.risk.ruleset import DEFAULT, document_of
from socialshop.screening import cases
from socialshop.screening.cases import Case
from socialshop.screening.rules import Severity
from tests.due_work import work


@pytest.fixture
def lin(app: Flask) -> Person:
    """A member who may pay out 900."""
    person = sign_up(app)
    earn(number_of(person), 900)
    return person


@pytest.fixture
def admins(app: Flask) -> list[Person]:
    return [sign_up(app, role=Role.ADMIN) for _ in range(3)]


def found(*people: Person, code: str = "ring", holds: bool = True, shadow: bool = False) -> str:
    """A finding about these people, the first its subject."""
    numbers = frozenset(number_of(person) for person in people)

    def make(uow: UnitOfWork) -> str:
        case = Case(
            subject=to_public("mbr", people[0].card.member_id),
            code=code,
            occasion=secrets.token_hex(4),
            severity=Severity.SEVERE if holds else Severity.INFO,
            evidence={"ties": []},
            members=numbers,
            rules_version=0,
            shadow=shadow,
            holds=holds,
            expires_at=uow.now + timedelta(days=30),
        )
        cases.open_cases(uow, [case])
        (made, *_) = cases.cases(uow, code=code, limit=1)
        return to_public("fnd", made.id)

    return in_unit_of_work(make)


def judged(admin: Person, finding: str, verdict: str, reason: str = "Looked at.") -> Any:
    return admin.call("POST", f"/admin/findings/{finding}/decision", json={"verdict": verdict, "reason": reason})


def listed(admin: Person, query: str = "") -> list[str]:
    return [row["id"] for row in admin.call("GET", f"/admin/findings{query}").get_json()["data"]]


def past_the_program(statement: str, **values: object) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text(statement), values)


def test_what_is_held_is_not_approved_batched_or_released_until_it_is_dismissed(
    lin: Person, admins: list[Person]
) -> None:
    """Given a finding that holds; when a payout is to move at any of its steps; then it does not until dismissed."""
    request, finding = asked(lin, 300), found(lin)
    key = from_public("por", request)
    assert refusal(decide(admins[0], request, "approve"))[:2] == (409, "money_held")
    with pytest.raises(DatabaseError, match="a finding holds the money"):
        past_the_program("UPDATE payout_requests SET status = 'approved', decided_at = now() WHERE id = :id", id=key)
    shown = admins[0].call("GET", f"/admin/payout-requests/{request}").get_json()
    assert [(one["code"], one["severity"]) for one in shown["findings"]] == [("ring", "severe")]

    assert judged(admins[0], finding, "dismissed").get_json()["state"] == "dismissed"
    approved(admins[0], request)
    assert judged(admins[0], finding, "confirmed", "It was one hand after all.").status_code == 200
    assert refusal(batch(admins[1]))[:2] == (409, "nothing_to_pay")
    assert judged(admins[0], finding, "dismissed").status_code == 200
    made = batch(admins[1]).get_json()
    later = found(lin)
    assert refusal(release(admins[2], made["id"]))[:2] == (409, "money_held")
    with pytest.raises(DatabaseError, match="a finding holds money of it"):
        past_the_program(
            "UPDATE payout_batches SET status = 'released', released_by = :by, released_at = now() WHERE id = :id",
            id=from_public("pob", made["id"]),
            by=admins[2].card.member_id,
        )
    assert judged(admins[0], later, "dismissed").status_code == 200
    assert release(admins[2], made["id"]).status_code == 200
    decisions = admins[0].call("GET", f"/admin/findings/{finding}").get_json()["decisions"]
    assert [one["decision"] for one in decisions] == ["dismissed", "confirmed", "dismissed"]


def test_what_is_held_is_not_settled(app: Flask, admins: list[Person]) -> None:
    """Given commissions that mature and a finding; when they are settled; then not before it is dismissed."""
    sponsor = Sponsor(app)
    sponsor.sell(2_000)
    finding = found(sponsor.person)
    assert settle(DUE) == 0
    assert in_unit_of_work(lambda uow: commissions.begin_settlement(uow, DUE)) is False
    judged(admins[0], finding, "dismissed")
    assert settle(DUE) == 1


def test_nobody_decides_about_a_finding_that_names_them_and_no_state_moves_without_a_decision(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    finding = found(lin, admins[0])
    key = from_public("fnd", finding)
    before = counts("finding_decisions", "audit_entries")
    assert refusal(judged(admins[0], finding, "dismissed"))[:2] == (403, "own_finding")
    with pytest.raises(DatabaseError, match="decided by one whom it names"):
        past_the_program(
            "INSERT INTO finding_decisions (finding_id, decision, decided_by, decided_at, reason)"
            " VALUES (:id, 'dismissed', :by, now(), 'mine')",
            id=key,
            by=admins[0].card.member_id,
        )
    for state in ("dismissed", "confirmed", "expired"):
        with pytest.raises(DatabaseError, match="refused"):
            past_the_program("UPDATE finding_cases SET state = :state WHERE finding_id = :id", id=key, state=state)
    with pytest.raises(DatabaseError, match="stays"):
        past_the_program("UPDATE finding_cases SET holds = false, expires_at = now() WHERE finding_id = :id", id=key)
    assert refusal(judged(admins[1], finding, "dismissed", " "))[::2] == (422, "reason")
    finance = sign_up(app, role=Role.FINANCE)
    assert judged(finance, finding, "dismissed").status_code == 403
    assert counts("finding_decisions", "audit_entries") == before
    assert judged(admins[1], finding, "dismissed").status_code == 200
    assert judged(admins[1], finding, "dismissed").status_code == 200
    assert counts("finding_decisions")["finding_decisions"] == 1


def test_findings_are_listed_by_state_rule_severity_trial_and_member(lin: Person, admins: list[Person]) -> None:
    may = admins[1]
    ring, told, trial = found(lin), found(may, code="refund_rate", holds=False), found(lin, holds=False, shadow=True)
    assert listed(admins[0]) == [trial, told, ring]
    assert listed(admins[0], "?rule=refund_rate") == [told]
    assert listed(admins[0], "?severity=severe") == [ring]
    assert listed(admins[0], "?shadow=only") == [trial]
    assert listed(admins[0], "?shadow=none&limit=1") == [told]
    assert listed(admins[0], f"?member_id={to_public('mbr', lin.card.member_id)}") == [trial, ring]
    judged(admins[0], ring, "confirmed")
    assert listed(admins[0]) == [trial, told]
    assert listed(admins[0], "?state=confirmed") == [ring]
    assert len(listed(admins[0], "?state=any")) == 3
    assert refusal(admins[0].call("GET", "/admin/findings?member_id=nobody"))[0] == 404
    # A trial stands beside no payout.
    (shown,) = admins[0].call("GET", f"/admin/payout-requests/{asked(lin, 300)}").get_json()["findings"]
    assert shown["code"] == "ring"


def test_what_holds_nothing_expires_unless_it_is_found_again(lin: Person, admins: list[Person]) -> None:
    told, ring = found(lin, code="refund_rate", holds=False), found(lin)

    def later(uow: UnitOfWork) -> None:
        uow.session.execute(text("UPDATE finding_cases SET expires_at = :now WHERE NOT holds"), {"now": uow.now})
        risk.expire_findings(uow)

    in_unit_of_work(later)
    assert listed(admins[0]) == [ring]
    assert listed(admins[0], "?state=expired") == [told]
    answer = judged(admins[0], told, "confirmed")
    assert refusal(answer)[:2] == (409, "finding_over")
    assert answer.get_json()["state"] == "expired"


def test_other_rules_are_a_version_and_a_rule_of_poor_precision_is_proposed_for_shadow(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    """Given ten decisions of which four confirm; when the rules are read; then the rule is proposed for shadow."""
    for place in range(10):
        judged(admins[0], found(lin, code="one_host", holds=False), "confirmed" if place < 4 else "dismissed")
    shown = admins[0].call("GET", "/admin/risk-rules").get_json()
    standing = next(one for one in shown["standings"] if one["rule"] == "one_host")
    assert (standing["confirmed"], standing["dismissed"], standing["precision_bps"]) == (4, 6, 4_000)
    assert [one["rule"] for one in shown["standings"] if one["proposed_for_shadow"]] == ["one_host"]
    assert (shown["version"], shown["rules"]) == (0, document_of(DEFAULT))

    rules = shown["rules"] | {"one_host": shown["rules"]["one_host"] | {"shadow": True}}
    body = {"rules": rules, "note": "Too many were honest."}
    published = admins[0].call("POST", "/admin/risk-rules", json=body)
    assert published.status_code == 201, published.text
    assert not any(one["proposed_for_shadow"] for one in published.get_json()["standings"])
    assert admins[0].call("POST", "/admin/risk-rules", json=body).get_json()["version"] == 1
    wrong = {"rules": {"one_host": {"threshold": 0}}, "note": "n"}
    assert refusal(admins[0].call("POST", "/admin/risk-rules", json=wrong))[::2] == (422, "rules.one_host.threshold")
    assert refusal(admins[0].call("POST", "/admin/risk-rules", json={"rules": {"odd": {}}, "note": "n"}))[0] == 422
    assert counts("risk_rules") == {"risk_rules": 1}


def test_what_happens_is_judged_at_once(app: Flask, admins: list[Person]) -> None:
    """Given a throw-away address, and six who name one account; when one asks for money; then both are found."""
    client = app.test_client()
    client.post("/api/v1/members", json=registration(email="someone@mailinator.com"))
    work()
    (mail,) = listed(admins[0], "?rule=disposable_mail")
    evidence = admins[0].call("GET", f"/admin/findings/{mail}").get_json()["evidence"]
    assert evidence == {"domain": "mailinator.com"}

    people: Sequence[Person] = [sign_up(app) for _ in range(6)]
    earn(number_of(people[5]), 500)
    account = {"channel": "alipay", "holder": "Lin", "account": "13900000000"}
    for person in people[:5]:
        person.call("POST", "/me/payout-destinations", json=account)
    to = people[5].call("POST", "/me/payout-destinations", json=account).get_json()["id"]
    request = asked(people[5], 300, to)
    work()
    (shared,) = listed(admins[0], "?rule=destination_shared")
    seen = admins[0].call("GET", f"/admin/findings/{shared}").get_json()
    assert seen["holds_money"] is True
    assert seen["member_ids"] == [to_public("mbr", person.card.member_id) for person in people]
    assert [(tie["kind"], len(tie["members"])) for tie in seen["evidence"]["ties"]] == [("payout_account", 6)]
    assert refusal(decide(admins[0], request, "approve"))[:2] == (409, "money_held")
    looks = people[0].call("GET", "/me/access-log").get_json()["data"]
    assert [look["saw"] for look in looks] == ["show_risk_finding"]


def test_marks_that_are_not_the_shops_alone_tie_nobody(app: Flask) -> None:
    """The planted fault: one network of five who buy nothing is no ring, whatever else they share."""
    people = [sign_up(app) for _ in range(5)]

    def share(uow: UnitOfWork) -> int:
        uow.session.execute(
            text(
                "INSERT INTO member_signals (kind, mark, member_number, first_seen_at, last_seen_at)"
                " SELECT kind, sha256('one'), number, :now, :now"
                " FROM members, unnest(ARRAY['device', 'network', 'address', 'phone']) kind WHERE id = ANY(:ids)"
            ),
            {"now": uow.now, "ids": [person.card.member_id for person in people]},
        )
        return risk.judge(uow)

    assert in_unit_of_work(share) == 0
