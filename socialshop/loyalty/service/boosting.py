"""What multiplies the points of an order: the member day, or a campaign that treats its buyer."""

from __future__ import annotations

from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import BPS
from socialshop.kernel.time import day_of
from socialshop.loyalty.rules import Rules
from socialshop.loyalty.service.publishing import rules_at


def is_member_day(uow: UnitOfWork, now: datetime, zone: str) -> bool:
    """Whether `now` lies in a member day by the clock of `zone` and the rules in force then. One statement."""
    return _multiplier(rules_at(uow, now), now, zone) is not None


def boost_of(campaign_bps: int | None, placed_at: datetime, in_force: Rules, zone: str) -> int:
    """What multiplies an order's points, in basis points: the larger of what a campaign and the member day give.

    By the instant at which it was placed, so told late it gives the same.
    """
    return max(campaign_bps or BPS, _multiplier(in_force, placed_at, zone) or BPS)


def _multiplier(in_force: Rules, at: datetime, zone: str) -> int | None:
    """What the member day multiplies points by; None on another day."""
    day = in_force.member_day
    return day.multiplier_bps if day is not None and day.falls_on(day_of(at, zone)) else None
