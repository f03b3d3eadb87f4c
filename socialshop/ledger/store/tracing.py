"""What stands on one account, by what it is about or by when it was posted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Line(NamedTuple):
    """What an entry moved on the account."""

    reference: str
    amount_minor: int
    currency: str
    posted_at: datetime


def by_reference(session: Session, account: str, references: Collection[str]) -> list[Line]:
    """What the entries of these references moved on the account."""
    return _lines(session, "e.reference = ANY(CAST(:references AS text[]))", account, references=list(references))


def by_time(session: Session, account: str, kinds: Collection[str], since: datetime, until: datetime) -> list[Line]:
    """What entries of these kinds, posted from `since` on and before `until`, moved on the account."""
    condition = "e.posted_at >= :since AND e.posted_at < :until AND e.kind = ANY(CAST(:kinds AS text[]))"
    return _lines(session, condition, account, kinds=list(kinds), since=since, until=until)


def _lines(session: Session, condition: str, account: str, **values: object) -> list[Line]:
    rows = session.execute(
        text(
            f"""
            SELECT e.reference, CAST(sum(p.amount_minor) AS bigint), p.currency, e.posted_at
            FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
            WHERE {condition} AND p.account_id = (SELECT id FROM ledger_accounts WHERE name = :account)
            GROUP BY e.id, p.currency ORDER BY e.id
            """  # noqa: S608 - constants of this module
        ),
        {"account": account, **values},
    )
    return [Line(*row) for row in rows]
