"""Payouts over HTTP: from the wallet to the bank, what is refused on the way, and what everybody may see."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import parse_instant
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import WalletBalances
from socialshop.onboarding import service as onboarding
from tests.money_people import IBAN, balance_of, earn, number_of, statuses, wallet_of
from tests.web_client import Person, counts, refusal, sign_up

TABLES = ("payout_requests", "payout_decisions", "payout_batches", "ledger_entries", "audit_entries")


@pytest.fixture
def lin(app: Flask) -> Person:
    """A member who may pay out 1,000 (three commissions: 500, 300, 200)."""
    person = sign_up(app)
    earn(number_of(person), 500, 300, 200)
    return person


@pytest.fixture
def admins(app: Flask) -> list[Person]:
    return [sign_up(app, role=Role.ADMIN, name=name) for name in ("First", "Second", "Third")]


def destination(person: Person, channel: str = "bank", account: str = IBAN) -> str:
    body = {"channel": channel, "holder": "Lin Xiaoman", "account": account}
    answer = person.call("POST", "/me/payout-destinations", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def ask(person: Person, amount: int, to: str | None = None) -> Any:
    body = {"amount_minor": amount, "destination_id": to or destination(person)}
    return person.call("POST", "/payout-requests", key=secrets.token_hex(8), json=body)


def asked(person: Person, amount: int, to: str | None = None) -> str:
    answer = ask(person, amount, to)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def decide(admin: Person, request: str, decision: str, **body: object) -> Any:
    return admin.call("POST", f"/admin/payout-requests/{request}/{decision}", json=body)


def approved(admin: Person, *requests: str) -> None:
    for request in requests:
        assert decide(admin, request, "approve").status_code == 200


def batch(admin: Person, channel: str = "bank") -> Any:
    return admin.call("POST", "/admin/payout-batches", key=secrets.token_hex(8), json={"channel": channel})


def release(admin: Person, batch_id: str) -> Any:
    return admin.call("POST", f"/admin/payout-batches/{batch_id}/release", key=secrets.token_hex(8), json={})


def results(admin: Person, batch_id: str, **outcomes: str) -> Any:
    body = {"results": [{"request_id": request, "outcome": outcome} for request, outcome in outcomes.items()]}
    return admin.call("POST", f"/admin/payout-batches/{batch_id}/results", json=body)


def released(admins: list[Person], *requests: str) -> str:
    approved(admins[0], *requests)
    made = batch(admins[1]).get_json()
    assert release(admins[2], made["id"]).status_code == 200
    return str(made["id"])


def the_books_prove() -> None:
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        assert ledger.prove(uow).first_difference is None


def test_from_the_wallet_to_the_bank(lin: Person, admins: list[Person]) -> None:
    # given a request over half of what is there
    number = number_of(lin)
    request = asked(lin, 600)
    assert wallet_of(number) == WalletBalances(pending=0, available=400, reserved=600, owed=0)
    # when it is approved by one, batched by another, released by a third
    approved(admins[0], request)
    made = batch(admins[1])
    assert made.status_code == 201
    frozen = made.get_json()
    assert (frozen["status"], frozen["total"]) == ("frozen", {"amount_minor": 600, "currency": "CNY"})
    assert [(item["request_id"], item["amount"]["amount_minor"], item["status"]) for item in frozen["items"]] == [
        (request, 600, "batched")
    ]
    assert release(admins[2], frozen["id"]).get_json()["status"] == "released"
    # then the file names account and sum in full
    file = admins[2].call("GET", f"/admin/payout-batches/{frozen['id']}/file?format=csv")
    assert file.status_code == 200
    assert file.mimetype == "text/csv"
    (line,) = csv.DictReader(io.StringIO(file.text))
    assert line == {
        "request_id": request,
        "channel": "bank",
        "holder": "Lin Xiaoman",
        "account": IBAN,
        "amount": "6.00",
        "amount_minor": "600",
        "currency": "CNY",
    }
    # and the result moves the money out
    told = results(admins[2], frozen["id"], **{request: "paid"})
    assert told.get_json()["status"] == "settled"
    assert wallet_of(number) == WalletBalances(pending=0, available=400, reserved=0, owed=0)
    assert balance_of("payout:bank:clearing") == 600
    the_books_prove()


def test_the_commissions_that_a_payout_took_whole_are_paid_out(app: Flask, admins: list[Person]) -> None:
    person = sign_up(app)
    accruals = earn(number_of(person), 500, 300, 200)
    first, second = asked(person, 600), asked(person, 300)

    def behind(request: str) -> list[tuple[int, int]]:
        shown = admins[0].call("GET", f"/admin/payout-requests/{request}").get_json()["accruals"]
        return [(one["amount"]["amount_minor"], one["part"]["amount_minor"]) for one in shown]

    assert behind(first) == [(500, 500), (300, 100)]
    assert behind(second) == [(300, 200), (200, 100)]
    batch_id = released(admins, first, second)
    results(admins[2], batch_id, **{first: "paid"})
    assert statuses(table="accruals", ids=accruals) == ["paid_out", "settled", "settled"]
    results(admins[2], batch_id, **{second: "paid"})
    assert statuses(table="accruals", ids=accruals) == ["paid_out", "paid_out", "settled"]
    statement = person.call("GET", f"/payout-requests/{second}/statement").get_json()
    assert [(one["status"], one["part"]["amount_minor"]) for one in statement["accruals"]] == [
        ("paid_out", 200),
        ("settled", 100),
    ]
    third = asked(person, 100)
    assert behind(third) == [(200, 100)]


def test_money_that_failed_is_back_in_the_wallet(lin: Person, admins: list[Person]) -> None:
    number = number_of(lin)
    request = asked(lin, 600)
    batch_id = released(admins, request)
    assert results(admins[2], batch_id, **{request: "failed"}).status_code == 200
    assert wallet_of(number) == WalletBalances(pending=0, available=1000, reserved=0, owed=0)
    assert balance_of("payout:bank:clearing") == 0
    assert lin.call("GET", f"/payout-requests/{request}").get_json()["status"] == "failed"
    assert admins[0].call("GET", f"/admin/payout-requests/{request}").get_json()["accruals"] == []
    the_books_prove()


def test_more_than_the_wallet_holds_is_refused_and_leaves_nothing(lin: Person) -> None:
    to = destination(lin)
    before = counts(*TABLES)
    answer = ask(lin, 1001, to)
    assert refusal(answer)[:2] == (409, "insufficient_balance")
    assert answer.get_json()["detail"] == "your available balance is smaller than 10.01 CNY"
    assert counts(*TABLES) == before
    asked(lin, 700, to)
    assert refusal(ask(lin, 301, to))[:2] == (409, "insufficient_balance")
    asked(lin, 300, to)
    assert wallet_of(number_of(lin)) == WalletBalances(0, 0, 1000, 0)


@pytest.mark.parametrize("amount", [99, 0, -5, 10**12 + 1, "100", 100.0, True, None])
def test_a_sum_under_the_minimum_or_no_sum_is_422_naming_the_field(lin: Person, amount: object) -> None:
    body = {"amount_minor": amount, "destination_id": destination(lin)}
    answer = lin.call("POST", "/payout-requests", key="k", json=body)
    assert refusal(answer) == (422, "invalid_value", "amount_minor")


def test_the_minimum_itself_is_enough(lin: Person) -> None:
    asked(lin, 100)


def test_another_members_destination_is_404(app: Flask, lin: Person) -> None:
    other = destination(sign_up(app))
    before = counts(*TABLES)
    for to in (other, "pod_" + "0" * 26, "por_" + "0" * 26, "nonsense"):
        assert refusal(ask(lin, 100, to))[:2] == (404, "not_found")
    assert counts(*TABLES) == before


def test_a_replayed_key_asks_once(lin: Person) -> None:
    body = {"amount_minor": 600, "destination_id": destination(lin)}
    answers = [lin.call("POST", "/payout-requests", key="same", json=body) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert wallet_of(number_of(lin)).reserved == 600


def test_the_account_is_never_shown_in_full_but_in_the_file(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    batch_id = released(admins, request)
    for person, path in (
        (lin, "/me/payout-destinations"),
        (lin, "/payout-requests"),
        (lin, f"/payout-requests/{request}"),
        (lin, f"/payout-requests/{request}/statement"),
        (admins[0], "/admin/payout-requests"),
        (admins[0], f"/admin/payout-requests/{request}"),
        (admins[0], f"/admin/payout-batches/{batch_id}"),
        (admins[0], "/admin/payout-batches"),
    ):
        answer = person.call("GET", path)
        assert answer.status_code == 200, path
        assert IBAN not in answer.text
    assert '"3000"' in lin.call("GET", "/me/payout-destinations").text


def test_the_same_destination_again_is_the_same(lin: Person) -> None:
    assert destination(lin) == destination(lin, account="de89 3704 0044 0532 0130 00")
    assert destination(lin, "alipay", "13800138000") != destination(lin)
    assert len(lin.call("GET", "/me/payout-destinations").get_json()["data"]) == 2


@pytest.mark.parametrize(
    ("channel", "account"),
    [("bank", "DE89370400440532013001"), ("bank", "4111111111111112"), ("alipay", "lin"), ("wechat", "1abcdef")],
)
def test_an_account_whose_check_digits_do_not_fit_is_422(lin: Person, channel: str, account: str) -> None:
    body = {"channel": channel, "holder": "Lin", "account": account}
    answer = lin.call("POST", "/me/payout-destinations", json=body)
    assert refusal(answer) == (422, "invalid_value", "account")
    assert account not in answer.text
    assert counts("payout_destinations") == {"payout_destinations": 0}


def test_nobody_decides_about_an_own_request(app: Flask, admins: list[Person]) -> None:
    earn(number_of(admins[0]), 500)
    request = asked(admins[0], 500)
    before = counts(*TABLES)
    for decision, body in (("approve", {}), ("hold", {"reason": "other"}), ("reject", {"reason": "other"})):
        assert refusal(decide(admins[0], request, decision, **body))[:2] == (403, "self_approval")
    assert counts(*TABLES) == before
    approved(admins[1], request)


def test_whoever_made_a_link_into_an_account_approves_none_of_its_payouts(lin: Person, admins: list[Person]) -> None:
    # given an admin who could sign in as the member
    with unit_of_work() as uow:
        onboarding.password_link(uow, admins[0].card.member_id, lin.card.member_id)
    request = asked(lin, 500)
    before = counts(*TABLES)
    # then another approves, and the first may still refuse
    assert refusal(decide(admins[0], request, "approve"))[:2] == (403, "self_approval")
    assert counts(*TABLES) == before
    approved(admins[1], request)
    assert decide(admins[0], request, "hold", reason="orders_in_question").status_code == 200


def test_reject_and_hold_need_a_reason(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 500)
    for decision in ("reject", "hold"):
        for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": None}, {"reason": "what I like"}):
            assert refusal(decide(admins[0], request, decision, **body)) == (422, "invalid_value", "reason")


def test_a_rejected_request_gives_the_money_back_once(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    for _ in range(2):
        answer = decide(admins[0], request, "reject", reason="account_of_another")
        assert (answer.status_code, answer.get_json()["status"]) == (200, "rejected")
    assert wallet_of(number_of(lin)) == WalletBalances(0, 1000, 0, 0)
    assert lin.call("GET", f"/payout-requests/{request}").get_json()["reason"] == "account_of_another"
    assert refusal(decide(admins[0], request, "approve"))[:2] == (409, "payout_not_open")
    assert counts("payout_decisions") == {"payout_decisions": 1}


def test_a_held_request_waits_until_somebody_approves(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    approved(admins[0], request)
    assert decide(admins[1], request, "hold", reason="orders_in_question").get_json()["status"] == "held"
    assert refusal(batch(admins[1]))[:2] == (409, "nothing_to_pay")
    approved(admins[2], request)
    made = batch(admins[1]).get_json()
    # Whoever ever approved it does not release it.
    for admin in (admins[0], admins[2]):
        assert refusal(release(admin, made["id"]))[:2] == (403, "released_by_approver")
    assert release(admins[1], made["id"]).status_code == 200


def test_a_member_takes_a_request_back_until_it_is_approved(app: Flask, lin: Person, admins: list[Person]) -> None:
    request, other = asked(lin, 600), asked(lin, 100)
    assert refusal(sign_up(app).call("DELETE", f"/payout-requests/{request}"))[:2] == (404, "not_found")
    for _ in range(2):
        assert lin.call("DELETE", f"/payout-requests/{request}").status_code == 204
    assert wallet_of(number_of(lin)) == WalletBalances(0, 900, 100, 0)
    approved(admins[0], other)
    assert refusal(lin.call("DELETE", f"/payout-requests/{other}"))[:2] == (409, "payout_not_open")
    assert refusal(decide(admins[0], request, "approve"))[:2] == (409, "payout_not_open")


def test_a_batch_is_released_by_one_who_approved_and_asked_for_nothing_of_it(
    app: Flask, lin: Person, admins: list[Person]
) -> None:
    earn(number_of(admins[1]), 500)
    approved(admins[0], asked(lin, 600), asked(admins[1], 500))
    made = batch(admins[2]).get_json()
    assert made["total"]["amount_minor"] == 1100
    before = counts(*TABLES)
    assert refusal(release(admins[0], made["id"]))[:2] == (403, "released_by_approver")
    assert refusal(release(admins[1], made["id"]))[:2] == (403, "released_by_requester")
    assert counts(*TABLES) == before
    first = release(admins[2], made["id"])
    assert release(admins[2], made["id"]).get_json() == first.get_json()
    assert counts("audit_entries")["audit_entries"] == before["audit_entries"] + 1


def test_before_its_release_a_batch_has_no_file_and_takes_no_result(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    approved(admins[0], request)
    batch_id = batch(admins[1]).get_json()["id"]
    before = counts(*TABLES)
    file = admins[2].call("GET", f"/admin/payout-batches/{batch_id}/file")
    assert refusal(file)[:2] == (409, "batch_not_released")
    assert refusal(results(admins[2], batch_id, **{request: "paid"}))[:2] == (409, "batch_not_released")
    assert counts(*TABLES) == before


def test_an_unknown_form_of_file_is_422_naming_the_field(lin: Person, admins: list[Person]) -> None:
    batch_id = released(admins, asked(lin, 600))
    answer = admins[2].call("GET", f"/admin/payout-batches/{batch_id}/file?format=xml")
    assert refusal(answer) == (422, "invalid_value", "format")


def test_results_told_twice_have_one_effect_and_the_opposite_is_refused(lin: Person, admins: list[Person]) -> None:
    paid, failed = asked(lin, 600), asked(lin, 300)
    batch_id = released(admins, paid, failed)
    first = results(admins[2], batch_id, **{paid: "paid", failed: "failed"})
    before = counts(*TABLES)
    assert results(admins[2], batch_id, **{paid: "paid", failed: "failed"}).get_json() == first.get_json()
    assert refusal(results(admins[2], batch_id, **{paid: "failed"}))[:2] == (409, "result_conflict")
    assert refusal(results(admins[2], batch_id, **{failed: "paid"}))[:2] == (409, "result_conflict")
    assert counts(*TABLES) == before
    assert wallet_of(number_of(lin)) == WalletBalances(0, 400, 0, 0)


def test_results_are_all_taken_or_none(lin: Person, admins: list[Person]) -> None:
    inside, outside = asked(lin, 600), asked(lin, 300)
    batch_id = released(admins, inside)
    before = counts(*TABLES)
    for unknown in (outside, "por_" + "0" * 26, "nonsense"):
        assert refusal(results(admins[2], batch_id, **{inside: "paid", unknown: "paid"}))[:2] == (404, "not_found")
    twice = {"results": [{"request_id": inside, "outcome": outcome} for outcome in ("paid", "failed")]}
    answer = admins[2].call("POST", f"/admin/payout-batches/{batch_id}/results", json=twice)
    assert refusal(answer) == (422, "invalid_value", "results")
    assert counts(*TABLES) == before
    assert wallet_of(number_of(lin)).reserved == 900


def test_a_channel_pays_its_own_requests_only(app: Flask, lin: Person, admins: list[Person]) -> None:
    may = sign_up(app)
    earn(number_of(may), 500)
    bank, alipay = asked(lin, 300), asked(may, 300, destination(may, "alipay", "13800138000"))
    approved(admins[0], bank, alipay)
    items = batch(admins[1], "alipay").get_json()["items"]
    assert [item["request_id"] for item in items] == [alipay]
    assert refusal(batch(admins[1], "wechat"))[:2] == (409, "nothing_to_pay")


def test_a_batch_changed_past_the_program_is_not_released(lin: Person, admins: list[Person], database_url: str) -> None:
    from sqlalchemy import NullPool, create_engine

    approved(admins[0], asked(lin, 600))
    batch_id = batch(admins[1]).get_json()["id"]
    owner = create_engine(database_url, poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE payout_destinations SET account = 'GB82WEST12345698765432'"))
    owner.dispose()
    before = counts(*TABLES)
    assert refusal(release(admins[2], batch_id))[:2] == (409, "batch_changed")
    assert counts(*TABLES) == before


def test_evidence_shows_what_stands_beside_a_request(app: Flask, lin: Person, admins: list[Person]) -> None:
    twin = sign_up(app)
    destination(twin)
    asked(lin, 100)
    request = asked(lin, 600)
    decide(admins[0], request, "hold", reason="account_shared")
    shown = admins[1].call("GET", f"/admin/payout-requests/{request}").get_json()
    assert shown["destination"]["shared_with"] == 1
    assert shown["other_requests"] == [
        {"status": "submitted", "requests": 1, "amount": {"amount_minor": 100, "currency": "CNY"}}
    ]
    assert shown["refund_history"] == {
        "accruals": 3,
        "reversed": 0,
        "reversed_amount": {"amount_minor": 0, "currency": "CNY"},
    }
    assert [(one["action"], one["facts"].get("reason")) for one in shown["history"]] == [
        ("payout.submitted", None),
        ("payout.held", "account_shared"),
    ]
    assert [found["code"] for found in shown["findings"]] == ["destination_shared"]
    assert sum(one["part"]["amount_minor"] for one in shown["accruals"]) == 600


def test_finance_reads_all_and_moves_nothing(app: Flask, lin: Person, admins: list[Person]) -> None:
    finance = sign_up(app, role=Role.FINANCE)
    request = asked(lin, 600)
    batch_id = released(admins, request)
    for path in (
        "/admin/payout-requests",
        f"/admin/payout-requests/{request}",
        "/admin/payout-batches",
        f"/admin/payout-batches/{batch_id}",
        f"/admin/payout-batches/{batch_id}/file",
    ):
        assert finance.call("GET", path).status_code == 200, path
    for answer in (
        decide(finance, request, "approve"),
        batch(finance),
        release(finance, batch_id),
        results(finance, batch_id, **{request: "paid"}),
        ask(finance, 100, "pod_" + "0" * 26),
    ):
        assert refusal(answer)[:2] == (403, "forbidden")


def test_every_act_is_in_the_audit_record(lin: Person, admins: list[Person]) -> None:
    request = asked(lin, 600)
    batch_id = released(admins, request)
    admins[2].call("GET", f"/admin/payout-batches/{batch_id}/file")
    results(admins[2], batch_id, **{request: "paid"})
    rows = in_unit_of_work(
        lambda uow: uow.session.execute(text("SELECT actor, action FROM audit_entries ORDER BY id")).all()
    )
    first, second, third = (admin.card.member_id for admin in admins)
    assert [tuple(row) for row in rows] == [
        (lin.card.member_id, "payout.submitted"),
        (first, "payout.approved"),
        (second, "payout_batch.created"),
        (third, "payout_batch.released"),
        (third, "payout_batch.file_read"),
        (third, "payout.paid"),
    ]


def test_lists_come_page_by_page_and_by_status(lin: Person, admins: list[Person]) -> None:
    to = destination(lin)
    requests = [asked(lin, 100, to) for _ in range(5)]
    approved(admins[0], requests[1], requests[3])

    def listed(person: Person, path: str) -> list[str]:
        found, cursor = [], ""
        while True:
            answer = person.call("GET", f"{path}limit=2{cursor}").get_json()
            assert len(answer["data"]) <= 2
            found += [row["id"] for row in answer["data"]]
            if answer["next_cursor"] is None:
                return found
            cursor = f"&cursor={answer['next_cursor']}"

    assert listed(admins[0], "/admin/payout-requests?") == requests
    assert listed(admins[0], "/admin/payout-requests?status=approved&") == [requests[1], requests[3]]
    assert listed(admins[0], "/admin/payout-requests?status=held&") == []
    assert listed(lin, "/payout-requests?") == requests[::-1]
    for wrong in ("limit=0", "limit=101", "limit=x", "cursor=x", "status=lost"):
        answer = admins[0].call("GET", f"/admin/payout-requests?{wrong}")
        assert refusal(answer) == (422, "invalid_value", wrong.partition("=")[0])


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent while the block runs."""
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_lists_and_evidence_take_the_same_statements_however_long_they_are(app: Flask, admins: list[Person]) -> None:
    person = sign_up(app)
    earn(number_of(person), *[100] * 20)
    to = destination(person)
    one = asked(person, 100, to)

    def taken() -> list[int]:
        counted = []
        for reader, path in (
            (admins[0], "/admin/payout-requests"),
            (person, "/payout-requests"),
            (admins[0], f"/admin/payout-requests/{one}"),
        ):
            with statements() as seen:
                assert reader.call("GET", path).status_code == 200
            counted.append(len(seen))
        return counted

    few = taken()
    for _ in range(15):
        asked(person, 100, to)
    assert taken() == few
    # Authentication and the list; for the evidence nine reads.
    assert few == [2, 2, 11]


