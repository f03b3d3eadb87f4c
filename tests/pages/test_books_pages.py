"""The books as finance reads them and an admin closes them: trial balance, what is owed, income, an account."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from admin_desk import asked
from bookkeeping import posted
from flask import Flask
from money_people import number_of, plain_members
from room_shop import statements
from sqlalchemy import text
from visitors import Visitor, member
from web_client import Person, counts, sign_up

from socialshop.infra import wired
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import last_days
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import Channel


@pytest.fixture
def finance(site: Flask) -> Visitor:
    return member(site, role=Role.FINANCE, name="Fei")


@pytest.fixture
def lin(site: Flask) -> Person:
    """Earned 500, asked for all of it, and owes 70."""
    person = sign_up(site, name="Lin")
    asked(person, 500)
    debt = [Posting(chart.member_receivable(number_of(person)), -70, "CNY"), Posting(chart.BAD_DEBT, 70, "CNY")]
    posted(Entry("=debt", "clawback", debt))
    return person


def test_finance_reads_every_book_to_the_cent_and_takes_it_along(site: Flask, finance: Visitor, lin: Person) -> None:
    # given books of a sale and its commission, when finance looks, then accounts sum to nothing and each is read
    with statements() as seen:
        page = finance.look("/admin/books").text
    assert len(seen) <= 8, seen
    assert "Members: being paid out" in page
    assert "-CN¥5.00" in page
    assert "Close these days" not in page
    taken = finance.look("/admin/books?format=csv")
    assert taken.headers["Content-Disposition"].startswith('attachment; filename="trial-balance-')
    lines = list(csv.DictReader(io.StringIO(taken.text)))
    assert sum(int(line["closing_minor"]) for line in lines) == 0
    assert {line["account"]: line["closing_minor"] for line in lines}["member:*:reserved"] == "-500"
    with statements() as seen:
        owed = finance.look("/admin/books/owed").text
    assert len(seen) <= 8, seen
    assert "Member by member" in owed
    assert "CN¥0.70" in owed
    assert "receivable,member:" in finance.look("/admin/books/owed?format=csv").text
    assert "Commission that the shop owes or paid" in finance.look("/admin/books/income").text
    account = f"/admin/books/account?account={chart.member_receivable(number_of(lin))}"
    with statements() as seen:
        page = finance.look(account).text
    assert len(seen) <= 10, seen
    assert "Commissions taken back" in page
    assert "Lin" in page
    # a reference that a spreadsheet would take for a formula is harmless in the file
    assert ",'=debt,clawback,-70,-70,CNY" in finance.look(f"{account}&format=csv").text
    # and Lin is told who looked
    mine = lin.call("GET", "/me/access-log").get_json()["data"]
    assert {look["saw"] for look in mine} == {"show_account_statement"}
    for wrong in (
        "account?account=shop:loot",
        "account?account=shop:sales&after=x",
        "?first_day=2026-02-30",
        "owed?on_day=x",
    ):
        assert finance.look(f"/admin/books/{wrong}".replace("/?", "?")).status_code == 404, wrong


def test_an_admin_closes_days_and_a_month_after_the_proof(site: Flask, lin: Person) -> None:
    ada = member(site, role=Role.ADMIN, name="Ada")
    with site.app_context():
        today = last_days(wired.clock().now(), 1, wired.settings().time_zone)[0]
    last = today.replace(day=1) - timedelta(days=1)
    before = counts("ledger_closed_days", "ledger_closed_months")
    refused = ada.send("/admin/books", "/admin/books/days", through=today.isoformat())
    assert refused.status_code == 409
    assert "This day is not over yet" in refused.text
    assert counts("ledger_closed_days", "ledger_closed_months") == before
    assert ada.send("/admin/books", "/admin/books/days", through=last.isoformat()).status_code == 303
    wanting = ada.send("/admin/books", "/admin/books/months")
    assert (wanting.status_code, "Prove the books first" in wanting.text) == (409, True)
    ada.send("/admin/proof", "/admin/proof")
    assert ada.send("/admin/books", "/admin/books/months").status_code == 303
    page = ada.look("/admin/books").text
    assert "Closed through" in page
    assert re.search(r"[0-9a-f]{64}", page)
    record = ada.look("/admin/record?action=books.month_closed").text
    assert "month of the books closed" in record
    assert counts("ledger_closed_months") == {"ledger_closed_months": 1}
    # finance closes nothing
    fei = member(site, role=Role.FINANCE)
    token = fei.form("/me", "/sign-out")["csrf_token"]
    data = {"csrf_token": token, "through": today.isoformat()}
    assert fei.client.post("/admin/books/days", data=data).status_code == 403


def test_the_books_are_read_over_http_page_by_page(site: Flask, lin: Person) -> None:
    finance = sign_up(site, role=Role.FINANCE)
    wallet = chart.member_wallet(number_of(lin))
    for each in range(3):
        moved = [Posting(wallet, 10 + each, "CNY"), Posting(chart.COMMISSION_EXPENSE, -10 - each, "CNY")]
        posted(Entry(f"w{each}", "settlement", moved))
    path = f"/admin/books/statement?account={wallet}&limit=2"
    seen: list[int] = []
    cursor = ""
    while True:
        found = finance.call("GET", path + cursor).get_json()
        seen += [line["balance_minor"] for line in found["data"]]
        if found["next_cursor"] is None:
            break
        cursor = f"&cursor={found['next_cursor']}"
    assert (seen[-3:], found["closing_minor"]) == ([10, 21, 33], 33)
    assert finance.call("GET", f"{path}&cursor=x").status_code == 422
    assert finance.call("GET", "/admin/books/statement?account=shop:loot").status_code == 422
    trial = finance.call("GET", "/admin/books/trial-balance").get_json()["lines"]
    assert sum(line["debit_minor"] - line["credit_minor"] for line in trial) == 0
    owed = finance.call("GET", "/admin/books/owed").get_json()
    assert [line["total_minor"] for line in owed["receivables"]] == [70]
    assert finance.call("GET", "/admin/books/income").get_json()["data"]
    assert finance.call("GET", "/admin/books/closings").get_json() == {"days": [], "months": []}


def _paid(person: Person, amount: int) -> str:
    """This member's payout, approved, batched, released and paid by four others."""
    request = asked(person, amount)
    id_ = from_public("por", request)
    first, second, third = (actor for actor, _ in plain_members(3, "admin"))
    in_unit_of_work(lambda uow: payouts.approve(uow, actor=first, request_id=id_))
    batch = in_unit_of_work(
        lambda uow: payouts.create_batch(uow, actor=second, channel=Channel.BANK, currency="CNY").batch.id
    )
    in_unit_of_work(lambda uow: payouts.release_batch(uow, actor=third, batch_id=batch))
    outcomes = [payouts.Outcome(id_, "paid", "BANK-77")]
    in_unit_of_work(lambda uow: payouts.record_results(uow, actor=second, batch_id=batch, outcomes=outcomes))
    return request


