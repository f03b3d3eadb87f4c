"""What the proof reads: the journal, the chain and the balances, each as streams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.ledger.store.reading import stream


class JournalEntry(NamedTuple):
    """An entry as stored; `block_number` is null where no block lists it, `waiting` where the queue does."""

    id: int
    reference: str
    kind: str
    posted_at: datetime
    reverses: str | None
    posting_count: int
    content_hash: bytes
    block_number: int | None
    waiting: bool


class JournalPosting(NamedTuple):
    """A posting as stored; `account` is null where its account is gone."""

    entry_id: int
    account: str | None
    amount_minor: int
    currency: str
    subject_id: str | None


class Block(NamedTuple):
    """A block as stored."""

    number: int
    previous_hash: bytes
    hash: bytes
    entry_count: int
    sums: dict[str, int]
    sealed_at: datetime


class Member(NamedTuple):
    """An entry's membership of a block; `content_hash` is null where the entry is gone."""

    block_number: int
    entry_id: int
    content_hash: bytes | None


class Turnover(NamedTuple):
    """The sum of positive postings in one currency of one block's entries, recomputed."""

    block_number: int
    currency: str
    amount_minor: int


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


def isolation(session: Session) -> str:
    """The transaction's isolation level."""
    return str(session.execute(text("SHOW transaction_isolation")).scalar_one())


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
    return (JournalEntry(*row) for row in stream(session, "proof_entries", query))


def postings(session: Session) -> Iterator[JournalPosting]:
    """All postings in entry and line order."""
    query = """
        SELECT p.entry_id, a.name, p.amount_minor, p.currency, encode(uuid_send(p.subject_id), 'hex')
        FROM ledger_postings p LEFT JOIN ledger_accounts a ON a.id = p.account_id
        ORDER BY p.entry_id, p.line
    """
    return (JournalPosting(*row) for row in stream(session, "proof_postings", query))


def lost_in_queue(session: Session) -> int | None:
    """The first entry that waits for sealing and is gone."""
    query = """
        SELECT q.entry_id FROM ledger_seal_queue q LEFT JOIN ledger_entries e ON e.id = q.entry_id
        WHERE e.id IS NULL ORDER BY q.entry_id LIMIT 1
    """
    found: int | None = session.execute(text(query)).scalar()
    return found


def blocks(session: Session) -> Iterator[Block]:
    """All blocks in order."""
    query = "SELECT number, previous_hash, hash, entry_count, sums, sealed_at FROM ledger_blocks ORDER BY number"
    return (Block(*row) for row in stream(session, "proof_blocks", query))


def members(session: Session) -> Iterator[Member]:
    """Block by block, its entries in id order."""
    query = """
        SELECT m.block_number, m.entry_id, e.content_hash
        FROM ledger_block_entries m LEFT JOIN ledger_entries e ON e.id = m.entry_id
        ORDER BY m.block_number, m.entry_id
    """
    return (Member(*row) for row in stream(session, "proof_members", query))


def turnovers(session: Session) -> Iterator[Turnover]:
    """Block by block, its turnover by currency."""
    query = """
        SELECT m.block_number, p.currency, CAST(sum(p.amount_minor) AS bigint)
        FROM ledger_block_entries m JOIN ledger_postings p ON p.entry_id = m.entry_id
        WHERE p.amount_minor > 0 GROUP BY 1, 2 ORDER BY 1, 2
    """
    return (Turnover(*row) for row in stream(session, "proof_turnovers", query))


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
    return (BalanceRow(*row) for row in stream(session, "proof_balances", query))
