"""Boards of the month: who brought most friends, and most sales by friends; nobody's earnings stand there.

Who does not agree to be named is a member to everybody else. How much others' friends bought is never told, for a
plan's rates would turn it into what they earn; how many friends is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.time import day_of
from socialshop.loyalty.store import boards as store
from socialshop.loyalty.store.boards import OwnRow, Span

_SHOWN = 20
_MONTHS_SHOWN = 12


class Metric(StrEnum):
    """What a board counts: friends by their first sale, or what all that a member brought in bought."""

    FRIENDS = "friends"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Line:
    """A place; `name` None for one who is not named, `figure` None where it is nobody else's business."""

    place: int
    own: bool
    name: str | None
    figure: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """A month's board as a member sees it; `own` None for one who brought nothing in it."""

    month: date
    metric: Metric
    lines: tuple[Line, ...]
    own: OwnRow | None
    named: bool


def write_boards(uow: UnitOfWork) -> bool:
    """Write the boards of this month and the one before. For the periodic table.

    By then most of a month's sales can no longer be sent back; older boards stay as they were.
    """
    settings = wired.settings()
    advisory_lock(uow, "loyalty:boards")
    this = day_of(uow.now, settings.time_zone).replace(day=1)
    for month in (_before(this), this):
        store.write(uow.session, _span(month, settings.time_zone), settings.currency)
    return False


def board(uow: UnitOfWork, member: int, metric: Metric, month: date | None, zone: str) -> Board:
    """A board; `month` None: this one. Three statements."""
    first = (month or day_of(uow.now, zone)).replace(day=1)
    found = store.lines(uow.session, first, metric.value, member, _SHOWN)
    told = tuple(
        Line(row.place, row.own, row.name, row.figure if row.own or metric is Metric.FRIENDS else None) for row in found
    )
    own = store.own(uow.session, first, metric.value, member)
    return Board(first, metric, told, own, store.is_named(uow.session, member))


def months(uow: UnitOfWork) -> list[date]:
    """The newest months that have boards."""
    return store.months(uow.session, _MONTHS_SHOWN)


def be_named(uow: UnitOfWork, member: int, *, named: bool) -> None:
    """Agree to be named on boards, or take it back; said again, nothing changes."""
    store.set_named(uow.session, member, named=named, now=uow.now)


def _span(month: date, zone: str) -> Span:
    there = ZoneInfo(zone)
    after = (month + timedelta(days=31)).replace(day=1)
    return Span(month, datetime.combine(month, time(), there), datetime.combine(after, time(), there))


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
