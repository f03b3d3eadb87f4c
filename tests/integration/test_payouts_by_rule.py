"""Rules of review: four eyes, off until both have signed, and the database lets exactly that path past the step-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.payouts import service as payouts
from socialshop.payouts.ruleset import DEFAULT, document_of
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity
from tests.integration.test_payouts import admins, asked, batch, decide, release, results
from tests.money_people import clock_of, earn, number_of
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins"]
AUTO = {
    "on": True,
    "currency": "CNY",
    "ceiling_minor": 500,
    "daily_minor": 900,
    "daily_count": 3,
    "wait_minutes": 15,
    "account_days": 0,
    "most_reversed_bps": 1_000,
    "first_too": True,
}


def publish(admin: Person, **auto: object) -> Any:
    rules = {**document_of(DEFAULT), "auto": {**AUTO, **auto}}
    return admin.call("POST", "/admin/payout-rules", json={"rules": rules, "note": "small sums"})


def sign(admin: Person, version: int) -> Any:
    return admin.call("POST", "/admin/payout-rules/sign", json={"version": version})


def in_force(admins: list[Person], **auto: object) -> int:
    version = int(publish(admins[0], **auto).get_json()["history"][0]["version"])
    assert sign(admins[1], version).status_code == 200
    return version


def step(judged: bool = True) -> bool:
    return in_unit_of_work(lambda uow: payouts.approve_by_rule(uow, lambda _: judged))


def asker(app: Flask, name: str, *amounts: int) -> list[str]:
    """Somebody with an account of their own, who asked for these."""
    person = sign_up(app, name=name)
    earn(number_of(person), sum(amounts))
    phone = {"channel": "alipay", "holder": name, "account": f"138{number_of(person):08d}"}
    place = person.call("POST", "/me/payout-destinations", json=phone).get_json()["id"]
    return [asked(person, amount, place) for amount in amounts]


def statuses(admin: Person, *requests: str) -> list[str]:
    return [str(admin.call("GET", f"/admin/payout-requests/{one}").get_json()["status"]) for one in requests]


def test_a_rule_holds_only_once_another_admin_has_signed_it(app: Flask, admins: list[Person]) -> None:
    first, second, third = admins
    assert first.call("GET", "/admin/payout-rules").get_json()["automatic"] is False
    assert publish(first).status_code == 201
    before = counts("payout_rules", "audit_entries")
    assert refusal(sign(first, 1))[:2] == (403, "self_approval")
    assert refusal(sign(second, 2))[:2] == (409, "payout_rules_over")
    own = text("UPDATE payout_rules SET signed_by = published_by, signed_at = published_at")
    with pytest.raises(IntegrityError, match="four_eyes"):
        in_unit_of_work(lambda uow: uow.session.execute(own))
    assert counts("payout_rules", "audit_entries") == before
    assert sign(second, 1).get_json()["automatic"] is True
    assert refusal(sign(third, 1))[:2] == (409, "payout_rules_over")
    # What one proposes changes nothing, and anybody stops all of it at once, without a code.
    assert publish(third, ceiling_minor=1).get_json()["rules"]["auto"]["ceiling_minor"] == 500
    in_unit_of_work(lambda uow: uow.session.execute(text("UPDATE member_sessions SET stepped_up_at = NULL")))
    assert refusal(publish(first))[:2] == refusal(sign(first, 2))[:2] == (403, "step_up_required")
    assert second.call("POST", "/admin/payout-rules/stop").get_json()["automatic"] is False
    stopped = second.call("POST", "/admin/payout-rules/stop").get_json()["history"]
    assert [one["stopped_by"] is None for one in stopped] == [False, False]
    assert counts("audit_entries")["audit_entries"] == before["audit_entries"] + 3


def test_the_rule_approves_what_it_admits_within_its_caps_and_a_person_releases(
    app: Flask, admins: list[Person]
) -> None:
    clock = clock_of(app, app.extensions["socialshop_clock"].now().replace(hour=9, minute=0, second=0, microsecond=0))
    (plain, second_of_it, third_of_it) = asker(app, "Lin", 400, 450, 110)
    (dear,) = asker(app, "Mei", 501)
    (noticed,) = asker(app, "Wu", 300)
    (seen,) = asker(app, "Xu", 200)
    found = Finding(noticed, "clawback_owed", "x", Severity.INFO, {"owed_minor": 1, "currency": "CNY"})
    in_unit_of_work(lambda uow: screening.record(uow, [found]))
    assert decide(admins[2], seen, "hold", reason="we_ask_you").status_code == 200
    everything = (plain, second_of_it, third_of_it, dear, noticed, seen)
    untouched = ["submitted"] * 5 + ["held"]
    # given a rule that nobody has signed, one too early, one while risk is behind: nothing happens
    publish(admins[0])
    clock.advance(timedelta(minutes=20))
    step()
    assert sign(admins[1], 1).status_code == 200
    step(judged=False)
    assert statuses(admins[2], *everything) == untouched
    # when it is at work, the sums of a day are kept: 400 + 450, and 110 more would pass 900
    step()
    step()
    assert statuses(admins[2], *everything) == ["approved", "approved", *untouched[2:]]
    # then each decision names the rule and what it saw, and no person
    with unit_of_work() as uow:
        rows = uow.session.execute(
            text(
                "SELECT decided_by, rule_version, saw FROM payout_decisions WHERE rule_version IS NOT NULL ORDER BY id"
            )
        ).all()
    assert [(row[0], row[1], row[2]["amount_minor"], row[2]["today_minor"]) for row in rows] == [
        (None, 1, 400, 0),
        (None, 1, 450, 400),
    ]
    history = admins[2].call("GET", f"/admin/payout-requests/{plain}").get_json()["history"]
    assert [(one["action"], one["by"] is None, one["facts"].get("rule_version")) for one in history][-1] == (
        "payout.approved",
        True,
        1,
    )
    # and a person releases it all the same
    made = batch(admins[0], "alipay").get_json()
    assert (made["status"], made["total"]["amount_minor"]) == ("frozen", 850)
    assert release(admins[1], made["id"]).status_code == 200
    assert results(admins[2], made["id"], **{plain: "paid", second_of_it: "paid"}).get_json()["status"] == "settled"
    # The next day has room again, until somebody switches it off.
    clock.advance(timedelta(days=1))
    assert admins[2].call("POST", "/admin/payout-rules/stop").status_code == 200
    step()
    assert statuses(admins[2], third_of_it) == ["submitted"]


def insert(request: str, columns: str, values: str) -> None:
    """Past all that the program says: a decision as somebody with the database's password might write it."""
    forged = text(
        f"INSERT INTO payout_decisions (request_id, requester, decision, decided_at, {columns})"
        f" SELECT id, member_id, 'approved', :now, {values} FROM payout_requests WHERE id = :id"
    )
    with unit_of_work() as uow:
        uow.session.execute(forged, {"now": uow.now, "id": from_public("por", request)})


