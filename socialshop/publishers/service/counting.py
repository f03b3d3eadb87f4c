"""What a publisher's links brought, by day and channel: views, clicks, leads, sales, and what each earned."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.kernel.money import Money
from socialshop.publishers import store

_WHY_NOT = ("repeats", "own", "bots", "closed")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class PublisherDay:
    """A day of the shop's and a channel: what counts, and of views and clicks together what does not and why.

    `sales_earned` is of the orders that the links brought, `counts_earned` of clicks, views and milestones.
    """

    on_day: date
    channel: str | None
    views: int
    clicks: int
    leads: int
    sales: int
    repeats: int
    own: int
    bots: int
    closed: int
    sales_earned: Money
    counts_earned: Money

    @property
    def not_counted(self) -> int:
        """What was recorded and does not count."""
        return self.repeats + self.own + self.bots + self.closed


def days(
    uow: UnitOfWork, member_id: uuid.UUID, number: int, *, since: date, zone: str, currency: str
) -> list[PublisherDay]:
    """What came of a publisher's links, a row a day and channel that had anything, the earliest first.

    Four statements.
    """
    sold = {
        (row.on_day, row.channel): row
        for row in invites.days(uow, member_id, None, since=since, zone=zone, currency=currency)
    }
    seen = {(row.on_day, row.channel): row for row in store.count_days(uow.session, member_id, number, since, currency)}
    nothing = Money(0, currency)
    found = []
    for key in sorted(sold.keys() | seen.keys(), key=lambda one: (one[0], one[1] or "")):
        clicks, views = sold.get(key), seen.get(key)
        repeats, own, bots, closed = (
            sum(int(getattr(one, name)) for one in (clicks, views) if one) for name in _WHY_NOT
        )
        found.append(
            PublisherDay(
                *key,
                views=views.views if views else 0,
                clicks=clicks.clicks if clicks else 0,
                leads=clicks.members if clicks else 0,
                sales=clicks.orders if clicks else 0,
                repeats=repeats,
                own=own,
                bots=bots,
                closed=closed,
                sales_earned=clicks.earned if clicks else nothing,
                counts_earned=Money(views.counted_minor, currency) if views else nothing,
            )
        )
    return found


COLUMNS = (
    *("day", "channel", "views", "clicks", "leads", "sales", "repeats", "own", "bots", "closed"),
    *("sales_earned_minor", "counts_earned_minor", "currency"),
)


def as_table(rows: Sequence[PublisherDay]) -> str:
    """The days as CSV. A channel that a spreadsheet would take for a formula stands behind an apostrophe."""
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(COLUMNS)
    for row in rows:
        channel = row.channel or ""
        if channel.startswith(_FORMULA):
            channel = f"'{channel}"
        counts = (row.views, row.clicks, row.leads, row.sales, row.repeats, row.own, row.bots, row.closed)
        earned = (row.sales_earned.amount_minor, row.counts_earned.amount_minor, row.sales_earned.currency)
        written.writerow((row.on_day.isoformat(), channel, *counts, *earned))
    return out.getvalue()
