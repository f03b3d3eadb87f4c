"""Money that a bank sends back after it was paid: into the wallet again, and its commissions to be paid out again."""

from __future__ import annotations

import pytest
from flask import Flask
from payment_shop import rows
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.ledger.service import WalletBalances
from socialshop.payouts.service import Outcome, record_results
from socialshop.privacy import service as privacy
from tests.due_work import work
from tests.integration.test_payout_result_files import send
from tests.integration.test_payouts import TABLES, admins, asked, lin, released, results
from tests.money_people import balance_of, earn, number_of, statuses, wallet_of
from tests.payout_audit import faults
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]


def paid(admins: list[Person], *requests: str) -> str:
    batch_id = released(admins, *requests)
    assert results(admins[2], batch_id, **dict.fromkeys(requests, "paid")).status_code == 200
    return batch_id


def run(statement: str, **values: object) -> None:
    in_unit_of_work(lambda uow: uow.session.execute(text(statement), values))


def behind(admin: Person, request: str) -> list[tuple[int, int]]:
    shown = admin.call("GET", f"/admin/payout-requests/{request}").get_json()["accruals"]
    return [(one["amount"]["amount_minor"], one["part"]["amount_minor"]) for one in shown]


def test_what_the_bank_sent_back_is_in_the_wallet_and_may_be_asked_for_again(app: Flask, admins: list[Person]) -> None:
    person = sign_up(app)
    accruals = earn(number_of(person), 500, 300, 200)
    first, second = asked(person, 600), asked(person, 300)
    batch_id = paid(admins, first, second)
    body = {"results": [{"request_id": first, "outcome": "returned", "reason": "account closed"}]}
    told = admins[1].call("POST", f"/admin/payout-batches/{batch_id}/results", json=body)
    assert [(item["status"], item["reason"]) for item in told.get_json()["items"]] == [
        ("returned", "account closed"),
        ("paid", None),
    ]
    assert told.get_json()["status"] == "settled"
    assert wallet_of(number_of(person)) == WalletBalances(pending=0, available=700, reserved=0, owed=0)
    assert balance_of("payout:bank:clearing") == 300
    mine = person.call("GET", f"/payout-requests/{first}").get_json()
    assert (mine["status"], mine["result_reason"]) == ("returned", "account closed")
    # What it took whole is settled again; the commission that both took was never paid out whole by one.
    assert statuses(table="accruals", ids=accruals) == ["settled", "settled", "settled"]
    # What nobody took yet goes first, then what came back.
    again = asked(person, 700)
    assert behind(admins[0], again) == [(200, 100), (500, 500), (300, 100)]
    paid(admins, again)
    assert statuses(table="accruals", ids=accruals) == ["paid_out", "paid_out", "paid_out"]
    assert wallet_of(number_of(person)) == WalletBalances(pending=0, available=0, reserved=0, owed=0)
    assert faults() == {}
    work()
    kinds = rows("SELECT kind FROM notices WHERE member = :n ORDER BY id", n=number_of(person))
    assert [kind for (kind,) in kinds].count("payout_returned") == 1


def test_it_may_come_back_twice(app: Flask, admins: list[Person]) -> None:
    person = sign_up(app)
    accruals = earn(number_of(person), 100)
    for _ in range(2):
        request = asked(person, 100)
        assert behind(admins[0], request) == [(100, 100)]
        batch_id = paid(admins, request)
        assert results(admins[0], batch_id, **{request: "returned"}).status_code == 200
        assert statuses(table="accruals", ids=accruals) == ["settled"]
    last = asked(person, 100)
    paid(admins, last)
    assert statuses(table="accruals", ids=accruals) == ["paid_out"]
    assert faults() == {}


