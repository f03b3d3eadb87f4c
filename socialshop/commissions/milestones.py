"""Which orders brought a milestone to its figure, order by order in the time of their sales. Pure."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from socialshop.commissions.plan import MilestoneLeg, Plan

EVER = date(1970, 1, 1), date(9999, 12, 31)


class SoldOrder(NamedTuple):
    """An order of `buyer`, whom `member` brought in, with what is left of it."""

    order_id: uuid.UUID
    member: int
    buyer: int
    sold_at: datetime
    on_day: date
    net_minor: int


class Reached(NamedTuple):
    """The order that brought a member's figure to what leg number `leg` asks, and the figure."""

    order: SoldOrder
    leg: int
    figure: int


def legs_of(plan: Plan) -> list[tuple[int, MilestoneLeg]]:
    """The plan's milestones, each with its number."""
    return [(number, leg) for number, leg in enumerate(plan.legs) if isinstance(leg, MilestoneLeg)]


def period_of(period: str | None, day: date) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in."""
    if period == "day":
        return day, day
    if period == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return EVER


def reached(legs: Sequence[tuple[int, MilestoneLeg]], orders: Iterable[SoldOrder]) -> Iterator[Reached]:
    """Each milestone once a period and member, at the order that reached it; orders come in the time of their sales."""
    counts: dict[tuple[object, ...], int] = {}
    bought: set[tuple[object, ...]] = set()
    for order in orders:
        for number, leg in legs:
            if order.net_minor < leg.min_order_minor:
                continue
            figure = number, order.member, period_of(leg.period, order.on_day)
            if leg.counts == "buyers" and (*figure, order.buyer) in bought:
                continue
            bought.add((*figure, order.buyer))
            counts[figure] = counts.get(figure, 0) + 1
            if counts[figure] == leg.reaches:
                yield Reached(order, number, counts[figure])


def periods_of(day: date) -> Mapping[str, str]:
    """The day and month that caps count in."""
    return {"day": day.isoformat(), "month": day.isoformat()[:7]}
