"""Legs that are paid by what was counted: clicks and views of a link in a day, and milestones. Pure.

What was counted of a day may come in several batches; each knows how many came before it, so that all of them together
pay what the day would have paid at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, MutableMapping, Sequence
from typing import NamedTuple

from socialshop.commissions import capping
from socialshop.commissions.conditions import When
from socialshop.commissions.plan import COUNTED, ClickLeg, Leg, MilestoneLeg, Plan, ViewLeg
from socialshop.commissions.rules import Outcome, Reason, Reward, Sales, Skip
from socialshop.commissions.salefacts import SaleFacts
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.kernel.time import parse_instant

_THOUSAND = 1_000


class Counted(NamedTuple):
    """So many clicks or views of a link in a day, behind `before` others of it, and to whom they belong.

    `facts` are what the link leads to, its channel, when the day began (`sale_at`) and what caps ask. Of a milestone
    `counted` is the figure that reached it, and `leg` its number in the plan.
    """

    id: uuid.UUID
    kind: str
    member: int
    counted: int
    before: int
    publisher: bool
    facts: SaleFacts
    leg: int | None = None


def accrue(plan: Plan, batch: Sequence[Counted]) -> Outcome:
    """What the batch earns: of several legs of one kind the first whose conditions hold pays, and it alone."""
    outcome = Outcome([], [])
    for number, each in enumerate(batch):
        paid = False
        for leg_number, leg in _legs_of(plan, each):
            reason = Reason.ANOTHER_LEG if paid else _against(leg, each)
            if reason is None:
                paid = True
                amount = amount_of(leg, each.counted, each.before)
                if 0 < amount <= MAX_AMOUNT_MINOR:
                    outcome.rewards.append(Reward(number, leg_number, each.member, amount))
                    continue
                reason = Reason.AMOUNT_TOO_LARGE if amount else Reason.ROUNDS_TO_ZERO
            outcome.skips.append(Skip(number, leg_number, each.member, reason))
    return outcome


def amount_of(leg: Leg, counted: int, before: int = 0) -> int:
    """What a leg gives for so many behind others of the day: rounded down once a day, not once a batch."""
    if isinstance(leg, ViewLeg):
        rate = leg.per_thousand_minor
        return (before + counted) * rate // _THOUSAND - before * rate // _THOUSAND
    if isinstance(leg, MilestoneLeg):
        return leg.fixed_minor if counted >= leg.reaches else 0
    return leg.fixed_minor * counted if isinstance(leg, ClickLeg) else 0


def capped_by(plan: Plan) -> Plan:
    """The plan with the caps that a count can meet, for it is of no order; `places` says where they stand."""
    kept = tuple((plan.caps or ())[place] for place in places(plan))
    return plan.model_copy(update={"caps": kept or None})


def places(plan: Plan) -> list[int]:
    """Where in the plan's list the caps stand that `capped_by` has kept."""
    return [place for place, cap in enumerate(plan.caps or ()) if cap.per != "order"]


def columns_of(batch: Sequence[Counted]) -> Sales:
    """The batch as caps take it: each count in the place of a sale."""
    ids, members = [each.id for each in batch], [each.member for each in batch]
    none: list[None] = [None] * len(batch)
    counts = [each.counted for each in batch]
    return Sales(ids, ids, members, none, [()] * len(batch), counts, counts, none, [each.facts for each in batch])


def again(plan: Plan, batch: Sequence[Counted], counters: MutableMapping[str, int] | None = None) -> Outcome:
    """The same decision made again, caps by what was kept of each count, or by `counters`."""
    outcome, capped = accrue(plan, batch), capped_by(plan)
    return capping.cut(capped, columns_of(batch), outcome, counters).outcome if capped.caps else outcome


def _legs_of(plan: Plan, each: Counted) -> Iterator[tuple[int, Leg]]:
    for number, leg in enumerate(plan.legs):
        if leg.kind == each.kind and each.kind in COUNTED and each.leg in (None, number):
            yield number, leg


def _against(leg: Leg, each: Counted) -> Reason | None:
    """The first thing that keeps the leg from paying; None where nothing does."""
    if isinstance(leg, MilestoneLeg):
        return None
    if not each.publisher and getattr(leg, "who", None) != "members":
        return Reason.NOT_A_PUBLISHER
    return None if leg.when is None else _unmet(leg.when, each.facts)


def _unmet(when: When, facts: SaleFacts) -> Reason | None:
    at = facts.sale_at
    checks = (
        (Reason.OTHER_PRODUCT, when.products is None or facts.product in when.products),
        (Reason.OTHER_DEAL, when.deals is None or facts.deal in when.deals),
        (Reason.OTHER_CHANNEL, when.channels is None or facts.channel in when.channels),
        (Reason.OTHER_TIME, when.sold_from is None or (at is not None and at >= parse_instant(when.sold_from))),
        (Reason.OTHER_TIME, when.sold_until is None or (at is not None and at < parse_instant(when.sold_until))),
    )
    return next((reason for reason, holds in checks if not holds), None)
