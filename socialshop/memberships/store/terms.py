"""Terms, and what is earned of them day by day.

The columns' arithmetic is that of `terms.earned_minor`: an equal share a day, the units left over to the earliest days.
A term's days are passed once, by the statement that moves `recognised_on`, so each day of a term is earned once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_COLUMNS = (
    "id, subscription_id, number, kind, charge_id, offer_id, starts_on, ends_on, price_minor, currency,"
    " recognised_minor, closed_at"
)
_RECOGNISE = text(
    """
    WITH due AS (
        SELECT id, recognised_on, recognised_minor, least(ends_on, CAST(:today AS date)) AS through FROM plan_terms
        WHERE kind <> 'trial' AND closed_at IS NULL AND recognised_on < ends_on AND recognised_on < CAST(:today AS date)
        ORDER BY recognised_on LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE plan_terms t SET recognised_on = d.through, recognised_minor =
        (d.through - t.starts_on) * (t.price_minor / (t.ends_on - t.starts_on))
        + least(d.through - t.starts_on, t.price_minor % (t.ends_on - t.starts_on))
    FROM due d WHERE t.id = d.id
    RETURNING t.id, t.currency, t.recognised_minor - d.recognised_minor, d.recognised_on, d.through
    """
)


class TermRow(NamedTuple):
    """A term: a `trial`, `paid` by its member, or a `gift` of another's."""

    id: uuid.UUID
    subscription_id: uuid.UUID
    number: int
    kind: str
    charge_id: uuid.UUID | None
    offer_id: uuid.UUID
    starts_on: date
    ends_on: date
    price_minor: int
    currency: str
    recognised_minor: int
    closed_at: datetime | None


class Earned(NamedTuple):
    """What a term earned from its day `from_day` until before `through`."""

    term_id: uuid.UUID
    currency: str
    earned_minor: int
    from_day: date
    through: date


def add_all(session: Session, terms: Sequence[TermRow]) -> None:
    """Terms begin; nothing of them is earned. One statement."""
    columns = dict(zip(TermRow._fields, map(list, zip(*terms, strict=True)), strict=True))
    session.execute(
        text(
            """
            INSERT INTO plan_terms (id, subscription_id, number, kind, charge_id, offer_id, starts_on, ends_on,
                price_minor, currency, recognised_on)
            SELECT *, g.starts_on FROM unnest(CAST(:id AS uuid[]), CAST(:subscription_id AS uuid[]),
                CAST(:number AS integer[]), CAST(:kind AS text[]), CAST(:charge_id AS uuid[]),
                CAST(:offer_id AS uuid[]), CAST(:starts_on AS date[]), CAST(:ends_on AS date[]),
                CAST(:price_minor AS bigint[]), CAST(:currency AS text[]))
                AS g (id, subscription_id, number, kind, charge_id, offer_id, starts_on, ends_on, price_minor, currency)
            """
        ),
        columns,
    )


def current(session: Session, subscription_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, TermRow]:
    """The last term of each of these subscriptions, by subscription."""
    rows = session.execute(
        text(
            f"""
            SELECT DISTINCT ON (subscription_id) {_COLUMNS} FROM plan_terms
            WHERE subscription_id = ANY(:ids) ORDER BY subscription_id, number DESC
            """  # noqa: S608 - a constant
        ),
        {"ids": list(subscription_ids)},
    )
    return {row.subscription_id: TermRow(*row) for row in rows}


def recognise(session: Session, today: date, limit: int) -> list[Earned]:
    """Pass the days before today of up to `limit` terms; returns what each earned by it. One statement."""
    return [Earned(*row) for row in session.execute(_RECOGNISE, {"today": today, "limit": limit})]


class Closed(NamedTuple):
    """A term that was cut short: it earns `kept_minor` in all, which `more_minor` (below zero: less) brings about."""

    term_id: uuid.UUID
    currency: str
    more_minor: int


def close(session: Session, kept: Sequence[tuple[uuid.UUID, int]], now: datetime) -> list[Closed]:
    """Cut terms short, each with what of its price stays earned. One statement."""
    rows = session.execute(
        text(
            """
            WITH held AS (
                SELECT id, recognised_minor FROM plan_terms WHERE id = ANY(:ids) AND closed_at IS NULL
                ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE plan_terms t SET closed_at = :now, recognised_minor = g.kept_minor
            FROM held h JOIN unnest(CAST(:ids AS uuid[]), CAST(:kept AS bigint[])) AS g (id, kept_minor) ON g.id = h.id
            WHERE t.id = h.id
            RETURNING t.id, t.currency, g.kept_minor - h.recognised_minor
            """
        ),
        {"ids": [term for term, _ in kept], "kept": [minor for _, minor in kept], "now": now},
    )
    return [Closed(*row) for row in rows]


def used_since(session: Session, subscription_id: uuid.UUID, since: datetime) -> bool:
    """Whether the member used a benefit since then, or a relative while sharing the plan.

    What a tier alone gave is none of the plan's; its vouchers were told apart before `by_plan` was kept.
    """
    found = session.execute(
        text(
            """
            SELECT EXISTS (
                SELECT FROM benefit_uses u JOIN (
                    SELECT member, CAST(:since AS timestamptz) AS since, NULL AS until
                    FROM plan_subscriptions WHERE id = :id
                    UNION ALL
                    SELECT member, greatest(joined_at, :since), left_at FROM plan_seats
                    WHERE subscription_id = :id AND (left_at IS NULL OR left_at >= :since)
                ) sharer ON sharer.member = u.member
                WHERE u.by_plan AND u.benefit <> 'tier_voucher'
                    AND u.used_at >= sharer.since AND (sharer.until IS NULL OR u.used_at <= sharer.until))
            """
        ),
        {"id": subscription_id, "since": since},
    )
    return bool(found.scalar_one())
