"""What the shop owes and is owed over all rooms, and the reports as tables for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from socialshop.books.store import owed as store
from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Aged, Balanced, MonthRow, Owed, Statement

# What is approved and has not gone back yet stands in no account: it goes from one when the provider is called.
REFUNDS_DUE = "refunds:due"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def owed(uow: UnitOfWork, on_day: date, zone: str) -> Owed:
    """What members owe the shop and what it owes at the end of a day, by age, refunds that are due among it."""
    found = ledger.owed(uow, on_day, zone)
    until = ledger.span_of(uow, on_day, on_day, zone).until
    due = [Aged(REFUNDS_DUE, *row) for row in store.refunds_due(uow.session, until)]
    return replace(found, payables=[*found.payables, *due])


def trial_table(lines: Sequence[Balanced]) -> str:
    """The trial balance as CSV; debits above zero."""
    columns = ("account", "type", "currency", "opening_minor", "debit_minor", "credit_minor", "closing_minor")
    return as_table(
        columns,
        (
            (
                *(line.account, line.type.value, line.currency, line.opening_minor),
                *(line.debit_minor, line.credit_minor, line.closing_minor),
            )
            for line in lines
        ),
    )


def statement_table(statement: Statement) -> str:
    """An account's statement as CSV, in the ledger's sign."""
    columns = ("entry", "line", "posted_at", "reference", "kind", "amount_minor", "balance_minor", "currency")
    rows = ((*row[:2], row.posted_at.isoformat(), *row[3:], statement.currency) for row in statement.rows)
    return as_table(columns, rows)


def owed_table(found: Owed) -> str:
    """What is owed by age as CSV: debts of members first, then what the shop owes."""
    columns = ("side", "account", "currency", "to_30_minor", "to_60_minor", "to_90_minor", "older_minor", "total_minor")
    sides = (("receivable", found.debtors), ("payable", found.payables))
    return as_table(
        columns,
        (
            (
                *(side, each.account, each.currency, each.to_30_minor, each.to_60_minor),
                *(each.to_90_minor, each.older_minor, each.total_minor),
            )
            for side, rows in sides
            for each in rows
        ),
    )


def income_table(rows: Sequence[MonthRow]) -> str:
    """Revenue and expense by month as CSV."""
    columns = ("month", "account", "currency", "amount_minor")
    return as_table(columns, ((f"{row.month:%Y-%m}", row.account, row.currency, row.amount_minor) for row in rows))


def as_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV. A text that a spreadsheet would take for a formula stands behind an apostrophe; no number does."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(columns)
    written.writerows([_harmless(value) for value in row] for row in rows)
    return out.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
