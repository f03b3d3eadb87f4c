"""What came of invite links day by day, as their owner sees it: a row a day for the chart, and sums by channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from babel.dates import format_skeleton
from flask_babel import get_locale

from socialshop.invites import service as invites
from socialshop.invites.service import DayStats, Link
from socialshop.kernel.money import Money
from socialshop.kernel.time import last_days
from socialshop.pages.spans import SPANS, chosen_span
from socialshop.pages.visit import Visit


class Figures(NamedTuple):
    """Sums of a day, a channel, or all: `name` is how its reader calls it, None for links without a channel.

    `not_counted` is what `repeats`, `own`, `bots` and `closed` make together.
    """

    name: str | None
    clicks: int
    repeats: int
    own: int
    bots: int
    closed: int
    members: int
    seats: int
    orders: int
    earned: Money

    @property
    def not_counted(self) -> int:
        """What was recorded and does not count."""
        return self.repeats + self.own + self.bots + self.closed


class LinkDays(NamedTuple):
    """The days that are shown, every one a row; the channels that had anything; all of it; and the choice of spans."""

    days: list[Figures]
    channels: list[Figures]
    total: Figures
    span: int
    spans: tuple[int, ...] = SPANS


def of_links(visit: Visit, link: Link | None = None) -> LinkDays:
    """The last days of the visitor's own links, or of one of them, as `?days=` says. Three statements."""
    span, settings = chosen_span(), visit.settings
    shown = last_days(visit.uow.now, span, settings.time_zone)
    found = invites.days(
        visit.uow, visit.caller.member_id, link, since=shown[0], zone=settings.time_zone, currency=settings.currency
    )
    nothing = Money(0, settings.currency)
    channels = sorted({row.channel for row in found}, key=lambda name: (name is not None, name))
    return LinkDays(
        days=[_sum(_named(on), [row for row in found if row.on_day == on], nothing) for on in shown],
        channels=[_sum(name, [row for row in found if row.channel == name], nothing) for name in channels],
        total=_sum(None, found, nothing),
        span=span,
    )


def _named(on: date) -> str:
    return format_skeleton("MMMd", on, locale=get_locale())


def _sum(name: str | None, rows: Iterable[DayStats], nothing: Money) -> Figures:
    rows = list(rows)
    counted = ("clicks", "repeats", "own", "bots", "closed", "members", "seats", "orders")
    sums = {field: sum(getattr(row, field) for row in rows) for field in counted}
    return Figures(name, **sums, earned=sum((row.earned for row in rows), nothing))
