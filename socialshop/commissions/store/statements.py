"""A member's wallet by months: sums for the list, postings for one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.store.reading import MOVEMENTS, WalletRow


class MonthSum(NamedTuple):
    """By how much an account moved in a month, by the clock of a zone; `month` is its first day."""

    month: date
    account: str
    amount_minor: int
    postings: int


def month_sums(session: Session, accounts: Sequence[str], currency: str, zone: str) -> list[MonthSum]:
    """Every month in which one of the accounts moved, the oldest first."""
    rows = session.execute(
        text(
            """
            SELECT CAST(date_trunc('month', e.posted_at AT TIME ZONE :zone) AS date), n.name,
                   CAST(sum(p.amount_minor) AS bigint), count(*)
            FROM ledger_accounts n
            JOIN ledger_postings p ON p.account_id = n.id
            JOIN ledger_entries e ON e.id = p.entry_id
            WHERE n.name = ANY(CAST(:accounts AS text[])) AND p.currency = :currency
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {"accounts": list(accounts), "currency": currency, "zone": zone},
    )
    return [MonthSum(*row) for row in rows]


def movements(
    session: Session, accounts: Sequence[str], currency: str, since: datetime, before: datetime
) -> list[WalletRow]:
    """The postings to these accounts from `since` on and before `before`, in the order of the books."""
    rows = session.execute(
        text(
            f"""
            {MOVEMENTS}
                AND e.posted_at >= :since AND e.posted_at < :before
            ORDER BY p.entry_id, p.line
            """
        ),
        {"accounts": list(accounts), "currency": currency, "since": since, "before": before},
    )
    return [WalletRow(*row) for row in rows]
