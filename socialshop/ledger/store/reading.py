"""Streams over the whole ledger: server-side cursors, so that memory does not grow with the books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from socialshop.infra.db import stream_rows


class PostingLine(NamedTuple):
    """A line of the ledger's export."""

    entry: int
    posted_at: Any
    reference: str
    kind: str
    account: str
    amount_minor: int
    currency: str


def posting_lines(session: Session) -> Iterator[PostingLine]:
    """All postings with their entries, in entry and line order."""
    query = """
        SELECT e.id, e.posted_at, e.reference, e.kind, a.name, p.amount_minor, p.currency
        FROM ledger_entries e
        JOIN ledger_postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.account_id
        ORDER BY p.entry_id, p.line
    """
    return (PostingLine(*row) for row in stream_rows(session, "ledger_lines", query))


class AccountUse(NamedTuple):
    """An account that was posted to, the currencies it saw and when the first entry came."""

    account: str
    currencies: list[str]
    first_posted_at: Any


def account_uses(session: Session) -> Iterator[AccountUse]:
    """Every account that has postings, in the order of their making."""
    query = """
        SELECT a.name, array_agg(DISTINCT p.currency ORDER BY p.currency), min(e.posted_at)
        FROM ledger_postings p
        JOIN ledger_entries e ON e.id = p.entry_id
        JOIN ledger_accounts a ON a.id = p.account_id
        GROUP BY a.id ORDER BY a.id
    """
    return (AccountUse(*row) for row in stream_rows(session, "ledger_account_uses", query))
