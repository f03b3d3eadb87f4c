"""A claw back that finds the money reserved: it is left alone, and the request says so to who decides."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

import pytest
from after_sales import approve, ask, refund, replayed, rows, settle, wallet
from bookkeeping import proved
from flask import Flask
from money_people import IBAN, earn, number_of
from payout_audit import faults
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, sell
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from web_client import Person, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.ledger.service import WalletBalances
from socialshop.payouts import service as payouts
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity
from tests.due_work import work

DUE = NEW_YEAR + timedelta(days=1)


class Sponsor:
    """Somebody who earned 800 and 400 by two sales to one buyer."""

    def __init__(self, app: Flask) -> None:
        with unit_of_work() as uow:
            commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        self.person = sign_up(app)
        self.number = number_of(self.person)
        body = registration(invite_code=self.person.card.invite_code)
        assert app.test_client().post("/api/v1/members", json=body).status_code == 201
        self.buyer = int(rows("SELECT max(number) FROM members")[0][0])
        self.orders = self.sell(10_000, 5_000)
        assert settle(DUE) == 2

    def sell(self, *amounts: int) -> list[uuid.UUID]:
        with unit_of_work() as uow:
            sales = [Sale(self.buyer, lines=((amount, 1),)) for amount in amounts]
            ids = sell(uow, sales, prefix=secrets.token_hex(4))
        with unit_of_work() as uow:
            commissions.accrue_orders(uow, confirmed(*ids))
        return ids

    def asked(self, amount: int) -> str:
        to = self.person.call(
            "POST", "/me/payout-destinations", json={"channel": "bank", "holder": "Lin", "account": IBAN}
        ).get_json()["id"]
        body = {"amount_minor": amount, "destination_id": to}
        answer = self.person.call("POST", "/payout-requests", key=secrets.token_hex(8), json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])


@pytest.fixture
def sponsor(app: Flask) -> Sponsor:
    return Sponsor(app)


@pytest.fixture
def admins(app: Flask) -> list[Person]:
    return [sign_up(app, role=Role.ADMIN) for _ in range(3)]


def _findings(admin: Person, request: str) -> Any:
    return admin.call("GET", f"/admin/payout-requests/{request}").get_json()["findings"]


def test_reserved_money_is_left_alone_and_its_request_gets_a_finding(sponsor: Sponsor, admins: list[Person]) -> None:
    first, second = sponsor.asked(700), sponsor.asked(300)
    assert _findings(admins[0], first) == []
    refund_id = refund(sponsor.orders[0], buyer=sponsor.buyer)
    work()
    # 200 of the 800 were available; 600 are owed, and the 1,000 stay reserved.
    assert wallet(sponsor.number) == WalletBalances(0, 0, 1_000, 600)
    for request in (first, second):
        (found,) = _findings(admins[0], request)
        assert found.pop("at")
        assert found == {
            "code": "clawback_owed",
            "severity": "warning",
            "evidence": {
                "refund": to_public("rfd", refund_id),
                "order": to_public("ord", sponsor.orders[0]),
                "owed_minor": 600,
                "currency": "CNY",
            },
        }
    with unit_of_work() as uow:
        payouts.find_owed_commission(uow, [{"refund_id": str(refund_id)}] * 2)
    assert len(_findings(admins[0], first)) == 1
    assert faults() == {}


def test_what_comes_back_pays_the_debt_first_so_that_asking_again_carries_nothing_away(
    sponsor: Sponsor, admins: list[Person]
) -> None:
    cancelled, rejected = sponsor.asked(500), sponsor.asked(700)
    refund(sponsor.orders[0], buyer=sponsor.buyer)
    work()
    assert wallet(sponsor.number) == WalletBalances(0, 0, 1_200, 800)
    assert sponsor.person.call("DELETE", f"/payout-requests/{cancelled}").status_code == 204
    assert wallet(sponsor.number) == WalletBalances(0, 0, 700, 300)
    assert (
        admins[0].call("POST", f"/admin/payout-requests/{rejected}/reject", json={"reason": "other"}).status_code == 200
    )
    # 300 of the 700 pay the rest of the debt; 400 is what the second sale earned.
    assert wallet(sponsor.number) == WalletBalances(0, 400, 0, 0)
    shown = sponsor.person.call("GET", "/me/wallet/entries", headers={"Accept-Language": "en"}).get_json()["data"]
    assert [(e["part"], e["amount"]["amount_minor"]) for e in shown if "debt" in e["text"]] == [
        ("owed", -300),
        ("available", -300),
        ("owed", -500),
        ("available", -500),
    ]
    assert faults() == {}


def test_a_payout_that_failed_pays_the_debt_first_too(sponsor: Sponsor, admins: list[Person]) -> None:
    request = sponsor.asked(1_200)
    first, second, third = admins
    assert first.call("POST", f"/admin/payout-requests/{request}/approve", json={}).status_code == 200
    batch = second.call("POST", "/admin/payout-batches", key="b", json={"channel": "bank"}).get_json()["id"]
    assert third.call("POST", f"/admin/payout-batches/{batch}/release", key="r", json={}).status_code == 200
    refund(sponsor.orders[0], buyer=sponsor.buyer)
    failed = {"results": [{"request_id": request, "outcome": "failed"}]}
    assert second.call("POST", f"/admin/payout-batches/{batch}/results", json=failed).status_code == 200
    assert wallet(sponsor.number) == WalletBalances(0, 400, 0, 0)
    assert faults() == {}


def test_a_claw_back_that_the_wallet_covers_finds_nothing(sponsor: Sponsor, admins: list[Person]) -> None:
    request = sponsor.asked(100)
    refund(sponsor.orders[0], buyer=sponsor.buyer)
    work()
    assert wallet(sponsor.number) == WalletBalances(0, 300, 100, 0)
    assert _findings(admins[0], request) == []
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'CommissionOwed'") == [(0,)]


def test_requests_that_are_over_and_other_members_find_nothing(
    app: Flask, sponsor: Sponsor, admins: list[Person]
) -> None:
    over = sponsor.asked(500)
    assert admins[0].call("POST", f"/admin/payout-requests/{over}/reject", json={"reason": "other"}).status_code == 200
    request = sponsor.asked(1_200)
    refund(sponsor.orders[1], buyer=sponsor.buyer)
    work()
    assert (len(_findings(admins[0], request)), _findings(admins[0], over)) == (1, [])


def test_each_refund_is_a_finding_of_its_own_and_a_paid_debt_is_netted(sponsor: Sponsor, admins: list[Person]) -> None:
    request = sponsor.asked(1_200)
    for amount in (2_500, 2_500):
        refund_id = ask(sponsor.orders[1], amount, buyer=sponsor.buyer)
        approve(refund_id)
        work()
    assert [found["evidence"]["owed_minor"] for found in _findings(admins[0], request)] == [200, 200]
    first, second, third = admins
    assert first.call("POST", f"/admin/payout-requests/{request}/approve", json={}).status_code == 200
    batch = second.call("POST", "/admin/payout-batches", key="b", json={"channel": "bank"}).get_json()["id"]
    assert third.call("POST", f"/admin/payout-batches/{batch}/release", key="r", json={}).status_code == 200
    paid = {"results": [{"request_id": request, "outcome": "paid"}]}
    assert second.call("POST", f"/admin/payout-batches/{batch}/results", json=paid).status_code == 200
    assert wallet(sponsor.number) == WalletBalances(0, 0, 0, 400)
    assert faults() == {}
    sponsor.sell(10_000)
    settle(DUE)
    assert wallet(sponsor.number) == WalletBalances(0, 400, 0, 0)
    assert faults() == {}
    sponsor.asked(400)
    assert (faults(), replayed(), proved().holds) == ({}, None, True)


def test_the_audit_still_sees_more_asked_for_than_was_earned(sponsor: Sponsor) -> None:
    sponsor.asked(1_200)
    refund(sponsor.orders[1], buyer=sponsor.buyer)
    assert faults() == {}
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO payout_requests (id, member_id, member_number, destination_id, channel, amount_minor,"
                " currency, submitted_at) SELECT gen_random_uuid(), member_id, member_number, destination_id, channel,"
                " 1, currency, submitted_at FROM payout_requests"
            )
        )
    assert {"more was asked for than was earned", "reserved is not what open requests ask for"} <= set(faults())


def test_a_finding_is_kept_as_it_was_found(app: Flask) -> None:
    finding = Finding("por_x", "clawback_owed", "rfd_x", Severity.INFO, {"owed_minor": 1})
    with unit_of_work() as uow:
        screening.record(uow, [finding, finding])
        screening.record(uow, [])
    for change in ("UPDATE findings SET severity = 'info'", "DELETE FROM findings", "TRUNCATE findings"):
        with pytest.raises(DatabaseError, match="permission denied"), unit_of_work() as uow:
            uow.session.execute(text(change))
    with unit_of_work() as uow:
        (found,) = screening.findings_about(uow, ["por_x", "por_y"])
    assert (found.code, found.evidence) == ("clawback_owed", {"owed_minor": 1})


def _to(person: Person, account: str, amount: int) -> str:
    place = {"channel": "bank", "holder": "Somebody", "account": account}
    to = person.call("POST", "/me/payout-destinations", json=place).get_json()["id"]
    body = {"amount_minor": amount, "destination_id": to}
    return str(person.call("POST", "/payout-requests", key=secrets.token_hex(8), json=body).get_json()["id"])


def test_an_account_that_several_members_name_is_noticed_on_every_open_request_to_it(
    app: Flask, admins: list[Person]
) -> None:
    # One of them has two accounts and waits for neither.
    settings = app.extensions["socialshop_settings"]
    app.extensions["socialshop_settings"] = settings.model_copy(update={"payout_cooldown_hours": 0})
    first, second, alone = sign_up(app), sign_up(app), sign_up(app)
    for person in (first, second, alone):
        earn(number_of(person), 1_000)
    before = _to(first, IBAN, 100)
    elsewhere = _to(first, "DE02120300000000202051", 100)
    assert _findings(admins[0], before) == []
    after, apart = _to(second, IBAN, 100), _to(alone, "FR1420041010050500013M02606", 100)
    again = _to(second, IBAN, 100)
    for request in (before, after, again):
        (found,) = _findings(admins[0], request)
        assert (found["code"], found["severity"], found["evidence"]) == (
            "destination_shared",
            "warning",
            {"members": 1},
        )
        assert IBAN not in str(found)
    assert [_findings(admins[0], request) for request in (elsewhere, apart)] == [[], []]
    # A finding decides nothing: a person does.
    assert admins[0].call("POST", f"/admin/payout-requests/{after}/approve", json={}).status_code == 200
    assert faults() == {}


def test_requests_that_are_over_say_nothing_of_an_account_named_later(app: Flask, admins: list[Person]) -> None:
    first, second = sign_up(app), sign_up(app)
    for person in (first, second):
        earn(number_of(person), 1_000)
    over = _to(first, IBAN, 100)
    assert first.call("DELETE", f"/payout-requests/{over}").status_code == 204
    assert len(_findings(admins[0], _to(second, IBAN, 100))) == 1
    assert _findings(admins[0], over) == []
