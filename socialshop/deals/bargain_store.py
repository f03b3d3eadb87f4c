"""Statements on bargains that are offered: deals for one, with the terms by which their price comes down."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class TermsRow(NamedTuple):
    """How the price of a deal for one comes down, from `start_minor` to the deal's own price in `chops` steps."""

    deal_id: uuid.UUID
    start_minor: int
    chops: int
    lasts_seconds: int
    buy_at: str
    newcomer_bps: int


_TERMS = "SELECT t.deal_id, t.start_minor, t.chops, t.lasts_seconds, t.buy_at, t.newcomer_bps FROM bargain_terms t"


def add(session: Session, row: TermsRow) -> None:
    """Insert the terms of a deal that was just made."""
    session.execute(
        text(
            "INSERT INTO bargain_terms (deal_id, start_minor, chops, lasts_seconds, buy_at, newcomer_bps)"
            " VALUES (:deal_id, :start_minor, :chops, :lasts_seconds, :buy_at, :newcomer_bps)"
        ),
        row._asdict(),
    )


def of_deals(session: Session, deal_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, TermsRow]:
    """The terms of those of these deals that are bargains."""
    rows = session.execute(text(_TERMS + " WHERE t.deal_id = ANY(:ids)"), {"ids": list(deal_ids)})
    return {row.deal_id: TermsRow(*row) for row in rows}


def live(session: Session, now: datetime, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """Up to `limit` bargains that can be started now, as they were made, after this one."""
    rows = session.execute(
        text(
            "SELECT d.id FROM bargain_terms t JOIN deals d ON d.id = t.deal_id"
            " WHERE NOT d.draft AND d.paused_at IS NULL AND d.ended_at IS NULL AND d.starts_at <= :now"
            " AND (d.ends_at IS NULL OR d.ends_at > :now) AND (CAST(:after AS uuid) IS NULL OR d.id > :after)"
            " ORDER BY d.id LIMIT :limit"
        ),
        {"now": now, "after": after, "limit": limit},
    )
    return list(rows.scalars())


def of_leader(session: Session, number: int, before: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """Up to `limit` bargains that a member offers or offered, the newest first, older than this one."""
    rows = session.execute(
        text(
            "SELECT d.id FROM bargain_terms t JOIN deals d ON d.id = t.deal_id WHERE d.opened_by = :number"
            " AND (CAST(:before AS uuid) IS NULL OR d.id < :before) ORDER BY d.id DESC LIMIT :limit"
        ),
        {"number": number, "before": before, "limit": limit},
    )
    return list(rows.scalars())
