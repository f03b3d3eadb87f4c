"""The door of the books over all rooms."""

from __future__ import annotations

from socialshop.books.service.closing import close_month
from socialshop.books.service.proving import last_proofs, prove
from socialshop.books.service.reports import (
    REFUNDS_DUE,
    income_table,
    owed,
    owed_table,
    statement_table,
    trial_table,
)

__all__ = [
    "REFUNDS_DUE",
    "close_month",
    "income_table",
    "last_proofs",
    "owed",
    "owed_table",
    "prove",
    "statement_table",
    "trial_table",
]