def test_what_the_database_holds_when_the_program_does_not(lin: Person, admins: list[Person]) -> None:
    """The planted fault: each rule of who and when, written past the doors, is refused by the database itself."""
    from sqlalchemy.exc import DBAPIError

    request = from_public("por", asked(lin, 600))
    approved(admins[0], asked(lin, 100))
    batch_id = from_public("pob", batch(admins[1]).get_json()["id"])
    with unit_of_work() as uow:
        # That a session has to be stepped up is test_step_up's.
        uow.session.execute(text("UPDATE member_sessions SET stepped_up_at = '2200-01-01'"))
    values = {
        "request": request,
        "batch": batch_id,
        "lin": lin.card.member_id,
        "first": admins[0].card.member_id,
    }
    for statement, said in (
        (
            "INSERT INTO payout_decisions (request_id, requester, decision, decided_by, decided_at)"
            " VALUES (:request, :lin, 'approved', :lin, now())",
            "ck_payout_decisions_by_another",
        ),
        (
            "INSERT INTO payout_decisions (request_id, requester, decision, decided_by, decided_at)"
            " VALUES (:request, :first, 'approved', :lin, now())",
            "fk_payout_decisions_request_id",
        ),
        (
            "UPDATE payout_batches SET status = 'released', released_by = :first, released_at = now()",
            "released by one who approved or asked",
        ),
        (
            "UPDATE payout_batches SET status = 'released', released_by = :lin, released_at = now()",
            "released by one who approved or asked",
        ),
        ("UPDATE payout_requests SET status = 'paid', ended_at = now() WHERE id = :request", "refused"),
        ("UPDATE payout_requests SET amount_minor = 1 WHERE id = :request", "permission denied"),
        ("UPDATE payout_batches SET total_minor = 1", "permission denied"),
        ("DELETE FROM payout_requests", "permission denied"),
        ("UPDATE payout_destinations SET account = 'x'", "append-only"),
    ):
        with pytest.raises(DBAPIError, match=said), unit_of_work() as uow:
            uow.session.execute(text(statement), values)


