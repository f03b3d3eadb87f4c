"""Looking for entries, and one entry with its postings."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class BrowsedEntry(NamedTuple):
    """An entry in a list; `block` is null while it waits for its seal."""

    id: int
    posted_at: datetime
    reference: str
    kind: str
    posting_count: int
    content_hash: bytes
    reverses: str | None
    block: int | None


class BrowsedPosting(NamedTuple):
    """A posting of an entry."""

    line: int
    account: str
    amount_minor: int
    currency: str
    subject_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Which entries: dated within a span; that touch one of `accounts`; that move exactly `amount_minor` somewhere, in
    or out; whose reference begins so. None: any.
    """

    since: datetime
    until: datetime
    accounts: Sequence[str] | None = None
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None


_ENTRY = """
    SELECT e.id, e.posted_at, e.reference, e.kind, e.posting_count, e.content_hash, r.reference, m.block_number
    FROM ledger_entries e
    LEFT JOIN ledger_entries r ON r.id = e.reverses_id
    LEFT JOIN ledger_block_entries m ON m.entry_id = e.id
"""
_TOUCHES = """
    e.id IN (SELECT p.entry_id FROM ledger_postings p WHERE p.account_id = ANY(ARRAY(
        SELECT id FROM ledger_accounts WHERE name = ANY(CAST(:accounts AS text[])))))
"""
_MOVES = """
    EXISTS (SELECT FROM ledger_postings p WHERE p.entry_id = e.id AND p.currency = :currency
            AND p.amount_minor IN (:amount_minor, -:amount_minor))
"""


def entries(session: Session, wanted: EntriesWanted, before: int | None, limit: int) -> list[BrowsedEntry]:
    """Up to `limit` entries older than the one of this id, the newest first. One statement, of what is asked alone."""
    conditions = ["e.posted_at >= :since AND e.posted_at < :until"]
    values: dict[str, object] = {"since": wanted.since, "until": wanted.until, "limit": limit}
    if before is not None:
        conditions.append("e.id < :before")
        values["before"] = before
    if wanted.accounts is not None:
        conditions.append(_TOUCHES)
        values["accounts"] = list(wanted.accounts)
    if wanted.amount_minor is not None:
        conditions.append(_MOVES)
        values |= {"amount_minor": wanted.amount_minor, "currency": wanted.currency}
    if wanted.reference is not None:
        conditions.append("starts_with(e.reference, :reference)")
        values["reference"] = wanted.reference
    found = session.execute(text(f"{_ENTRY} WHERE {' AND '.join(conditions)} ORDER BY e.id DESC LIMIT :limit"), values)
    return [BrowsedEntry(*row) for row in found]


def entry(session: Session, entry_id: int) -> BrowsedEntry | None:
    """One entry."""
    row = session.execute(text(f"{_ENTRY} WHERE e.id = :id"), {"id": entry_id}).first()
    return None if row is None else BrowsedEntry(*row)


def named(session: Session, references: Collection[str]) -> list[BrowsedEntry]:
    """The entries under these references, in the order of their posting."""
    found = session.execute(
        text(f"{_ENTRY} WHERE e.reference = ANY(CAST(:references AS text[])) ORDER BY e.id"),
        {"references": list(references)},
    )
    return [BrowsedEntry(*row) for row in found]


def postings(session: Session, entry_id: int, after: int, limit: int) -> list[BrowsedPosting]:
    """Up to `limit` postings of an entry beyond a line."""
    found = session.execute(
        text(
            """
            SELECT p.line, a.name, p.amount_minor, p.currency, p.subject_id
            FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
            WHERE p.entry_id = :id AND p.line > :after ORDER BY p.line LIMIT :limit
            """
        ),
        {"id": entry_id, "after": after, "limit": limit},
    )
    return [BrowsedPosting(*row) for row in found]
