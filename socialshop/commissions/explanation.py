"""How an accrual came about and what became of it, step by step, from what was stored. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from socialshop.commissions import rules
from socialshop.commissions.margin import MarginLeg, with_margin
from socialshop.commissions.plan import DealHostLeg, Leg, Plan, with_perk
from socialshop.commissions.sentences import Figures
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS
from socialshop.kernel.time import to_text


class Facts(NamedTuple):
    """An accrual with its snapshot.

    `held_from` is null until the goods are received, `stopped` holds while a refund is open; `perk` is what the deal
    promised its host, `margin` what its leader keeps of the price. `depth` and the rates are the accrual's terms,
    `asked` the facts of the sale that the plan looks at besides; both null for plain shares.
    """

    id: uuid.UUID
    beneficiary: int
    buyer: int
    kind: str
    level: int
    leg: int
    status: str
    amount_minor: int
    clawed_minor: int
    currency: str
    order_id: uuid.UUID
    order_line_id: uuid.UUID
    line: int
    base_minor: int
    quantity: int
    sale_at: datetime
    plan_version_id: uuid.UUID
    number: int
    effective_at: datetime
    held_from: datetime | None
    matures_at: datetime | None
    settled_at: datetime | None
    stopped: bool
    perk: Mapping[str, Any] | None
    depth: int | None = None
    rate_bps: int | None = None
    below_bps: int | None = None
    asked: Mapping[str, Any] | None = None
    asked_minor: int | None = None
    cap: int | None = None
    margin: Mapping[str, Any] | None = None


class Reversal(NamedTuple):
    """What a refund gave back of the line, and of the goods of the whole order; and what it took of the accrual."""

    refund_id: uuid.UUID
    refunded_minor: int
    returned: int
    order_refunded_minor: int
    clawed_minor: int
    pending_minor: int
    wallet_minor: int
    owed_minor: int


class Accrued(Protocol):
    """What every accrual has, whatever it was taken of."""

    @property
    def beneficiary(self) -> int: ...

    @property
    def status(self) -> str: ...

    @property
    def amount_minor(self) -> int: ...

    @property
    def clawed_minor(self) -> int: ...

    @property
    def currency(self) -> str: ...

    @property
    def settled_at(self) -> datetime | None: ...

    @property
    def asked(self) -> Mapping[str, Any] | None: ...

    @property
    def asked_minor(self) -> int | None: ...

    @property
    def cap(self) -> int | None: ...


class Step(NamedTuple):
    """One step: the code of its sentence and its figures."""

    code: str
    figures: Figures


def steps(plan: Plan, facts: Facts, reversals: Sequence[Reversal]) -> list[Step]:
    """The sale, the plan, the role, the amount, rounding, cap, hold, what refunds took, and how it stands."""
    leg = with_margin(with_perk(plan, facts.perk), facts.margin).legs[facts.leg]
    return [
        _sale(facts),
        Step("plan", {"name": plan.name, "number": facts.number, "effective_at": to_text(facts.effective_at)}),
        _role(plan, leg, facts),
        *condition_steps(leg, facts),
        *_amount(leg, facts),
        *cap_steps(plan, facts),
        *_hold(plan, facts),
        *_reversals(leg, facts, reversals),
        outcome_step(facts),
    ]


def _is_the_deals(leg: Leg) -> bool:
    return isinstance(leg, DealHostLeg)


def _sale(facts: Facts) -> Step:
    return Step(
        "sale",
        {
            "order_id": to_public("ord", facts.order_id),
            "line": facts.line,
            "quantity": facts.quantity,
            "base_minor": facts.base_minor,
            "currency": facts.currency,
            "sale_at": to_text(facts.sale_at),
        },
    )


def _role(plan: Plan, leg: Leg, facts: Facts) -> Step:
    if _is_the_deals(leg):
        return Step("leg_deal_host", {"level": facts.level})
    if facts.kind == "tier":
        return Step("leg_tier", {"level": facts.level, "tier": _kept_tier(facts.asked, facts.beneficiary)})
    if facts.kind == "sale" and facts.depth is not None and plan.activity is not None:
        days = plan.activity.within_days
        return Step("leg_sale_passed_up", {"level": facts.level, "depth": facts.depth, "within_days": days})
    return Step(f"leg_{facts.kind}", {"level": facts.level})


def condition_steps(leg: Leg, facts: Accrued) -> Iterator[Step]:
    """Each condition of the leg, with what was found."""
    when = leg.when
    if when is None:
        return
    asked = facts.asked or {}
    for name in ("product", "deal", "channel"):
        if getattr(when, f"{name}s") is not None:
            yield Step(f"when_{name}", {name: asked.get(name, "")})
    if when.buyer_tiers is not None and isinstance(facts, Facts):
        yield Step("when_buyer_tier", {"tier": _kept_tier(facts.asked, facts.buyer)})
    if when.tiers is not None:
        yield Step("when_tier", {"tier": _kept_tier(facts.asked, facts.beneficiary)})
    if when.first_order is not None:
        yield Step("when_first_order", {})
    if when.sold_from is not None:
        yield Step("when_sold_from", {"from": when.sold_from})
    if when.sold_until is not None:
        yield Step("when_sold_until", {"until": when.sold_until})


def _kept_tier(asked: Mapping[str, Any] | None, member: int) -> str:
    """The tier of a member as it was kept."""
    return str((asked or {}).get("tiers", {}).get(str(member), ""))


def _amount(leg: Leg, facts: Facts) -> Iterator[Step]:
    currency, amount = facts.currency, facts.asked_minor or facts.amount_minor
    if isinstance(leg, MarginLeg):
        yield from _margin(leg, facts, amount)
        return
    if leg.kind == "tier":
        yield from _tier_amount(facts)
        return
    if leg.kind == "lead":
        asked: Figures = {
            "fixed_minor": leg.fixed_minor,
            "min_order_minor": leg.min_order_minor,
            "order_minor": (facts.asked or {}).get("order_minor", 0),
            "currency": currency,
        }
        yield Step("lead", asked)
        return
    if leg.rate_bps is None:
        fixed: Figures = {"fixed_minor": leg.fixed_minor or 0, "quantity": facts.quantity, "currency": currency}
        yield Step("deal_fixed" if _is_the_deals(leg) else "fixed", fixed)
        yield Step("no_rounding", {"amount_minor": amount, "currency": currency})
        return
    whole, rest = divmod(facts.base_minor * leg.rate_bps, BPS)
    exact = f"{whole}.{rest:04d}"
    rate: dict[str, int | str] = {"rate_bps": leg.rate_bps, "base_minor": facts.base_minor, "exact_minor": exact}
    yield Step("deal_rate" if _is_the_deals(leg) else "rate", {**rate, "currency": currency})
    yield Step("rounding" if rest else "no_rounding", {"amount_minor": amount, "currency": currency})


def _margin(leg: MarginLeg, facts: Facts, amount: int) -> Iterator[Step]:
    """What the line brought above the price of supply, the leader's share of it, and what the sale leaves for it."""
    currency, surplus = facts.currency, leg.surplus_of(facts.base_minor, facts.quantity)
    if promised := leg.promised_of(facts.base_minor, facts.quantity):
        yield Step("margin_promised", {"promised_minor": promised, "currency": currency})
    whole, rest = divmod(surplus * leg.share_bps, BPS)
    yield Step(
        "margin",
        {
            "base_minor": facts.base_minor,
            "supply_minor": leg.supply_minor,
            "quantity": facts.quantity,
            "surplus_minor": surplus,
            "share_bps": leg.share_bps,
            "exact_minor": f"{whole}.{rest:04d}",
            "currency": currency,
        },
    )
    rounded: Figures = {"amount_minor": amount, "currency": currency}
    if amount < whole:
        yield Step("margin_cut", rounded)
    else:
        yield Step("rounding" if rest else "no_rounding", rounded)


