"""Real names: checked before the first payout, never twice by two keys, decided by a person where unclear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from socialshop.infra import outside, wired
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.payouts import service as payouts
from socialshop.payouts.gateway import SandboxPayees
from tests.integration.test_payouts import admins, approved, ask, asked, batch, destination, lin
from tests.money_people import IBAN, clock_of
from tests.payment_shop import rows
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]
MOVED = ("payout_requests", "ledger_entries", "payee_decisions")


def account(person: Person, holder: str) -> str:
    body = {"channel": "bank", "holder": holder, "account": IBAN}
    answer = person.call("POST", "/me/payout-destinations", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def name(person: Person) -> Any:
    return person.call("GET", "/me/payee").get_json()


def decide(admin: Person, person: Person, decision: str) -> Any:
    path = f"/admin/payees/{to_public('mbr', person.card.member_id)}/decision"
    return admin.call("POST", path, json={"decision": decision, "reason": "Seen the passport."})


def past_the_program(statement: str, **values: object) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text(statement), values)


def test_nothing_is_asked_for_under_a_name_that_does_not_match(lin: Person, admins: list[Person]) -> None:
    # given an account whose holder the provider does not know
    assert name(lin)["status"] == "unnamed"
    to = account(lin, "Lin Mismatch")
    assert (name(lin)["real_name"], name(lin)["status"]) == ("Lin Mismatch", "mismatch")
    before = counts(*MOVED)
    # when money is asked for, then it is refused and nothing moved
    refused = ask(lin, 100, to)
    assert (refusal(refused), refused.get_json()["state"]) == ((409, "payee_unverified", None), "mismatch")
    assert counts(*MOVED) == before
    # when another name is said and matches, then it may be asked for, and who decides sees the two names differ
    stated = lin.call("PATCH", "/me/payee", json={"real_name": "Lin Xiaoman", "country": "DE"})
    assert (stated.status_code, name(lin)["status"], name(lin)["country"]) == (200, "verified", "DE")
    request = asked(lin, 100, to)
    shown = admins[0].call("GET", f"/admin/payout-requests/{request}").get_json()["findings"]
    assert [(one["code"], one["severity"], one["evidence"]) for one in shown] == [
        ("holder_differs", "warning", {"account_last4": "3000"})
    ]
    # the same name in other letters is the same name; the sixth check of a day is refused
    assert name(lin) == lin.call("PATCH", "/me/payee", json={"real_name": " Lin Xiaoman", "country": "DE"}).get_json()
    for n in range(3):
        assert lin.call("PATCH", "/me/payee", json={"real_name": f"Lin {n}"}).status_code == 200
    assert refusal(lin.call("PATCH", "/me/payee", json={"real_name": "Lin 9"})) == (422, "invalid_value", "real_name")


def test_a_person_decides_what_the_provider_could_not(lin: Person, admins: list[Person]) -> None:
    to = account(lin, "林存疑")
    assert refusal(ask(lin, 100, to))[:2] == (409, "payee_unverified")
    listed = admins[0].call("GET", "/admin/payees?status=unclear").get_json()["data"]
    assert [(row["real_name"], row["status"]) for row in listed] == [("林存疑", "unclear")]
    # an admin's own name is another's to decide, in the database too
    account(admins[0], "Ada Unclear")
    assert refusal(decide(admins[0], admins[0], "verified"))[:2] == (403, "self_approval")
    me = admins[0].card.member_id
    with pytest.raises(DatabaseError, match="ck_payee_decisions_by_another"):
        past_the_program(
            "INSERT INTO payee_decisions (check_id, member_id, decision, decided_by, decided_at, reason)"
            " SELECT check_id, member_id, 'verified', member_id, now(), 'me' FROM payees WHERE member_id = :me",
            me=me,
        )
    with pytest.raises(DatabaseError, match="verified by no check"):
        past_the_program("UPDATE payees SET status = 'verified' WHERE member_id = :me", me=me)
    # decided once, recorded once
    assert [decide(admins[0], lin, "verified").get_json()["status"] for _ in range(2)] == ["verified", "verified"]
    assert refusal(decide(admins[1], lin, "mismatch"))[:2] == (409, "payee_decided")
    query = "SELECT action, facts ->> 'reason' FROM audit_entries WHERE action = 'payee.decided'"
    assert rows(query) == [("payee.decided", "Seen the passport.")]
    asked(lin, 100, to)


def test_an_answer_that_is_lost_is_asked_for_again_by_the_same_key(
    app: Flask, lin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a provider that is silent, one that is slow, and a process that dies after the call; then each once."""
    provider = SandboxPayees()
    monkeypatch.setitem(app.extensions, "socialshop_payee_gateway", provider)
    clock = clock_of(app, wired.clock().now())
    silent, slow, killed = lin, sign_up(app), sign_up(app)
    account(silent, "Lin Timeout")
    account(slow, "Bo Slow")
    assert (name(silent)["status"], name(slow)["status"]) == ("checking", "checking")

    def die(point: str) -> None:
        if point == "payees.called":
            raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(outside, "crash_point", die)
        account(killed, "Chen")
    assert name(killed)["status"] == "checking"
    # when their time comes, then the poller asks again by the keys of before
    payouts.check_payees(clock, provider)
    assert {name(one)["status"] for one in (silent, slow, killed)} == {"checking"}
    clock.advance(timedelta(minutes=2))
    assert in_unit_of_work(payouts.poll_payees) is False
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'PayeeChecksDue'") == [(4,)]
    payouts.check_payees(clock, provider)
    assert {name(one)["status"] for one in (silent, slow, killed)} == {"verified"}
    assert [str(key) for (key,) in rows("SELECT id FROM payee_checks ORDER BY id")] == sorted(provider._seen)


def test_nothing_leaves_for_a_name_that_is_checked_again(app: Flask, lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 100, destination(lin))
    approved(admins[0], request)
    lin.call("PATCH", "/me/payee", json={"real_name": "Lin Unclear"})
    assert refusal(batch(admins[1]))[:2] == (409, "nothing_to_pay")
    with pytest.raises(DatabaseError, match="is not verified"):
        past_the_program("UPDATE payout_requests SET status = 'batched' WHERE id = :id", id=from_public("por", request))
    # Without a provider every name is for a person; accounts from before there were checks are named by their holder.
    lin.call("PATCH", "/me/payee", json={"real_name": "Lin Slow"})
    past_the_program("DELETE FROM payees")
    assert in_unit_of_work(payouts.poll_payees) is False
    assert (name(lin)["real_name"], name(lin)["status"]) == ("Lin Xiaoman", "checking")
    payouts.check_payees(wired.clock(), None)
    assert name(lin)["status"] == "unclear"
