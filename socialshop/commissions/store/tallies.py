"""Tallies: what was counted of links in days that are over, claimed once, with what it earned or why it did not."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.rules import Standing
from socialshop.commissions.store.accruals import SkipRow
from socialshop.commissions.store.facts import listed_channel
from socialshop.commissions.store.replay import StoredAccrual
from socialshop.infra.db import copy_rows


class WaitingRow(NamedTuple):
    """Counted clicks or views of a link's day that are in no tally, behind `before` that are; and what they go by."""

    kind: str
    member: int
    link_id: uuid.UUID
    on_day: date
    counted: int
    before: int
    plan_version_id: uuid.UUID
    begins: datetime
    ends: datetime
    publisher: bool
    channel: str | None
    deal_id: uuid.UUID | None
    product_id: uuid.UUID | None


class TallyRow(NamedTuple):
    """A tally as it stands for good; `held_from` is when its day was over, or its milestone was reached."""

    id: uuid.UUID
    kind: str
    member: int
    plan_version_id: uuid.UUID
    link_id: uuid.UUID | None
    on_day: date
    counted: int
    before: int
    held_from: datetime
    facts: dict[str, Any]


class TallyAccrualRow(NamedTuple):
    """An accrual of a tally as it is born: held."""

    id: uuid.UUID
    tally_id: uuid.UUID
    beneficiary: int
    kind: str
    level: int
    leg: int
    amount_minor: int
    currency: str
    accrued_at: datetime
    matures_at: datetime


class TallySkipRow(NamedTuple):
    """A leg that paid nothing for a tally, and why."""

    tally_id: uuid.UUID
    leg: int
    reason: str


# What an invite link `l` leads to: a deal, or a product.
LEADS_TO = """
    LEFT JOIN rooms r ON l.kind = 'room' AND r.id = l.target_id
    LEFT JOIN LATERAL (
        SELECT g.id, k.product_id FROM deals g JOIN skus k ON k.id = g.sku_id
        WHERE g.id = CASE l.kind WHEN 'deal' THEN l.target_id ELSE r.deal_id END
    ) deal ON true
    LEFT JOIN products product ON l.kind = 'product' AND product.id = l.target_id
"""
# A day goes by the version in force when it began, and by whether its owner was a publisher all day. Members who are
# none are looked at only where a version pays them too.
_WAITING = text(
    f"""
    WITH who AS (
        SELECT member, approved_at, ended_at, true AS publisher FROM publishers WHERE approved_at IS NOT NULL
        UNION ALL
        SELECT m.number, NULL, NULL, false FROM members m
        WHERE EXISTS (
            SELECT FROM commission_plan_versions v, jsonb_array_elements(v.document -> 'legs') leg
            WHERE v.currency = :currency AND leg ->> 'who' = 'members'
        ) AND NOT EXISTS (SELECT FROM publishers p WHERE p.member = m.number AND p.status = 'approved')
    )
    SELECT w.kind, who.member, l.id, w.on_day, w.counted - coalesce(t.taken, 0), coalesce(t.taken, 0), v.id,
        d.begins, d.ends, who.publisher, {listed_channel("l", "d.begins")}, deal.id,
        coalesce(product.id, deal.product_id)
    FROM who
    JOIN members m ON m.number = who.member
    JOIN invite_links l ON l.owner_id = m.id
    JOIN LATERAL (
        SELECT 'click' AS kind, on_day, clicks AS counted FROM invite_click_days
        WHERE link_id = l.id AND on_day BETWEEN :first AND :last
        UNION ALL
        SELECT 'view', on_day, views FROM banner_view_days WHERE link_id = l.id AND on_day BETWEEN :first AND :last
    ) w ON true
    CROSS JOIN LATERAL (
        SELECT CAST(w.on_day AS timestamp) AT TIME ZONE :zone AS begins,
            CAST(w.on_day + 1 AS timestamp) AT TIME ZONE :zone AS ends
    ) d
    JOIN LATERAL (
        SELECT id, document FROM commission_plan_versions
        WHERE currency = :currency AND effective_at <= d.begins ORDER BY effective_at DESC LIMIT 1
    ) v ON true
    LEFT JOIN LATERAL (
        SELECT CAST(sum(counted) AS bigint) AS taken FROM tallies
        WHERE link_id = l.id AND kind = w.kind AND on_day = w.on_day
    ) t ON true
    {LEADS_TO}
    WHERE w.counted > coalesce(t.taken, 0)
        AND (NOT who.publisher OR (who.approved_at <= d.begins AND (who.ended_at IS NULL OR who.ended_at >= d.ends)))
        AND EXISTS (SELECT FROM jsonb_array_elements(v.document -> 'legs') leg WHERE leg ->> 'kind' = w.kind)
    ORDER BY w.on_day, l.id, w.kind LIMIT :limit
    """  # noqa: S608 - our own text
)
TALLY = ", ".join(f"y.{name}" for name in TallyRow._fields)