def _tier_amount(facts: Facts) -> Iterator[Step]:
    rate, below = facts.rate_bps or 0, facts.below_bps or 0
    whole, rest = divmod(facts.base_minor * rate, BPS)
    figures: Figures = {
        "tier_bps": rate + below,
        "below_bps": below,
        "rate_bps": rate,
        "base_minor": facts.base_minor,
        "exact_minor": f"{whole}.{rest:04d}",
        "currency": facts.currency,
    }
    yield Step("tier_rate", figures)
    rounded: Figures = {"amount_minor": facts.asked_minor or facts.amount_minor, "currency": facts.currency}
    yield Step("rounding" if rest else "no_rounding", rounded)


def cap_steps(plan: Plan, facts: Accrued) -> Iterator[Step]:
    """What the plan's caps made of the amount."""
    if plan.caps is None:
        yield Step("no_cap", {})
    elif facts.cap is None or facts.asked_minor is None:
        yield Step("cap_not_reached", {"caps": len(plan.caps)})
    else:
        cap = plan.caps[facts.cap]
        figures: dict[str, int | str] = {
            "asked_minor": facts.asked_minor,
            "cap_minor": cap.amount_minor,
            "amount_minor": facts.amount_minor,
            "cut_minor": facts.asked_minor - facts.amount_minor,
            "currency": facts.currency,
        }
        yield Step(f"cap_{cap.per}_{cap.period}" if cap.period else f"cap_{cap.per}", figures)


def _hold(plan: Plan, facts: Facts) -> Iterator[Step]:
    if facts.held_from is None or facts.matures_at is None:
        yield Step("hold_unknown", {"hold_days": plan.hold_days})
    else:
        instants = {"held_from": to_text(facts.held_from), "matures_at": to_text(facts.matures_at)}
        yield Step("hold", {"hold_days": plan.hold_days, **instants})
    if facts.stopped and facts.status == "held":
        yield Step("stopped", {})


def _reversals(leg: Leg, facts: Facts, reversals: Sequence[Reversal]) -> Iterator[Step]:
    """Each with what the line had left after it; the last one's net is what is left of the accrual."""
    refunded = returned = of_order = 0
    whole = (facts.asked or {}).get("order_minor", 0)
    for each in reversals:
        refunded += each.refunded_minor
        returned += each.returned
        of_order += each.order_refunded_minor
        went_back, left = (refunded, returned), {"rate_bps": facts.rate_bps, "order_minor": whole - of_order}
        gives = rules.net_of(leg, facts.base_minor, facts.quantity, *went_back, **left)
        yield Step(
            "reversal",
            {
                "refund_id": to_public("rfd", each.refund_id),
                "refunded_minor": each.refunded_minor,
                "net_base_minor": facts.base_minor - refunded,
                "net_minor": gives if facts.asked_minor is None else min(facts.amount_minor, gives),
                "clawed_minor": each.clawed_minor,
                "pending_minor": each.pending_minor,
                "wallet_minor": each.wallet_minor,
                "owed_minor": each.owed_minor,
                "currency": facts.currency,
            },
        )


def outcome_step(facts: Accrued) -> Step:
    """How the accrual stands."""
    figures: dict[str, int | str] = {
        "net_minor": facts.amount_minor - facts.clawed_minor,
        "currency": facts.currency,
    }
    if facts.settled_at is not None:
        figures["settled_at"] = to_text(facts.settled_at)
    return Step(f"status_{facts.status}", figures)
