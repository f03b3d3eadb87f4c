"""What a member sees of a membership: the ladder, the changes so far, what was used."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.memberships.store.standings import IN_FORCE, TierRow

_CHANGES = text(
    """
    SELECT c.id, c.kind, c.from_tier, c.to_tier, coalesce(t.name_zh, c.to_tier), coalesce(t.name_en, c.to_tier),
        c.growth, c.threshold, c.version, (p.document ->> 'period_days')::integer, c.lapses_at, c.at
    FROM tier_changes c
    JOIN tier_programme_versions v ON v.number = c.version JOIN tier_programmes p ON p.id = v.programme_id
    LEFT JOIN tiers t ON t.version = c.version AND t.code = c.to_tier
    WHERE c.member = :member AND (CAST(:before AS bigint) IS NULL OR c.id < :before)
    ORDER BY c.id DESC LIMIT :limit
    """
)


class ChangeRow(NamedTuple):
    """A change as it was decided: by which growth, against which threshold, by which version's period."""

    id: int
    kind: str
    from_tier: str
    to_tier: str
    name_zh: str
    name_en: str
    growth: int
    threshold: int
    version: int
    period_days: int
    lapses_at: datetime | None
    at: datetime


class StandingRow(NamedTuple):
    """A member's standing."""

    tier: str
    since: datetime
    lapses_at: datetime | None


class UseRow(NamedTuple):
    """How often a benefit was used, and what it was worth where that is money."""

    benefit: str
    times: int
    amount_minor: int | None
    currency: str | None


class LadderRow(NamedTuple):
    """A step of the ladder in force."""

    tier: TierRow
    threshold: int


def ladder(session: Session, now: datetime) -> list[LadderRow]:
    """The tiers of the programme in force, from the lowest."""
    rows = session.execute(
        text(
            "SELECT code, name_zh, name_en, level, benefits, threshold FROM tiers"  # noqa: S608 - a constant
            f" WHERE version = {IN_FORCE} ORDER BY level"
        ),
        {"now": now},
    )
    return [LadderRow(TierRow(0, *row[:5]), row[5]) for row in rows]


def standing(session: Session, member: int) -> StandingRow | None:
    """Where the member stands; None for one who has not grown yet."""
    row = session.execute(
        text("SELECT tier, since, lapses_at FROM member_standings WHERE member = :member"), {"member": member}
    ).one_or_none()
    return StandingRow(*row) if row else None


def changes(session: Session, member: int, before: int | None, limit: int) -> list[ChangeRow]:
    """Up to `limit` changes, the newest first, older than `before`."""
    return [ChangeRow(*row) for row in session.execute(_CHANGES, {"member": member, "before": before, "limit": limit})]


def uses(session: Session, member: int, since: datetime) -> list[UseRow]:
    """What the member used of the benefits since then."""
    rows = session.execute(
        text(
            "SELECT benefit, count(*), sum(amount_minor)::bigint, currency FROM benefit_uses"
            " WHERE member = :member AND used_at >= :since GROUP BY benefit, currency ORDER BY benefit, currency"
        ),
        {"member": member, "since": since},
    )
    return [UseRow(*row) for row in rows]
