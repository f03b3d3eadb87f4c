"""The member day: a day that comes again by a rule of the calendar, in the shop's zone. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from socialshop.kernel.money import BPS


@dataclass(frozen=True, slots=True)
class MemberDay:
    """Either a day of each month (in a month without it, the last) or a weekday (1 is Monday, 7 Sunday, ISO 8601).

    `multiplier_bps` multiplies the points of orders placed on it.
    """

    day_of_month: int | None = None
    weekday: int | None = None
    multiplier_bps: int = 2 * BPS

    def falls_on(self, day: date) -> bool:
        """Whether this is such a day."""
        if self.weekday is not None:
            return day.isoweekday() == self.weekday
        return self.day_of_month is not None and day.day == min(self.day_of_month, monthrange(day.year, day.month)[1])

    def next_days(self, first: date, days: int) -> Iterator[date]:
        """The member days among the `days` days that begin with `first`."""
        return (day for day in (first + timedelta(days=n) for n in range(days)) if self.falls_on(day))