def waiting(session: Session, days: tuple[date, date], currency: str, zone: str, limit: int) -> list[WaitingRow]:
    """Up to `limit` links' days from the first to the last with counts that are in no tally; the oldest first."""
    values = {"first": days[0], "last": days[1], "currency": currency, "zone": zone, "limit": limit}
    return [WaitingRow(*row) for row in session.execute(_WAITING, values)]


def add(session: Session, rows: Sequence[TallyRow], now: datetime) -> None:
    """Append tallies. One that was claimed before, by link, kind, day and what came before, fails the batch."""
    written = ((*row._replace(facts=Jsonb(row.facts)), now) for row in rows)  # type: ignore[arg-type]
    copy_rows(session, "tallies", (*TallyRow._fields, "tallied_at"), written)


def add_accruals(session: Session, rows: Sequence[TallyAccrualRow]) -> None:
    """Append accruals of tallies, and put them in the order of settlement."""
    copy_rows(session, "accruals", TallyAccrualRow._fields, rows)
    waiting_rows = [(row.matures_at, row.id) for row in rows]
    copy_rows(session, "accrual_maturities", ("matures_at", "accrual_id"), waiting_rows)


def add_skips(session: Session, rows: Iterable[TallySkipRow]) -> None:
    """Append why legs paid nothing."""
    copy_rows(session, "tally_skips", TallySkipRow._fields, rows)


def latest_day(session: Session, currency: str) -> datetime | None:
    """When the newest tallied day of this currency's plans began; None where nothing was tallied."""
    found: datetime | None = session.execute(
        text(
            """
            SELECT max(CAST(y.facts ->> 'sale_at' AS timestamptz))
            FROM tallies y JOIN commission_plan_versions v ON v.id = y.plan_version_id
            WHERE v.currency = :currency AND y.kind <> 'milestone'
            """
        ),
        {"currency": currency},
    ).scalar()
    return found


class Recounted(NamedTuple):
    """A tally as replay reads it, and how much of it was disallowed since; of a milestone that fell, all."""

    tally: TallyRow
    disallowed: int


def recounted(session: Session, after: uuid.UUID, limit: int) -> list[Recounted]:
    """Up to `limit` tallies in the order of their ids, after this one."""
    rows = session.execute(
        text(
            f"""
            SELECT {TALLY}, coalesce((
                SELECT CAST(sum(x.counted) AS bigint) FROM disallowed_tallies x WHERE x.tally_id = y.id
            ), (SELECT y.counted FROM milestones s WHERE s.tally_id = y.id AND s.fallen_at IS NOT NULL), 0)
            FROM tallies y WHERE y.id > :after ORDER BY y.id LIMIT :limit
            """  # noqa: S608 - our own names
        ),
        {"after": after, "limit": limit},
    )
    width = len(TallyRow._fields)
    return [Recounted(TallyRow(*row[:width]), row[width]) for row in rows]


