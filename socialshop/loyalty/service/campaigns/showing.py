"""The calendar that a member sees: what goes on and what comes, campaigns and member days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import campaigns as store

_DAYS_AHEAD = 60
_MOST = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A campaign (by `theme` and titles) or a member day (theme `member_day`, no title)."""

    theme: str
    title_zh: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    multiplier_bps: int | None
    coupon: str | None
    missions: int


def calendar_of(uow: UnitOfWork, member: int, zone: str) -> list[Entry]:
    """What goes on for the member, or begins within sixty days; the first to begin first. Two statements.

    A campaign stands in the calendars of those whom it treats alone: who is left out by lot must not hear of it.
    """
    until = uow.now + timedelta(days=_DAYS_AHEAD)
    found = [
        Entry(
            row.theme,
            row.title_zh,
            row.title_en,
            row.starts_at,
            row.ends_at,
            row.multiplier_bps,
            row.coupon,
            row.missions,
        )
        for row in store.upcoming(uow.session, member, uow.now, until, _MOST)
    ]
    member_day = rules_at(uow, uow.now).member_day
    if member_day is not None:
        there = ZoneInfo(zone)
        for day in member_day.next_days(day_of(uow.now, zone), _DAYS_AHEAD):
            begins, ends = (datetime.combine(on, time(), there) for on in (day, day + timedelta(days=1)))
            found.append(Entry("member_day", "", "", begins, ends, member_day.multiplier_bps, None, 0))
    return sorted(found, key=lambda entry: (entry.starts_at, entry.theme))
