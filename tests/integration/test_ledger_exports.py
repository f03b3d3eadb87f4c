"""The ledger for an outsider: CSV line by line, and beancount that `bean-check` accepts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data, realization
from bookkeeping import accrual, settlement
from flask import Flask

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting, beancount_pieces, csv_pieces, post

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def books(app: Flask) -> Flask:
    sale = [Posting(chart.provider_clearing("import"), -2933, "CNY"), Posting(chart.SALES, 2933, "CNY")]
    debt = [Posting(chart.member_receivable(7), -5, "JPY"), Posting(chart.COMMISSION_EXPENSE, 5, "JPY")]
    with unit_of_work(ManualClock(AT)) as uow:
        post(
            uow,
            [
                Entry('sale "1"', "sale", sale),
                accrual("=a1", 7, 299),
                settlement("s1", 7, 200),
                Entry("c1", "clawback", debt),
            ],
        )
    return app


def _exported(pieces: type[object] | object) -> str:
    assert callable(pieces)
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return "".join(pieces(uow))


def test_the_csv_has_a_line_a_posting(books: Flask) -> None:
    lines = list(csv.reader(io.StringIO(_exported(csv_pieces))))
    assert lines[0] == ["entry", "posted_at", "reference", "account", "amount_minor", "currency"]
    first = int(lines[1][0])
    at = "2026-03-01T12:30:00Z"
    assert lines[1:] == [
        [str(first), at, 'sale "1"', "provider:import:clearing", "-2933", "CNY"],
        [str(first), at, 'sale "1"', "shop:sales", "2933", "CNY"],
        [str(first + 1), at, "=a1", "shop:commission_expense", "-299", "CNY"],
        [str(first + 1), at, "=a1", "member:7:pending", "299", "CNY"],
        [str(first + 2), at, "s1", "member:7:pending", "-200", "CNY"],
        [str(first + 2), at, "s1", "member:7:wallet", "200", "CNY"],
        [str(first + 3), at, "c1", "member:7:receivable", "-5", "JPY"],
        [str(first + 3), at, "c1", "shop:commission_expense", "5", "JPY"],
    ]


def test_books_of_more_lines_than_a_piece_are_whole(app: Flask) -> None:
    with unit_of_work() as uow:
        post(uow, [accrual(f"a{n}", n % 50 + 1, n) for n in range(1, 3001)])
    rows = list(csv.DictReader(io.StringIO(_exported(csv_pieces))))
    assert len(rows) == 6000
    assert sum(int(row["amount_minor"]) for row in rows) == 0
    assert sum(int(row["amount_minor"]) for row in rows if row["account"] == chart.COMMISSION_EXPENSE) == -4501500


def test_empty_books_export_their_heading(app: Flask) -> None:
    assert _exported(csv_pieces) == "entry,posted_at,reference,account,amount_minor,currency\n"


def test_beancount_accepts_the_export_and_sums_as_the_ledger_does(books: Flask, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    file.write_text(_exported(beancount_pieces), encoding="utf-8")
    entries, errors, _options = loader.load_file(str(file))
    assert errors == []
    transactions = [entry for entry in entries if isinstance(entry, data.Transaction)]
    assert [entry.narration for entry in transactions] == ['sale "1"', "=a1", "s1", "c1"]
    root = realization.realize(entries)

    def sum_of(account: str) -> dict[str, Decimal]:
        return {position.units.currency: position.units.number for position in realization.get(root, account).balance}

    assert sum_of("Assets:Provider:Import:Clearing") == {"CNY": Decimal("29.33")}
    assert sum_of("Income:Shop:Sales") == {"CNY": Decimal("-29.33")}
    assert sum_of("Expenses:Shop:Commission-expense") == {"CNY": Decimal("2.99"), "JPY": Decimal("-5")}
    assert sum_of("Liabilities:Member:7:Pending") == {"CNY": Decimal("-0.99")}
    assert sum_of("Liabilities:Member:7:Wallet") == {"CNY": Decimal("-2.00")}
    assert sum_of("Assets:Member:7:Receivable") == {"JPY": Decimal("5")}


def test_beancount_would_refuse_an_account_that_was_not_opened(books: Flask, tmp_path: Path) -> None:
    """The planted fault: what accepts the export above refuses a faulty one."""
    document = _exported(beancount_pieces)
    faulty = "\n".join(line for line in document.splitlines() if "open Income:Shop:Sales" not in line)
    file = tmp_path / "books.beancount"
    file.write_text(faulty, encoding="utf-8")
    _entries, errors, _options = loader.load_file(str(file))
    assert len(errors) == 1
