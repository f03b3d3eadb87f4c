"""What a bank sends back as a table: taken whole, or refused line by line with nothing half done."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows

from socialshop.infra.csvfile import FileRefused
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.ledger.service import WalletBalances
from socialshop.payouts import service as payouts
from tests.integration.test_payouts import (
    TABLES,
    admins,
    asked,
    lin,
    released,
    results,
    statements,
    the_books_prove,
)
from tests.money_people import IBAN, earn, number_of, wallet_of
from tests.web_client import Person, counts, refusal, sign_up

__all__ = ["admins", "lin"]


def send(admin: Person, batch_id: str, *lines: str, header: str = "request_id,outcome,reference,reason") -> Any:
    table = "\r\n".join((header, *lines, ""))
    return admin.call("POST", f"/admin/payout-batches/{batch_id}/results-file", json={"csv": table})


def test_a_table_says_what_became_of_each_payout_with_reference_and_reason(lin: Person, admins: list[Person]) -> None:
    paid, failed = asked(lin, 600), asked(lin, 300)
    batch_id = released(admins, paid, failed)
    told = send(admins[2], batch_id, f"{paid},paid,R-7,", f'{failed},FAILED,,"account closed, ask again"')
    assert told.status_code == 200, told.text
    assert told.get_json()["status"] == "settled"
    assert [(item["status"], item["reference"], item["reason"]) for item in told.get_json()["items"]] == [
        ("paid", "R-7", None),
        ("failed", None, "account closed, ask again"),
    ]
    assert wallet_of(number_of(lin)) == WalletBalances(pending=0, available=400, reserved=0, owed=0)
    mine = lin.call("GET", f"/payout-requests/{failed}").get_json()
    assert (mine["status"], mine["result_reason"], mine["reason"]) == ("failed", "account closed, ask again", None)
    the_books_prove()


def test_the_reason_of_a_result_stands_beside_the_reason_of_the_decision(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    batch_id = released(admins, request)
    body = {"results": [{"request_id": request, "outcome": "failed", "reason": "no such account"}]}
    answer = admins[2].call("POST", f"/admin/payout-batches/{batch_id}/results", json=body)
    assert answer.get_json()["items"][0]["reason"] == "no such account"
    facts = rows("SELECT facts FROM audit_entries WHERE action = 'payout.failed'")
    assert facts[0][0]["reason"] == "no such account"


def test_the_payout_file_with_an_outcome_added_is_such_a_table(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    batch_id = released(admins, request)
    file = admins[2].call("GET", f"/admin/payout-batches/{batch_id}/file").text
    header, line = list(csv.reader(io.StringIO(file)))
    told = send(admins[2], batch_id, ",".join([*line, "paid"]), header=",".join([*header, "outcome"]))
    assert told.get_json()["status"] == "settled"


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("{other},paid,,", "request_id", "not_in_batch"),
        ("por_00000000000000000000000000,paid,,", "request_id", "not_in_batch"),
        ("nonsense,paid,,", "request_id", "malformed"),
        (",paid,,", "request_id", "missing"),
        ("{second},perhaps,,", "outcome", "unknown_outcome"),
        ("{second},,,", "outcome", "unknown_outcome"),
        ("{first},failed,,", "request_id", "repeated"),
        ("{second},paid,{long},", "reference", "invalid_text"),
        ("{second},paid", "reference", "fields"),
        ("{second},paid,,,,", "reason", "fields"),
    ],
)
def test_one_bad_line_is_named_and_nothing_of_the_table_is_taken(
    lin: Person, admins: list[Person], line: str, field: str, code: str
) -> None:
    first, second, other = asked(lin, 100), asked(lin, 200), asked(lin, 300)
    batch_id = released(admins, first, second)
    released(admins, other)
    before = counts(*TABLES)
    bad = line.format(first=first, second=second, other=other, long="x" * 141)
    answer = send(admins[2], batch_id, f"{first},paid,,", "", bad)
    assert refusal(answer)[:2] == (422, "results_refused")
    assert [(one["line"], one["field"], one["code"]) for one in answer.get_json()["lines"]] == [(4, field, code)]
    assert (counts(*TABLES), wallet_of(number_of(lin)).reserved) == (before, 600)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount", "1.01"),
        ("amount", "one"),
        ("amount_minor", "101"),
        ("currency", "EUR"),
        ("account", "DE02120300000000202051"),
        ("holder", "Somebody Else"),
        ("channel", "alipay"),
    ],
)
def test_a_line_that_names_what_was_not_frozen_is_refused(
    lin: Person, admins: list[Person], column: str, value: str
) -> None:
    request = asked(lin, 100)
    batch_id = released(admins, request)
    before = counts(*TABLES)
    answer = send(admins[2], batch_id, f"{request},paid,{value}", header=f"request_id,outcome,{column}")
    assert [(one["field"], one["code"]) for one in answer.get_json()["lines"]] == [(column, "differs")]
    assert counts(*TABLES) == before
    right = {"amount": "1.00", "amount_minor": "100", "currency": "CNY", "account": f"{IBAN[:4]} {IBAN[4:]}"}
    said = {**right, "holder": "Lin Xiaoman", "channel": "bank"}[column]
    assert send(admins[2], batch_id, f"{request},paid,{said}", header=f"request_id,outcome,{column}").status_code == 200


def test_the_same_table_again_changes_nothing_and_the_opposite_is_refused(lin: Person, admins: list[Person]) -> None:
    paid, waits = asked(lin, 100), asked(lin, 200)
    batch_id = released(admins, paid, waits)
    first = send(admins[2], batch_id, f"{paid},paid,1,", f"{paid},paid,1,")
    before = counts(*TABLES)
    assert send(admins[2], batch_id, f"{paid},paid,1,").get_json() == first.get_json()
    opposite = send(admins[2], batch_id, f"{waits},paid,,", f"{paid},failed,,")
    assert [(one["line"], one["code"]) for one in opposite.get_json()["lines"]] == [(3, "other_result")]
    assert counts(*TABLES) == before
    assert first.get_json()["items"][1]["status"] == "batched"


def test_what_is_no_such_table_is_refused_as_a_whole(lin: Person, admins: list[Person]) -> None:
    batch_id = released(admins, asked(lin, 100))
    before = counts(*TABLES)
    for table in ("outcome\npaid\n", "request_id,outcome,surprise\n", 'request_id,outcome\n"por_x,paid\n', "\n"):
        answer = admins[2].call("POST", f"/admin/payout-batches/{batch_id}/results-file", json={"csv": table})
        assert refusal(answer)[:2] == (422, "file_refused"), table
    assert refusal(send(admins[2], batch_id))[:2] == (422, "results_refused")
    raw = b"request_id,outcome\n\xff\xfe,paid\n"
    actor, batch = admins[2].card.member_id, from_public("pob", batch_id)
    with pytest.raises(FileRefused, match="line 2: not UTF-8"):
        in_unit_of_work(lambda uow: payouts.record_results_file(uow, actor=actor, batch_id=batch, content=raw))
    assert counts(*TABLES) == before


def test_before_the_release_a_table_is_not_taken(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 100)
    admins[0].call("POST", f"/admin/payout-requests/{request}/approve", json={})
    made = admins[1].call("POST", "/admin/payout-batches", key="k", json={"channel": "bank"}).get_json()
    assert refusal(send(admins[2], made["id"], f"{request},paid,,"))[:2] == (409, "batch_not_released")


def test_a_table_of_twenty_takes_the_statements_of_a_table_of_one(app: Flask, admins: list[Person]) -> None:
    person = sign_up(app)
    earn(number_of(person), *[100] * 50)

    def taken(number: int) -> int:
        requests = [asked(person, 100) for _ in range(number)]
        batch_id = released(admins, *requests)
        with statements() as seen:
            assert send(admins[2], batch_id, *(f"{one},paid,," for one in requests)).status_code == 200
        return len(seen)

    taken(1)
    assert taken(20) == taken(1)


def test_results_by_name_and_by_table_are_the_same_results(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 100)
    batch_id = released(admins, request)
    by_name = results(admins[2], batch_id, **{request: "paid"}).get_json()
    assert send(admins[2], batch_id, f"{request},paid,,").get_json() == by_name
