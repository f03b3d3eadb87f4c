"""Several requests decided together: what is told before, that each is checked alone, and what it costs."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.infra.uow import in_unit_of_work
from tests.integration.test_payouts import TABLES, admins, asked, decide, lin, the_books_prove
from tests.money_people import earn, number_of, wallet_of
from tests.room_shop import statements
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]


def together(admin: Person, decision: str, *requests: str, **body: object) -> Any:
    said = {"request_ids": list(requests), "decision": decision, **body}
    return admin.call("POST", "/admin/payout-decisions", json=said)


def summary(admin: Person, *requests: str) -> Any:
    return admin.call("GET", f"/admin/payout-decisions/summary?request_ids={','.join(requests)}")


def earner(app: Flask, name: str, amount: int) -> Person:
    person = sign_up(app, name=name)
    earn(number_of(person), amount)
    return person


def test_several_are_summed_up_and_decided_each_alone(app: Flask, lin: Person, admins: list[Person]) -> None:
    first, second, third = admins
    # given four that wait: one claimed by another, one approved before, one of a member with much taken back
    chen = earner(app, "Chen", 900)
    plain, claimed, done, risky = asked(lin, 600), asked(lin, 100), asked(lin, 110), asked(chen, 700)
    lost = text(
        "INSERT INTO accruals (id, order_line_id, beneficiary, kind, level, leg, amount_minor, currency, accrued_at,"
        " status) SELECT gen_random_uuid(), a.order_line_id, a.beneficiary, 'lead', n, 0, 10, 'CNY', now(), 'held'"
        " FROM accruals a, generate_series(2, 4) n WHERE a.beneficiary = :number"
    )
    reject = text("UPDATE accruals SET status = 'rejected' WHERE beneficiary = :number AND kind = 'lead'")
    whose = {"number": number_of(chen)}
    in_unit_of_work(lambda uow: [uow.session.execute(one, whose) for one in (lost, reject)])
    assert second.call("POST", f"/admin/payout-requests/{claimed}/claim").status_code == 200
    assert decide(second, done, "approve").status_code == 200
    # then the summary says what differs, and which of them this admin cannot decide
    told = summary(first, plain, claimed, done, risky).get_json()
    assert told["sums"] == [{"amount_minor": 1_510, "currency": "CNY"}]
    assert (told["first_payouts"], told["outliers"], told["destinations_changed_lately"]) == (4, 1, 0)
    # Both named one account: a warning on each of the four.
    assert told["findings"] == 4
    by_id = {one["request_id"]: one for one in told["requests"]}
    assert by_id[risky]["reversed_bps"] == 7_500
    assert by_id[plain]["why_not"] == {}
    assert by_id[claimed]["why_not"] == dict.fromkeys(("approved", "held", "rejected"), "case_claimed")
    assert by_id[done]["why_not"] == {"approved": "payout_not_open"}
    # when they are approved together
    before = counts("payout_decisions", "audit_entries")
    answer = together(first, "approved", plain, claimed, done, risky, note="all seen")
    # then two are, the others stand as they were, and each is in the record
    assert answer.get_json() == {
        "decided": [plain, risky],
        "left": [{"request_id": claimed, "why": "case_claimed"}, {"request_id": done, "why": "payout_not_open"}],
    }
    assert counts("payout_decisions", "audit_entries") == {name: count + 2 for name, count in before.items()}
    states = [
        first.call("GET", f"/admin/payout-requests/{one}").get_json()["status"] for one in (plain, claimed, risky)
    ]
    assert states == ["approved", "submitted", "approved"]
    # and those are refused together: the money of both is back
    assert together(third, "rejected", plain, risky, reason="many_returns").get_json()["left"] == []
    assert (wallet_of(number_of(chen)).available, wallet_of(number_of(lin)).available) == (900, 790)
    the_books_prove()


def test_what_is_no_decision_about_several_changes_nothing(app: Flask, lin: Person, admins: list[Person]) -> None:
    one = asked(lin, 600)
    before = counts(*TABLES)
    for answer, status, code in (
        (together(admins[0], "held", one), 422, "invalid_value"),
        (together(admins[0], "held", one, reason="rules_broken"), 422, "invalid_value"),
        (together(admins[0], "rejected", one, reason="name_to_check"), 422, "invalid_value"),
        (together(admins[0], "approved", one, "por_01k9w3q2mxe5tb6v8c4yd7r1hz"), 404, "not_found"),
        (together(lin, "approved", one), 403, "forbidden"),
        (summary(admins[0], "x"), 404, "not_found"),
    ):
        assert refusal(answer)[:2] == (status, code)
    in_unit_of_work(lambda uow: uow.session.execute(text("UPDATE member_sessions SET stepped_up_at = NULL")))
    for decision in ("approved", "held"):
        assert refusal(together(admins[0], decision, one, reason="other"))[:2] == (403, "step_up_required")
    assert counts(*TABLES) == before


def test_twenty_cost_as_many_statements_as_two(app: Flask, admins: list[Person]) -> None:
    cost = []
    for number in (2, 20):
        requests = [asked(earner(app, f"M{n}", 500), 300) for n in range(number)]
        with statements() as seen:
            assert together(admins[0], "rejected", *requests, reason="other").status_code == 200
        cost.append(len(seen))
    assert cost[0] == cost[1] <= 20, cost


def test_the_list_of_reasons_is_published_in_both_languages(lin: Person) -> None:
    listed = {one["code"]: one for one in lin.call("GET", "/payout-reasons").get_json()["data"]}
    assert listed["account_shared"] == {
        "code": "account_shared",
        "en": "other members named the same account, so we look at it first.",
        "zh": "有其他会员使用同一收款账户，需要先核实。",
        "holds": True,
        "rejects": False,
    }
    assert all(one["holds"] or one["rejects"] for one in listed.values())
