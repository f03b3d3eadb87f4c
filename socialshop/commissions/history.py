"""What a simulation could not see: which legs ask for what the record of that time does not hold. Pure.

Sales that were imported were made in no room, of no product and by no link; nobody counted the clicks of that time.
Such a leg pays nothing in a simulation, which says nothing about what it would pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from socialshop.commissions.plan import Leg, Plan


class History(NamedTuple):
    """Of the `lines` sold in that time how many were `imported`, and of how many the record knows what legs ask for.

    `clicks` and `views` are those that were counted of links whose owners may be paid for them.
    """

    lines: int = 0
    imported: int = 0
    hosts: int = 0
    deals: int = 0
    goods: int = 0
    channels: int = 0
    tiers: int = 0
    clicks: int = 0
    views: int = 0


class Gap(NamedTuple):
    """Leg number `leg` asks for something that the record has `known` times, of `of` sold lines (None: no lines)."""

    leg: int
    kind: str
    level: int
    needs: str
    known: int
    of: int | None


def gaps(plan: Plan, history: History) -> list[Gap]:
    """What the record lacks for each leg, wholly or in part; nothing for a leg of which it knows all."""
    found = []
    for number, leg in enumerate(plan.legs):
        for needs in _needs(leg):
            known: int = getattr(history, needs)
            of = None if needs in ("clicks", "views") else history.lines
            if known == 0 or (of is not None and known < of):
                found.append(Gap(number, leg.kind, leg.level, needs, known, of))
    return found


def _needs(leg: Leg) -> Iterator[str]:
    if leg.kind == "click":
        yield "clicks"
    if leg.kind == "view":
        yield "views"
    if leg.kind == "host":
        yield "hosts"
    if leg.kind == "tier":
        yield "tiers"
    when = leg.when
    if when is None or leg.kind in ("click", "view"):
        return
    if when.products is not None:
        yield "goods"
    if when.deals is not None:
        yield "deals"
    if when.channels is not None:
        yield "channels"
    if when.tiers is not None or when.buyer_tiers is not None:
        yield "tiers"
