"""The statements of the sealer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class WaitingEntry(NamedTuple):
    """An entry that may be sealed."""

    id: int
    posting_count: int
    content_hash: bytes


class BlockRow(NamedTuple):
    """A block as it is stored."""

    number: int
    previous_hash: bytes
    hash: bytes
    entry_count: int
    sums: Mapping[str, int]
    sealed_at: datetime


class BlockSums(NamedTuple):
    """Turnover (sum of positive amounts) by currency, and movement of each folded account, of one block's entries."""

    turnover: dict[str, int]
    folded: list[tuple[int, str, int]]


def count_waiting(session: Session) -> int:
    """How many entries are in no block yet."""
    return int(session.execute(text("SELECT count(*) FROM ledger_seal_queue")).scalar_one())


def waiting_entries(session: Session, *, entries: int, postings: int) -> list[WaitingEntry]:
    """The first sealable entries in id order: at most `entries`, and no more once they have `postings` postings.

    Sealable: no transaction older than the one that wrote it is still running. An id that is not below xmax was given
    by another cluster, before a restore: it counts as committed.
    """
    found = session.execute(
        text(
            """
            SELECT id, posting_count, content_hash FROM (
                SELECT e.id, e.posting_count, e.content_hash,
                       sum(e.posting_count) OVER (ORDER BY e.id) - e.posting_count AS postings_before
                FROM (
                    SELECT entry_id FROM ledger_seal_queue
                    WHERE transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                       OR transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
                    ORDER BY entry_id LIMIT :entries
                ) q JOIN ledger_entries e ON e.id = q.entry_id
            ) waiting WHERE postings_before < :postings ORDER BY id
            """
        ),
        {"entries": entries, "postings": postings},
    )
    return [WaitingEntry(row.id, row.posting_count, bytes(row.content_hash)) for row in found]


def last_block(session: Session) -> BlockRow | None:
    """The newest block."""
    row = session.execute(
        text(
            """
            SELECT number, previous_hash, hash, entry_count, sums, sealed_at
            FROM ledger_blocks ORDER BY number DESC LIMIT 1
            """
        )
    ).first()
    return None if row is None else BlockRow(*row)


def sums_of(session: Session, ids: Sequence[int]) -> BlockSums:
    """What a block of these entries moves, in one pass over their postings."""
    rows = session.execute(
        text(
            """
            SELECT p.currency, CASE WHEN a.folded THEN p.account_id END AS account_id,
                   CAST(sum(p.amount_minor) AS bigint) AS amount,
                   CAST(coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS bigint) AS positive
            FROM unnest(CAST(:ids AS bigint[])) AS e (id)
            JOIN ledger_postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.account_id
            GROUP BY 1, 2
            """
        ),
        {"ids": list(ids)},
    ).all()
    turnover: dict[str, int] = {}
    for row in rows:
        turnover[row.currency] = turnover.get(row.currency, 0) + row.positive
    return BlockSums(turnover, [(r.account_id, r.currency, r.amount) for r in rows if r.account_id is not None])


def add_block(session: Session, block: BlockRow, ids: Sequence[int]) -> None:
    """Append a block and its membership, and take its entries off the queue."""
    session.execute(
        text(
            """
            INSERT INTO ledger_blocks (number, previous_hash, hash, entry_count, sums, sealed_at)
            VALUES (:number, :previous_hash, :hash, :entry_count, CAST(:sums AS jsonb), :sealed_at)
            """
        ),
        {**block._asdict(), "sums": json.dumps(block.sums)},
    )
    session.execute(
        text(
            """
            WITH left_queue AS (DELETE FROM ledger_seal_queue WHERE entry_id = ANY(CAST(:ids AS bigint[])))
            INSERT INTO ledger_block_entries (entry_id, block_number)
            SELECT id, :number FROM unnest(CAST(:ids AS bigint[])) AS e (id)
            """
        ),
        {"ids": list(ids), "number": block.number},
    )


def sealed_entries(session: Session) -> int:
    """Entries in all blocks."""
    return int(
        session.execute(text("SELECT CAST(coalesce(sum(entry_count), 0) AS bigint) FROM ledger_blocks")).scalar_one()
    )