def stored(session: Session, after: uuid.UUID, last: uuid.UUID) -> list[StoredAccrual | SkipRow]:
    """What the tallies after `after` up to `last` earned, and why legs of them paid nothing, as replay compares it."""
    accruals = session.execute(
        text(
            """
            SELECT a.tally_id, a.beneficiary, a.kind, a.level, a.leg, a.amount_minor, a.currency, a.matures_at,
                a.clawed_minor, coalesce((
                    SELECT CAST(sum(c.amount_minor) AS bigint) FROM clawbacks c WHERE c.accrual_id = a.id), 0),
                t.depth, t.rate_bps, t.below_bps, t.asked_minor, t.cap
            FROM accruals a LEFT JOIN accrual_terms t ON t.accrual_id = a.id
            WHERE a.tally_id > :after AND a.tally_id <= :last
            """
        ),
        {"after": after, "last": last},
    )
    skips = session.execute(
        text(
            """
            SELECT k.tally_id, k.leg, y.kind, 0, y.member, k.reason
            FROM tally_skips k JOIN tallies y ON y.id = k.tally_id WHERE k.tally_id > :after AND k.tally_id <= :last
            """
        ),
        {"after": after, "last": last},
    )
    return [*(StoredAccrual._make(row) for row in accruals), *(SkipRow._make(row) for row in skips)]


class DisallowanceRow(NamedTuple):
    """Somebody found a member's counted clicks or views of these days to be none, of one link or of all."""

    id: uuid.UUID
    member: int
    kind: str
    first_day: date
    last_day: date
    link_id: uuid.UUID | None
    reason: str
    disallowed_at: datetime


def disallow(session: Session, row: DisallowanceRow) -> int:
    """Write a disallowance down, over what it finds tallied and not disallowed before; how many were counted there."""
    copy_rows(session, "disallowances", DisallowanceRow._fields, [row])
    counted: int = session.execute(
        text(
            """
            WITH struck AS (
                INSERT INTO disallowed_tallies (tally_id, disallowance_id, counted)
                SELECT y.id, :id, y.counted FROM tallies y
                WHERE y.member = :member AND y.kind = :kind AND y.on_day BETWEEN :first_day AND :last_day
                    AND (CAST(:link_id AS uuid) IS NULL OR y.link_id = :link_id)
                    AND NOT EXISTS (SELECT FROM disallowed_tallies x WHERE x.tally_id = y.id)
                ORDER BY y.id RETURNING counted
            )
            SELECT CAST(coalesce(sum(counted), 0) AS bigint) FROM struck
            """
        ),
        row._asdict(),
    ).scalar_one()
    return counted


def disallowed_accruals(session: Session, disallowance_id: uuid.UUID) -> list[Standing]:
    """The accruals of what was disallowed, in id order: `quantity` were counted, of which `returned` are none."""
    rows = session.execute(
        text(
            """
            SELECT a.id, a.beneficiary, a.amount_minor, a.currency, a.clawed_minor, a.leg, y.plan_version_id,
                   y.before, y.counted, 0, (
                       SELECT CAST(sum(x.counted) AS bigint) FROM disallowed_tallies x WHERE x.tally_id = y.id
                   ), NULL, NULL, y.id, y.facts, 0
            FROM disallowed_tallies d JOIN tallies y ON y.id = d.tally_id JOIN accruals a ON a.tally_id = y.id
            WHERE d.disallowance_id = :id ORDER BY a.id
            """
        ),
        {"id": disallowance_id},
    )
    return [Standing._make((*row, None)) for row in rows]


def disallowances_of(session: Session, member: int, before: uuid.UUID | None, limit: int) -> list[DisallowanceRow]:
    """Up to `limit` of a member's, the newest first."""
    fields = ", ".join(DisallowanceRow._fields)
    rows = session.execute(
        text(
            f"SELECT {fields} FROM disallowances WHERE member = :member "  # noqa: S608 - our own names
            "AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"member": member, "before": before, "limit": limit},
    )
    return [DisallowanceRow(*row) for row in rows]