def test_a_cent_is_followed_from_the_bank_back_to_the_click_and_from_the_order_to_the_bank(
    site: Flask, finance: Visitor
) -> None:
    # given Lin, who came by Mo's link, was paid 5.00 that an order earned
    lin, mo = sign_up(site, name="Lin"), sign_up(site, name="Mo")
    code = mo.call("POST", "/invite-links", json={"kind": "member", "channel": "moments"}).get_json()["code"]
    came = (
        "INSERT INTO attributions (member_id, link_id, source, touched_at, attributed_at)"
        " SELECT :lin, id, 'cookie', now(), now() FROM invite_links WHERE code = :code"
    )
    in_unit_of_work(lambda uow: uow.session.execute(text(came), {"lin": lin.card.member_id, "code": code}))
    request = _paid(lin, 500)
    # when the id in a line of the bank's file is looked for
    found = finance.look(f"/admin/books/entries?find={request}")
    assert found.headers["Location"] == f"/admin/books/payouts/{request}"
    with statements() as seen:
        page = finance.look(found.headers["Location"]).text
    assert len(seen) <= 20, seen
    # then it leads to the batch, the entries, the commission, its order, and the link that was followed
    for said in ("BANK-77", "A payout went to the bank", "A payout was asked for", "Commissions settled", code, "Mo"):
        assert said in page, said
    (order,) = set(re.findall(r"/admin/books/orders/(ord_[0-9a-z]{26})", page))
    # and back: the order says whom it paid, and by which payout that left
    back = finance.look(finance.look(f"/admin/books/entries?find={order}").headers["Location"]).text
    assert f"/admin/books/payouts/{request}" in back
    assert code in back
    # and every entry on the way is read, with what it is about
    entries = sorted(set(re.findall(r"/admin/books/entries/([0-9]+)", page)))
    assert len(entries) == 3
    for number in entries:
        with statements() as seen:
            entry = finance.look(f"/admin/books/entries/{number}").text
        assert len(seen) <= 5, seen
        assert request in entry or order in entry
    # and entries are found by member, account, amount and reference
    member_id = to_public("mbr", lin.card.member_id)
    for asked_for, count in (
        ("", 4),
        (f"member={member_id}", 4),
        ("account=payout:bank:clearing", 1),
        ("amount=5.00", 4),
        ("amount=5.01", 0),
        (f"find=payout:{request}", 2),
    ):
        with statements() as seen:
            page = finance.look(f"/admin/books/entries?{asked_for}").text
        assert len(seen) <= 7, seen
        assert len(set(re.findall(r"/admin/books/entries/([0-9]+)", page))) == count, asked_for
    for wrong in (
        "entries/0",
        "entries/x",
        "entries?amount=x",
        "entries?after=x",
        "entries?find=ord_x",
        "entries?member=x",
    ):
        assert finance.look(f"/admin/books/{wrong}").status_code == 404, wrong
    assert member(site, name="Other").client.get(f"/admin/books/payouts/{request}").status_code == 403
