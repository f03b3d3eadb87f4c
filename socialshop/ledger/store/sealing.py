"""What the sealer reads of a block's postings; `infra/chain` does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class BlockSums(NamedTuple):
    """Turnover (sum of positive amounts) by currency, and movement of each folded account, of one block's entries."""

    turnover: dict[str, int]
    folded: list[tuple[int, str, int]]


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
