"""What the proof reads: the journal, the chain and the balances, each as streams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.chain import Place, Sum
from socialshop.infra.db import stream_rows


class JournalEntry(NamedTuple):
    """An entry as stored."""

    id: int
    reference: str
    kind: str
    posted_at: datetime
    reverses: str | None
    posting_count: int
    content_hash: bytes
    place: Place


class JournalPosting(NamedTuple):
    """A posting as stored; `account` is null where its account is gone."""

    entry_id: int
    account: str | None
    amount_minor: int
    currency: str
    subject_id: str | None


class BalanceGap(NamedTuple):
    """A balance that is not the sum of its postings (of its sealed ones, if folded)."""

    account: str | None
    currency: str
    recomputed: int
    stored: int


class BalanceRow(NamedTuple):
    """A balance beside what its row and its account claim of it."""

    account: str
    folded: bool
    account_sign: int
    currency: str
    amount_minor: int
    sign: int


def entries(session: Session) -> Iterator[JournalEntry]:
    """All entries in id order."""
    query = """
        SELECT e.id, e.reference, e.kind, e.posted_at, r.reference, e.posting_count, e.content_hash,
               m.block_number, q.entry_id IS NOT NULL
        FROM ledger_entries e
        LEFT JOIN ledger_entries r ON r.id = e.reverses_id
        LEFT JOIN ledger_block_entries m ON m.entry_id = e.id
        LEFT JOIN ledger_seal_queue q ON q.entry_id = e.id
        ORDER BY e.id
    """
    return (JournalEntry._make((*row[:-2], Place(*row[-2:]))) for row in stream_rows(session, "proof_entries", query))


def postings(session: Session) -> Iterator[JournalPosting]:
    """All postings in entry and line order."""
    query = """
        SELECT p.entry_id, a.name, p.amount_minor, p.currency, encode(uuid_send(p.subject_id), 'hex')
        FROM ledger_postings p LEFT JOIN ledger_accounts a ON a.id = p.account_id
        ORDER BY p.entry_id, p.line
    """
    return (JournalPosting(*row) for row in stream_rows(session, "proof_postings", query))


def turnovers(session: Session) -> Iterator[Sum]:
    """Block by block, its turnover by currency."""
    query = """
        SELECT m.block_number, p.currency, CAST(sum(p.amount_minor) AS bigint)
        FROM ledger_block_entries m JOIN ledger_postings p ON p.entry_id = m.entry_id
        WHERE p.amount_minor > 0 GROUP BY 1, 2 ORDER BY 1, 2
    """
    return (Sum(*row) for row in stream_rows(session, "proof_turnovers", query))


def first_balance_gap(session: Session) -> BalanceGap | None:
    """The first balance that differs from what its postings sum to."""
    query = """
        WITH recomputed AS (
            SELECT p.account_id, p.currency, sum(p.amount_minor) AS amount_minor
            FROM ledger_postings p
            LEFT JOIN ledger_accounts a ON a.id = p.account_id
            LEFT JOIN ledger_block_entries m ON m.entry_id = p.entry_id
            WHERE a.folded IS DISTINCT FROM true OR m.entry_id IS NOT NULL
            GROUP BY 1, 2
        )
        SELECT a.name, currency, CAST(coalesce(r.amount_minor, 0) AS bigint), coalesce(b.amount_minor, 0)
        FROM recomputed r FULL JOIN ledger_balances b USING (account_id, currency)
        LEFT JOIN ledger_accounts a ON a.id = account_id
        WHERE coalesce(r.amount_minor, 0) <> coalesce(b.amount_minor, 0)
        ORDER BY account_id, currency LIMIT 1
    """
    row = session.execute(text(query)).first()
    return None if row is None else BalanceGap(*row)


def balance_rows(session: Session) -> Iterator[BalanceRow]:
    """All balances, in the order of their accounts."""
    query = """
        SELECT a.name, a.folded, a.sign, b.currency, b.amount_minor, b.sign
        FROM ledger_balances b JOIN ledger_accounts a ON a.id = b.account_id
        ORDER BY b.account_id, b.currency
    """
    return (BalanceRow(*row) for row in stream_rows(session, "proof_balances", query))