def test_no_other_decision_without_a_person_gets_past_the_database(app: Flask, admins: list[Person]) -> None:
    clock = clock_of(app, app.extensions["socialshop_clock"].now().replace(hour=9, microsecond=0))
    (request,) = asker(app, "Lin", 400)
    version = in_force(admins)
    with pytest.raises(IntegrityError, match=r"the rule does not approve it \(early\)"):
        insert(request, "rule_version, saw", f"{version}, '{{}}'")
    clock.advance(timedelta(minutes=16))
    for auto, why in (
        ({"ceiling_minor": 399}, "ceiling"),
        ({"on": False}, "off"),
        ({"currency": "EUR"}, "currency"),
        ({"first_too": False}, "first"),
        ({"account_days": 3}, "account"),
        ({"daily_count": 0}, "cap"),
        ({"daily_minor": 399}, "cap"),
    ):
        version = in_force(admins, **auto)
        with pytest.raises(IntegrityError, match=f"the rule does not approve it \\({why}\\)"):
            insert(request, "rule_version, saw", f"{version}, '{{}}'")
        step()
    # What is not approved in the same breath has no approval; an older version is none, nor is one that waits or was
    # never written; nor is a person without a code.
    version = in_force(admins)
    publish(admins[0])
    for columns, values in (
        ("rule_version, saw", f"{version}, '{{}}'"),
        ("rule_version, saw", f"{version - 1}, '{{}}'"),
        ("rule_version, saw", f"{version + 1}, '{{}}'"),
        ("rule_version, saw", "99, '{}'"),
        ("rule_version", str(version)),
        ("saw", "'{}'"),
        ("decided_by", "member_id"),
    ):
        with pytest.raises(IntegrityError):
            insert(request, columns, values)
    assert statuses(admins[2], request) == ["submitted"]
    assert counts("payout_decisions") == {"payout_decisions": 0}


def test_what_waits_too_long_is_counted_and_told_once_a_day(app: Flask, admins: list[Person]) -> None:
    clock = clock_of(app, app.extensions["socialshop_clock"].now().replace(hour=9, microsecond=0))
    asker(app, "Lin", 400)
    (noticed,) = asker(app, "Wu", 300)
    found = Finding(noticed, "clawback_owed", "x", Severity.WARNING, {"owed_minor": 1, "currency": "CNY"})
    in_unit_of_work(lambda uow: screening.record(uow, [found]))
    tell = lambda: in_unit_of_work(payouts.tell_overdue)  # noqa: E731
    told = lambda: counts("notices")["notices"]  # noqa: E731
    nothing = told()
    tell()
    assert told() == nothing
    clock.advance(timedelta(hours=25))
    for _ in range(3):
        tell()
    assert told() == nothing + 3
    assert in_unit_of_work(payouts.count_overdue) == 1
    clock.advance(timedelta(days=1))
    tell()
    assert told() == nothing + 6
    assert [(one.risk, one.requests) for one in in_unit_of_work(payouts.overdue)] == [("none", 1), ("warning", 1)]
