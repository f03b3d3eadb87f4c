"""What a sale would earn by the plan in force: the same rules, asked before anybody has bought."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialshop.commissions import rules, weighing
from socialshop.commissions.margin import with_margin
from socialshop.commissions.plan import COUNTED, Leg, Plan, parse_plan, with_perk
from socialshop.commissions.rules import Sales
from socialshop.commissions.salefacts import SaleFacts
from socialshop.commissions.store import plans
from socialshop.commissions.subtree import subtree
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money

_NOBODY = uuid.UUID(int=0)
_LEADER = 1
# Whether a condition will hold is not known before the sale, so a leg that has one counts for nothing here; that the
# leader has bought lately is taken for granted.
_KNOWN = SaleFacts(active=frozenset({_LEADER}))


@dataclass(frozen=True, slots=True)
class Earning:
    """What one leg gives for one sale: a rate of it, or a fixed sum."""

    kind: str
    level: int
    rate_bps: int | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Preview:
    """What the plan in force gives.

    `earnings` are of one sale, a leg each, but for legs that hang on conditions, tiers or a first order.
    `leader_sale` is the share in one sale of a leader who hosts the room and invited the buyer; `leader_room` the
    share in a full room of one unit each in which the leader sits as the host and invited everybody else.
    """

    plan: str
    version: int
    hold_days: int
    earnings: tuple[Earning, ...]
    leader_sale: Money
    leader_room: Money


def preview(
    uow: UnitOfWork,
    price: Money,
    size: int,
    perk: Mapping[str, Any] | None = None,
    margin: Mapping[str, Any] | None = None,
) -> Preview | None:
    """What a sale at this price in a room of `size` earns now; None where no plan is in force. One statement.

    `perk` is the commission that the deal itself promises the host, `margin` what its leader keeps of the price, as
    deals keep them.
    """
    version = plans.in_force(uow.session, price.currency, uow.now)
    if version is None:
        return None
    plan = with_perk(parse_plan(version.document), perk)
    plan = with_margin(plan, None if margin is None else {**margin, "leader": _LEADER})
    plain = [leg for leg in plan.legs if leg.when is None and leg.kind not in {"tier", "lead"} | COUNTED]
    guests = range(_LEADER + 1, _LEADER + size)
    return Preview(
        plan=plan.name,
        version=version.number,
        hold_days=plan.hold_days,
        earnings=earnings_of(plain, price),
        leader_sale=_share(plan, price, guests[:1]),
        leader_room=_share(plan, price, (_LEADER, *guests)),
    )


def earnings_of(legs: Iterable[Leg], price: Money) -> tuple[Earning, ...]:
    """What each of these legs gives for one sale at this price; a tier leg all together."""
    return tuple(_earning(leg, price) for leg in legs)


def _earning(leg: Leg, price: Money) -> Earning:
    amount = rules.amount_of(leg, price.amount_minor, 1)
    return Earning(leg.kind, leg.level, leg.rate_bps, Money(amount, price.currency))


def _share(plan: Plan, price: Money, buyers: Sequence[int]) -> Money:
    """What the leader has of one unit bought by each of these; all but the leader were invited by the leader."""
    count = len(buyers)
    uplines: list[list[int]] = [[] if buyer == _LEADER else [_LEADER] for buyer in buyers]
    sales = Sales(
        line_ids=[_NOBODY] * count,
        order_ids=[_NOBODY] * count,
        buyers=buyers,
        hosts=[_LEADER] * count,
        uplines=uplines,
        bases=[price.amount_minor] * count,
        quantities=[1] * count,
        received_at=[None] * count,
        facts=[_KNOWN] * count,
    )
    outcome = weighing.accrue(plan, sales, subtree(buyers, uplines, plan.depth))
    return Money(sum(r.amount_minor for r in outcome.rewards if r.beneficiary == _LEADER), price.currency)