def test_another_account_takes_money_after_three_days_and_its_owner_is_told(app: Flask, lin: Person) -> None:
    first = destination(lin)
    assert ask(lin, 100, first).status_code == 201
    again = lin.call("POST", "/me/payout-destinations", json={"channel": "bank", "holder": "L. X.", "account": IBAN})
    assert ask(lin, 100, again.get_json()["id"]).status_code == 201
    other = destination(lin, "alipay", "13800138000")
    assert destination(lin, "alipay", "13800138000") == other
    told = counts("notices", "mails")
    assert (told["notices"], told["mails"]) == (1, 1)
    shown = lin.call("GET", "/me/payout-destinations").get_json()["data"]
    waits = [parse_instant(one["usable_from"]) - parse_instant(one["created_at"]) for one in shown]
    assert waits == [timedelta(0), timedelta(0), timedelta(hours=72)]
    before, balance = counts(*TABLES), wallet_of(number_of(lin))
    assert refusal(ask(lin, 100, other)) == (409, "destination_cooling", None)
    assert counts(*TABLES) == before
    assert wallet_of(number_of(lin)) == balance
    at = app.extensions["socialshop_clock"]
    app.extensions["socialshop_clock"] = ManualClock(parse_instant(shown[-1]["usable_from"]))
    assert ask(lin, 100, other).status_code == 201
    app.extensions["socialshop_clock"] = at
    # Of others' accounts the same is said of their own history alone.
    somebody = sign_up(app)
    earn(number_of(somebody), 500)
    assert ask(somebody, 100).status_code == 201


