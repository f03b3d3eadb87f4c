"""Terms of paid memberships: calendar months in the shop's zone, what is earned day by day, what a refund gives. Pure.

A term is whole days: from `starts_on` until before `ends_on`. It ends with the first instant of that day by the shop's
clock. Months are counted from one anchor, so 31 January is followed by 28 February and then by 31 March.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
_YEAR = 12


def months_after(anchor: date, months: int) -> date:
    """The same day so many months later; the month's last where it has no such day."""
    year, month = divmod(anchor.year * _YEAR + anchor.month - 1 + months, _YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))


def first_instant(day: date, zone: str) -> datetime:
    """When a day begins by the shop's clock, in UTC; where midnight is skipped, with the first instant after."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def earned_minor(price_minor: int, days: int, gone: int) -> int:
    """What of a price is earned after `gone` of its days.

    Each day earns an equal share by the largest remainder: the units left over go to the earliest days, so all days
    together earn the price exactly.
    """
    share, over = divmod(price_minor, days)
    return gone * share + min(gone, over)


def unused_minor(price_minor: int, days: int, unused: int) -> int:
    """What `unused` whole days of a term are worth, rounded down."""
    return price_minor * unused // days


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What a refund would give, and by which rule.

    `whole`: early, and no benefit was used. `prorated`: the days that have not begun. `nothing`: none is left.
    """

    amount_minor: int
    rule: Literal["whole", "prorated", "nothing"]
    unused_days: int
    days: int


def refund_of(
    *, price_minor: int, starts_on: date, ends_on: date, today: date, used: bool, full_refund_days: int
) -> RefundQuote:
    """The refund of a term that ends today. Today has begun, so it counts as used."""
    days = (ends_on - starts_on).days
    unused = min(max((ends_on - today).days - 1, 0), days)
    if not used and (today - starts_on).days < full_refund_days and today < ends_on:
        return RefundQuote(price_minor, "whole", unused, days)
    amount = unused_minor(price_minor, days, unused)
    return RefundQuote(amount, "prorated" if amount else "nothing", unused, days)
