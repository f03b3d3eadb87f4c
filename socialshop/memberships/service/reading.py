"""A membership as its member sees it: where I am, what is missing, what I would get, what I used, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import rules
from socialshop.memberships.rules import Benefits
from socialshop.memberships.service.benefiting import benefits_of
from socialshop.memberships.store import growth, reading
from socialshop.memberships.store.growth import GrowthRow
from socialshop.memberships.store.reading import ChangeRow, LadderRow, UseRow

_USED_WITHIN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class TierView:
    """A step of the ladder: reached with `threshold` growth, giving `benefits`."""

    code: str
    name_zh: str
    name_en: str
    threshold: int
    benefits: Benefits


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a member is; `next` is None at the top, `lapses_at` None while the growth holds the tier.

    `uses` are those of the last 365 days.
    """

    benefits: Benefits
    growth: int
    since: datetime | None
    lapses_at: datetime | None
    ladder: tuple[TierView, ...]
    next: TierView | None
    missing: int
    parts: tuple[GrowthRow, ...]
    uses: tuple[UseRow, ...]


def tiers(uow: UnitOfWork) -> tuple[TierView, ...]:
    """The tiers of the programme in force, from the lowest."""
    return tuple(_tier(row) for row in reading.ladder(uow.session, uow.now))


def membership_of(uow: UnitOfWork, member: int) -> Membership:
    """Everything a member sees on the own card. Five statements."""
    ladder = tiers(uow)
    benefits = benefits_of(uow, [member])[member]
    parts = tuple(growth.by_kind(uow.session, member, uow.now))
    standing = reading.standing(uow.session, member)
    grown = max(sum(part.points for part in parts), 0)
    above = next((tier for tier in ladder if tier.benefits.level == benefits.level + 1), None)
    return Membership(
        benefits=benefits,
        growth=grown,
        since=standing.since if standing else None,
        lapses_at=standing.lapses_at if standing else None,
        ladder=ladder,
        next=above,
        missing=max(above.threshold - grown, 0) if above else 0,
        parts=parts,
        uses=tuple(reading.uses(uow.session, member, uow.now - _USED_WITHIN)),
    )


def changes_of(uow: UnitOfWork, member: int, before: int | None, limit: int) -> list[ChangeRow]:
    """Up to `limit` changes of the member's tier, the newest first, older than `before`."""
    return reading.changes(uow.session, member, before, limit)


def _tier(row: LadderRow) -> TierView:
    tier = row.tier
    return TierView(tier.code, tier.name_zh, tier.name_en, row.threshold, rules.benefits_of_tier(*tier[1:]))