def test_a_payout_goes_on_behind_what_was_clawed_back(app: Flask, admins: list[Person]) -> None:
    """600 of 1,000 were paid when 500 are clawed back: 400 from the wallet, 100 owed, netted when more settles."""
    person = sign_up(app)
    number, to = number_of(person), destination(person)
    (first,) = earn(number, 1000)
    early = asked(person, 600, to)
    results(admins[2], released(admins, early), **{early: "paid"})
    wallet, owed = chart.member_wallet(number), chart.member_receivable(number)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE accruals SET clawed_minor = 500 WHERE id = :id"), {"id": first})
        taken = [
            Posting(wallet, -400, "CNY"),
            Posting(owed, -100, "CNY"),
            Posting(chart.COMMISSION_EXPENSE, 500, "CNY"),
        ]
        ledger.post(uow, [Entry("clawback", "clawback", taken)])
    (second,) = earn(number, 1000)
    with unit_of_work() as uow:
        ledger.post(uow, [Entry("netting", "netting", [Posting(wallet, -100, "CNY"), Posting(owed, 100, "CNY")])])
    assert wallet_of(number) == WalletBalances(0, 900, 0, 0)
    late = asked(person, 900, to)
    shown = admins[0].call("GET", f"/admin/payout-requests/{late}").get_json()
    assert [(one["amount"]["amount_minor"], one["part"]["amount_minor"]) for one in shown["accruals"]] == [(1000, 900)]
    assert shown["refund_history"]["reversed_amount"]["amount_minor"] == 500
    results(admins[2], released(admins, late), **{late: "paid"})
    assert statuses(table="accruals", ids=[first, second]) == ["paid_out", "paid_out"]
    the_books_prove()


def test_batch_release_and_results_take_the_same_statements_for_one_request_and_for_twenty(
    app: Flask, admins: list[Person]
) -> None:
    person = sign_up(app)
    earn(number_of(person), *[100] * 50)
    to = destination(person)

    def taken(number: int) -> tuple[int, int, int]:
        requests = [asked(person, 100, to) for _ in range(number)]
        approved(admins[0], *requests)
        with statements() as batching:
            made = batch(admins[1]).get_json()
        with statements() as releasing:
            assert release(admins[2], made["id"]).status_code == 200
        with statements() as ending:
            assert results(admins[2], made["id"], **dict.fromkeys(requests, "paid")).status_code == 200
        return len(batching), len(releasing), len(ending)

    # The first payout makes the channel's account.
    taken(1)
    assert taken(20) == taken(1)
