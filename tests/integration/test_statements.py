"""Statements of a wallet: each month follows from the one before, and its hash from what it says."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from flask import Flask
from money_people import number_of
from web_client import refusal, sign_up

from socialshop.commissions import service
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting

ZONE = "Asia/Shanghai"


def posted(at: datetime, reference: str, *moves: tuple[str, int]) -> None:
    """An entry at that instant that moves these accounts, against the shop's expense."""
    postings = [Posting(account, amount, "CNY") for account, amount in moves]
    rest = -sum(amount for _, amount in moves)
    if rest:
        postings.append(Posting(chart.COMMISSION_EXPENSE, rest, "CNY"))
    with unit_of_work() as uow:
        earlier = UnitOfWork(uow.session, at)
        ledger.post(earlier, [Entry(reference, "accrual", postings)])


def test_a_month_begins_with_what_the_one_before_ended_with(app: Flask) -> None:
    # given 500 pending at the end of January by the shop's clock, settled in the first minute of its February
    lin, other = sign_up(app), sign_up(app)
    number = number_of(lin)
    pending, wallet = chart.member_pending(number), chart.member_wallet(number)
    posted(datetime(2026, 1, 31, 15, 59, tzinfo=UTC), "a", (pending, 500))
    posted(
        datetime(2026, 1, 31, 16, 1, tzinfo=UTC), "b", (pending, -500), (wallet, 400), (chart.COMMISSION_EXPENSE, 100)
    )
    posted(datetime(2026, 1, 31, 16, 2, tzinfo=UTC), "c", (chart.member_receivable(number), -30))
    posted(datetime(2026, 1, 31, 16, 2, tzinfo=UTC), "d", (chart.member_wallet(number_of(other)), 9))
    # when
    listed = lin.call("GET", "/me/statements").get_json()["data"]
    # then
    assert [(row["month"], row["movements"], row["is_over"]) for row in listed] == [
        ("2026-02", 3, True),
        ("2026-01", 1, True),
    ]
    assert listed[0]["opening"] == listed[1]["closing"]
    february = lin.call("GET", "/me/statements/2026-02").get_json()
    sums = {part: money["amount_minor"] for part, money in february["closing"].items()}
    assert sums == {"pending": 0, "available": 400, "reserved": 0, "owed": 30}
    assert [(row["part"], row["amount"]["amount_minor"]) for row in february["entries"]] == [
        ("pending", -500),
        ("available", 400),
        ("owed", 30),
    ]


def test_the_hash_follows_from_the_lines_that_the_docs_name(app: Flask) -> None:
    lin = sign_up(app)
    number = number_of(lin)
    posted(datetime(2026, 3, 1, tzinfo=UTC), "a", (chart.member_wallet(number), 7))
    with unit_of_work() as uow:
        found = service.statement_of(uow, number, "CNY", ZONE, service.month_named("2026-03"))
        (row,) = found.rows
    lines = [
        f"{number}|CNY|2026-03",
        *(f"opening|{part}|0" for part in ("pending", "available", "reserved", "owed")),
        f"{row.entry_id}|{row.line}|2026-03-01T00:00:00Z|accrual|available|7",
        "closing|pending|0",
        "closing|available|7",
        "closing|reserved|0",
        "closing|owed|0",
    ]
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    assert found.statement_hash == expected
    # and what comes after the month does not change it
    posted(datetime(2026, 4, 2, tzinfo=UTC), "b", (chart.member_wallet(number), 1))
    with unit_of_work() as uow:
        again = service.statement_of(uow, number, "CNY", ZONE, service.month_named("2026-03"))
    assert again.statement_hash == expected


@pytest.mark.parametrize("month", ["2026-05", "2026-13", "2026-1", "0000-01", "9999-12", "x"])
def test_a_month_in_which_nothing_moved_is_unknown(app: Flask, month: str) -> None:
    lin, rich = sign_up(app), sign_up(app)
    posted(datetime(2026, 5, 5, tzinfo=UTC), "a", (chart.member_wallet(number_of(rich)), 7))
    assert refusal(lin.call("GET", f"/me/statements/{month}"))[:2] == (404, "not_found")
    assert lin.call("GET", "/me/statements").get_json() == {"data": []}
