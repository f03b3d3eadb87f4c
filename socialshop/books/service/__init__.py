"""The door of the books over all rooms."""

from __future__ import annotations

from socialshop.books.service.closing import close_month
from socialshop.books.service.proving import last_proofs, prove
from socialshop.books.service.reports import (
    REFUNDS_DUE,
    as_table,
    income_table,
    owed,
    owed_table,
    statement_table,
    trial_table,
)
from socialshop.books.service.trail import OrderTrail, PayoutTrail, subjects, trail_of_order, trail_of_payout
from socialshop.books.store.trail import Subject

__all__ = [
    "REFUNDS_DUE",
    "OrderTrail",
    "PayoutTrail",
    "Subject",
    "as_table",
    "close_month",
    "income_table",
    "last_proofs",
    "owed",
    "owed_table",
    "prove",
    "statement_table",
    "subjects",
    "trail_of_order",
    "trail_of_payout",
    "trial_table",
]