def test_a_return_told_twice_has_one_effect_and_nothing_else_follows_it(lin: Person, admins: list[Person]) -> None:
    request, waits = asked(lin, 300), asked(lin, 200)
    batch_id = released(admins, request, waits)
    assert refusal(results(admins[2], batch_id, **{waits: "returned"}))[:2] == (409, "result_conflict")
    results(admins[2], batch_id, **{request: "paid"})
    first = results(admins[2], batch_id, **{request: "returned"})
    before = counts(*TABLES)
    assert results(admins[2], batch_id, **{request: "returned"}).get_json() == first.get_json()
    for outcome in ("paid", "failed"):
        assert refusal(results(admins[2], batch_id, **{request: outcome}))[:2] == (409, "result_conflict")
    table = send(admins[2], batch_id, f"{waits},returned,,")
    assert [(one["line"], one["code"]) for one in table.get_json()["lines"]] == [(2, "other_result")]
    assert counts(*TABLES) == before
    assert wallet_of(number_of(lin)) == WalletBalances(pending=0, available=800, reserved=200, owed=0)


def test_a_bank_table_may_pay_fail_and_return_at_once(lin: Person, admins: list[Person]) -> None:
    back, fails, goes = asked(lin, 300), asked(lin, 200), asked(lin, 100)
    batch_id = released(admins, back, fails, goes)
    results(admins[2], batch_id, **{back: "paid"})
    told = send(admins[2], batch_id, f"{back},returned,,closed", f"{fails},failed,,", f"{goes},paid,R-1,")
    assert told.status_code == 200, told.text
    assert wallet_of(number_of(lin)) == WalletBalances(pending=0, available=900, reserved=0, owed=0)
    assert faults() == {}


def test_nobody_says_of_an_own_payout_that_it_came_to_nothing(admins: list[Person]) -> None:
    earn(number_of(admins[1]), 500)
    request = asked(admins[1], 500)
    third = admins[2]
    batch_id = released([admins[0], admins[0], third], request)
    before = counts(*TABLES)
    assert refusal(results(admins[1], batch_id, **{request: "failed"}))[:2] == (403, "self_approval")
    results(third, batch_id, **{request: "paid"})
    assert refusal(results(admins[1], batch_id, **{request: "returned"}))[:2] == (403, "self_approval")
    assert counts("ledger_entries")["ledger_entries"] == before["ledger_entries"] + 1
    assert wallet_of(number_of(admins[1])) == WalletBalances(pending=0, available=0, reserved=0, owed=0)


@pytest.mark.parametrize("status", ["batched", "failed", "approved"])
def test_the_database_lets_no_returned_request_move_on(lin: Person, admins: list[Person], status: str) -> None:
    request = asked(lin, 300)
    batch_id = paid(admins, request)
    results(admins[2], batch_id, **{request: "returned"})
    with pytest.raises(SQLAlchemyError, match="from returned to"):
        run("UPDATE payout_requests SET status = :to WHERE id = :id", to=status, id=from_public("por", request))


def test_the_file_of_an_old_batch_is_refused_once_an_account_of_it_is_erased(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 1000)
    batch_id = paid(admins, request)
    path = f"/admin/payout-batches/{batch_id}/file"
    assert admins[2].call("GET", path).status_code == 200
    in_unit_of_work(lambda uow: privacy.erase(uow, lin.card.member_id))
    assert admins[2].call("GET", path).status_code == 200
    run("UPDATE payout_destinations SET holder = '', account = id::text WHERE member_id = :id", id=lin.card.member_id)
    answer = admins[2].call("GET", path)
    assert refusal(answer)[:2] == (422, "payout_file_refused")
    assert answer.get_json()["request_ids"] == [request]
    # A return to somebody who has left falls to the shop as whatever settles to them does.
    actor, batch = admins[2].card.member_id, from_public("pob", batch_id)
    outcome = Outcome(from_public("por", request), "returned", None)
    in_unit_of_work(lambda uow: record_results(uow, actor=actor, batch_id=batch, outcomes=[outcome]))
    in_unit_of_work(privacy.finish_erasures)
    assert wallet_of(number_of(lin)) == WalletBalances(pending=0, available=0, reserved=0, owed=0)
