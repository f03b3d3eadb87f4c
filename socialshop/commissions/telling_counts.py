"""How an accrual of clicks or views came about and what became of it, step by step, from what was stored. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from socialshop.commissions.explanation import Step, cap_steps, condition_steps, outcome_step
from socialshop.commissions.plan import ClickLeg, Leg, MilestoneLeg, Plan, ViewLeg
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text

_THOUSAND = 1_000


class CountedFacts(NamedTuple):
    """An accrual with the tally that it is of.

    `counted` of `on_day` behind `before` others; `link` is the code of the link, None once its owner has left.
    `asked` are the facts that were kept, `asked_minor` and `cap` what a cap cut.
    """

    id: uuid.UUID
    beneficiary: int
    kind: str
    level: int
    leg: int
    status: str
    amount_minor: int
    clawed_minor: int
    currency: str
    tally_id: uuid.UUID
    on_day: date
    link: str | None
    counted: int
    before: int
    plan_version_id: uuid.UUID
    number: int
    effective_at: datetime
    held_from: datetime
    matures_at: datetime | None
    settled_at: datetime | None
    asked: Mapping[str, Any] | None
    asked_minor: int | None
    cap: int | None

    @property
    def order_id(self) -> None:
        """Of no order."""
        return


class Struck(NamedTuple):
    """How many of the tally were found to be none, why, and what that took of the accrual."""

    counted: int
    reason: str
    clawed_minor: int
    pending_minor: int
    wallet_minor: int
    owed_minor: int


class Fallen(NamedTuple):
    """The refund that let a milestone fall, and what that took of the accrual."""

    refund_id: uuid.UUID
    clawed_minor: int
    pending_minor: int
    wallet_minor: int
    owed_minor: int


def steps(plan: Plan, facts: CountedFacts, struck: Sequence[Struck], fallen: Sequence[Fallen] = ()) -> list[Step]:
    """The count, the plan, the role, conditions, the amount, cap, hold, what was taken back, and how it stands."""
    leg = plan.legs[facts.leg]
    return [
        *_count(leg, facts),
        Step("plan", {"name": plan.name, "number": facts.number, "effective_at": to_text(facts.effective_at)}),
        Step(f"leg_{facts.kind}", {}),
        *condition_steps(leg, facts),
        *_amount(leg, facts),
        *cap_steps(plan, facts),
        *_hold(plan, facts),
        *_struck(facts, struck),
        *_fallen(leg, facts, fallen),
        outcome_step(facts),
    ]


def _count(leg: Leg, facts: CountedFacts) -> Iterator[Step]:
    if isinstance(leg, MilestoneLeg):
        code = "tally_milestone" if leg.counts == "sales" else "tally_milestone_buyers"
        known: dict[str, int | str] = {"day": facts.on_day.isoformat(), "counted": facts.counted}
        yield Step(code, {**known, "min_order_minor": leg.min_order_minor, "currency": facts.currency})
        return
    told: dict[str, int | str] = {
        "day": facts.on_day.isoformat(),
        "link": facts.link or "",
        "counted": facts.counted,
    }
    yield Step(f"tally_{facts.kind}", told)
    if facts.before:
        yield Step("tally_before", {"before": facts.before})


def _amount(leg: Leg, facts: CountedFacts) -> Iterator[Step]:
    amount, currency = facts.asked_minor or facts.amount_minor, facts.currency
    if isinstance(leg, ClickLeg):
        yield Step("click", {"fixed_minor": leg.fixed_minor, "counted": facts.counted, "currency": currency})
        yield Step("no_rounding", {"amount_minor": amount, "currency": currency})
    if isinstance(leg, MilestoneLeg):
        asked: dict[str, int | str] = {"reaches": leg.reaches, "fixed_minor": leg.fixed_minor, "currency": currency}
        yield Step(f"milestone_{leg.period}" if leg.period else "milestone", asked)
    if isinstance(leg, ViewLeg):
        yield from _views(leg, facts, amount)


def _views(leg: ViewLeg, facts: CountedFacts, amount: int) -> Iterator[Step]:
    """Rounded once a day: what came later has what the whole day gives less what was paid before."""
    rate, currency = leg.per_thousand_minor, facts.currency
    whole, rest = divmod(facts.counted * rate, _THOUSAND)
    yield Step(
        "view",
        {
            "per_thousand_minor": rate,
            "counted": facts.counted,
            "exact_minor": f"{whole}.{rest:03d}",
            "currency": currency,
        },
    )
    if facts.before:
        day, before = (facts.before + facts.counted) * rate // _THOUSAND, facts.before * rate // _THOUSAND
        known: dict[str, int | str] = {"before": facts.before, "day_minor": day, "before_minor": before}
        yield Step("view_before", {**known, "currency": currency})
        yield Step("no_rounding", {"amount_minor": amount, "currency": currency})
    else:
        yield Step("rounding" if rest else "no_rounding", {"amount_minor": amount, "currency": currency})


def _hold(plan: Plan, facts: CountedFacts) -> Iterator[Step]:
    if facts.matures_at is not None:
        instants = {"held_from": to_text(facts.held_from), "matures_at": to_text(facts.matures_at)}
        yield Step("hold", {"hold_days": plan.hold_days, **instants})


def _struck(facts: CountedFacts, struck: Sequence[Struck]) -> Iterator[Step]:
    for each in struck:
        yield Step("disallowed", {**each._asdict(), "currency": facts.currency})


def _fallen(leg: Leg, facts: CountedFacts, fallen: Sequence[Fallen]) -> Iterator[Step]:
    if isinstance(leg, MilestoneLeg):
        for each in fallen:
            known = {**each._asdict(), "refund_id": to_public("rfd", each.refund_id)}
            yield Step("fell_below", {**known, "reaches": leg.reaches, "currency": facts.currency})
