"""Claims on payout cases over HTTP: who has one, until when, and that nobody else decides about it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from tests.integration.test_payouts import TABLES, admins, asked, decide, lin
from tests.money_people import clock_of
from tests.web_client import Person, counts, refusal

__all__ = ["admins", "lin"]


def claim(admin: Person, request: str, method: str = "POST") -> object:
    return admin.call(method, f"/admin/payout-requests/{request}/claim")


def test_a_claimed_case_is_decided_by_nobody_else_until_its_time_is_over(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    first, second, _ = admins
    clock = clock_of(app, app.extensions["socialshop_clock"].now().replace(microsecond=0))
    request, other = asked(lin, 600), asked(lin, 300)
    # given a case that the first has claimed
    mine = claim(first, request)
    until = (clock.now() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (mine.status_code, mine.get_json()["claimed_by_name"]) == (200, "First")
    assert mine.get_json()["claimed_until"] == until
    before = counts(*TABLES)
    # when somebody else claims, decides or ends it
    for answer in (
        claim(second, request),
        claim(second, request, "DELETE"),
        *(decide(second, request, act, reason="other") for act in ("hold", "reject")),
        decide(second, request, "approve"),
    ):
        assert refusal(answer) == (409, "case_claimed", None), answer.text
        told = answer.get_json()
        assert (told["claimed_by_name"], told["claimed_until"]) == ("First", until)
        assert told["claimed_by"] == mine.get_json()["claimed_by"]
    # then nothing has happened, and an unclaimed case is anybody's
    assert counts(*TABLES) == before
    assert decide(second, other, "approve").status_code == 200
    # and once its time is over the next may claim it, which ends with the decision
    clock.advance(timedelta(minutes=30))
    assert claim(second, request).get_json()["claimed_by_name"] == "Second"
    assert refusal(decide(first, request, "approve"))[:2] == (409, "case_claimed")
    assert decide(second, request, "approve").status_code == 200
    assert counts("payout_claims") == {"payout_claims": 0}
    # A decision that is repeated says what stands, whoever has the case by then.
    assert claim(first, request).status_code == 200
    assert decide(second, request, "approve").get_json()["status"] == "approved"


def test_a_claim_is_given_up_by_hand_and_no_own_or_ended_request_is_claimed(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    request = asked(lin, 600)
    assert claim(admins[0], request).status_code == 200
    assert claim(admins[0], request).status_code == 200
    for _ in range(2):
        assert claim(admins[0], request, "DELETE").status_code == 204
    assert claim(admins[1], request).status_code == 200
    assert lin.call("DELETE", f"/payout-requests/{request}").status_code in (200, 204)
    assert counts("payout_claims") == {"payout_claims": 0}
    assert refusal(claim(admins[0], request))[:2] == (409, "payout_not_open")
    assert refusal(claim(lin, request))[0] == 403
