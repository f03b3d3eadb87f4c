"""Who of many members is in a segment: asked by coupons, by campaigns that are drawn, by deals that are offered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.loyalty.segments import Segment
from socialshop.loyalty.store import segments
from socialshop.loyalty.store.segments import TierNamed
from socialshop.memberships import service as memberships


def in_segment(uow: UnitOfWork, segment: Segment, members: Sequence[int], day: date) -> list[int]:
    """Those of these members who are in it on this day of the shop's, in the order of their numbers."""
    return segments.matching(
        uow.session,
        segment,
        members,
        first_tier=memberships.first_tier(uow),
        currency=wired.settings().currency,
        day=day,
        now=uow.now,
    )


def offers_naming_tiers(uow: UnitOfWork, codes: Collection[str], limit: int) -> list[TierNamed]:
    """Coupons, deals kept for a segment, and campaigns to come that name one of these tiers: `limit` of each kind."""
    return segments.naming_tiers(uow.session, codes, uow.now, limit)


def check_tiers(uow: UnitOfWork, codes: Collection[str], field: str) -> None:
    """Raises InvalidValue for a code that no tier of the programme in force has."""
    if codes and not {tier.code for tier in memberships.tiers(uow)}.issuperset(codes):
        raise InvalidValue("no tier of the programme in force has this code", field=field)
