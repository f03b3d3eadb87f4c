"""Legs that look at more than amount and tree: conditions, inactive uplines, and differences of tiers. Pure.

A plan of plain shares goes through `rules` in columns, as it always did. Any other is weighed sale by sale: each leg of
it ends in a reward or a skip, and whoever it went by on the way up is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from socialshop.commissions import rules
from socialshop.commissions.conditions import When
from socialshop.commissions.margin import MarginLeg
from socialshop.commissions.plan import LeadLeg, Leg, Plan, TierLeg
from socialshop.commissions.rules import Outcome, Pass, Reason, Reward, Sales, Skip, Terms
from socialshop.commissions.salefacts import NOTHING, SaleFacts
from socialshop.kernel.money import MAX_AMOUNT_MINOR, rate_of
from socialshop.kernel.time import parse_instant

if TYPE_CHECKING:
    import networkx as nx


class _Span(NamedTuple):
    """A leg's time, read once."""

    sold_from: datetime | None
    sold_until: datetime | None


class _Sale(NamedTuple):
    """One sale with all that is asked of it: `chain` its uplines, sponsor first, `active` those of them who bought."""

    number: int
    buyer: int
    host: int | None
    base: int
    quantity: int
    facts: SaleFacts
    chain: Sequence[int]
    active: Sequence[tuple[int, int]]


class _Candidate(NamedTuple):
    """Who would earn, and how many levels above the buyer (0: beside the tree); or why nobody does."""

    member: int | None
    depth: int
    reason: Reason | None = None


def accrue(plan: Plan, sales: Sales, tree: nx.DiGraph[int]) -> Outcome:
    """What the sales earn under any plan. `tree` holds at least the plan's depth of every buyer's uplines."""
    if not is_weighed(plan):
        return rules.accrue(plan, sales, tree)
    return _Weighing(plan, sales, tree).outcome()


def is_weighed(plan: Plan) -> bool:
    """Whether the plan has more than plain shares."""
    return plan.activity is not None or any(
        leg.when is not None or leg.kind in {"tier", "lead"} for _, leg in plan.sale_legs
    )


class _Weighing:
    """One batch under one plan, while it is decided."""

    def __init__(self, plan: Plan, sales: Sales, tree: nx.DiGraph[int]) -> None:
        self.plan = plan
        self.sales = sales
        self.levels = rules.climb(tree, sales.buyers, plan.depth)
        self.spans = [_span(leg.when) for leg in plan.legs]
        self.rewards: list[Reward] = []
        self.skips: list[Skip] = []
        self.passes: list[Pass] = []
        self.terms: dict[int, Terms] = {}

    def outcome(self) -> Outcome:
        for sale in self._sales():
            paid: set[tuple[str, int]] = set()
            for number, leg in self.plan.sale_legs:
                self._weigh(sale, number, leg, paid)
        return Outcome(self.rewards, self.skips, self.passes, self.terms)

    def _sales(self) -> Iterator[_Sale]:
        sales, activity = self.sales, self.plan.activity
        for number, (buyer, host, base, quantity) in enumerate(
            zip(sales.buyers, sales.hosts, sales.bases, sales.quantities, strict=True)
        ):
            facts = sales.facts[number] if sales.facts else NOTHING
            chain = [above for column in self.levels[1:] if (above := column[number]) is not None]
            active = [
                (depth, member) for depth, member in enumerate(chain, 1) if activity is None or member in facts.active
            ]
            yield _Sale(number, buyer, host, base, quantity, facts, chain, active)

    def _weigh(self, sale: _Sale, number: int, leg: Leg, paid: set[tuple[str, int]]) -> None:
        """One leg of one sale. What stands first of its kind and level, and may pay, keeps the others out."""
        if (leg.kind, leg.level) in paid:
            self._skip(sale, number, None, Reason.ANOTHER_LEG)
            return
        reason = _against(leg.when, self.spans[number], sale)
        if reason is not None:
            self._skip(sale, number, None, reason)
        elif leg.kind == "tier":
            paid.add((leg.kind, leg.level))
            self._climb_tiers(sale, number, leg)
        elif self._pay(sale, number, leg):
            paid.add((leg.kind, leg.level))

    def _pay(self, sale: _Sale, number: int, leg: Leg) -> bool:
        """A leg for one person; True if it is that person's, also where it comes to nothing."""
        member, depth, reason = self._candidate(sale, number, leg)
        if reason is None and leg.when is not None and leg.when.tiers is not None:
            reason = None if sale.facts.tiers.get(member or 0) in leg.when.tiers else Reason.OTHER_TIER
        if reason is not None:
            self._skip(sale, number, member, reason)
            return False
        assert member is not None
        amount = rules.amount_of(leg, sale.base, sale.quantity, order_minor=sale.facts.order_minor)
        if not 0 < amount <= MAX_AMOUNT_MINOR:
            self._skip(sale, number, member, rules.why_no_amount(leg, amount, sale.base))
            return True
        if depth != leg.level:
            self.terms[len(self.rewards)] = Terms(leg.level, depth)
        self.rewards.append(Reward(sale.number, number, member, amount))
        return True

    def _candidate(self, sale: _Sale, number: int, leg: Leg) -> _Candidate:
        if leg.kind == "sale":
            return self._upline(sale, number, leg.level)
        if leg.kind == "lead":
            return self._lead(sale, leg)
        if leg.kind == "self":
            return _Candidate(sale.buyer, leg.level)
        if isinstance(leg, MarginLeg):
            return _Candidate(leg.leader, leg.level, Reason.OWN_ORDER if leg.leader == sale.buyer else None)
        reason = Reason.NO_HOST if sale.host is None else Reason.OWN_ORDER if sale.host == sale.buyer else None
        return _Candidate(sale.host, leg.level, reason)

    def _upline(self, sale: _Sale, number: int, level: int) -> _Candidate:
        """The upline at this level, of those who are active where the inactive are passed over."""
        activity = self.plan.activity
        stands = sale.chain[level - 1] if level <= len(sale.chain) else None
        if activity is None or activity.inactive == "forfeit":
            reason = Reason.NO_UPLINE if stands is None else None
            if activity is not None and stands is not None and stands not in sale.facts.active:
                reason = Reason.INACTIVE
            return _Candidate(stands, level, reason)
        within = [found for found in sale.active if found[0] <= (activity.reach or 0)]
        if stands is not None and stands not in sale.facts.active:
            self.passes.append(Pass(sale.number, number, level, stands, Reason.PASSED_UP))
        if level <= len(within):
            depth, member = within[level - 1]
            return _Candidate(member, depth)
        return _Candidate(None, level, Reason.NO_UPLINE if stands is None else Reason.NO_ACTIVE_UPLINE)

    def _lead(self, sale: _Sale, leg: LeadLeg) -> _Candidate:
        """The sponsor, active or not: a bounty is for who brought the buyer in."""
        member = sale.chain[0] if sale.chain else None
        checks = (
            (Reason.NO_UPLINE, member is not None),
            (Reason.NOT_FIRST_ORDER, sale.facts.first_order),
            (Reason.BELOW_MINIMUM, (sale.facts.order_minor or 0) >= leg.min_order_minor),
            (Reason.ON_ANOTHER_LINE, sale.facts.bears),
        )
        return _Candidate(member, leg.level, next((reason for reason, holds in checks if not holds), None))

    def _climb_tiers(self, sale: _Sale, number: int, leg: TierLeg) -> None:
        """Up from the sponsor: each earns the own tier's rate less the highest of those below.

        Who is inactive earns nothing; under `forfeit` the rate counts below all the same, so that the shop keeps it.
        """
        before, below = len(self.rewards), 0
        if sale.base == 0:
            self._skip(sale, number, None, Reason.ZERO_AMOUNT)
            return
        for depth, member in enumerate(sale.chain[: leg.reach], 1):
            rate = leg.rates.get(sale.facts.tiers.get(member, ""), 0)
            reason = self._why_no_tier(sale, member, rate, below)
            amount = rate_of(sale.base, max(rate - below, 0))
            if reason is None and amount == 0:
                reason = Reason.ROUNDS_TO_ZERO
            if reason is None:
                self.terms[len(self.rewards)] = Terms(depth, depth, rate - below, below)
                self.rewards.append(Reward(sale.number, number, member, amount))
            else:
                self.passes.append(Pass(sale.number, number, depth, member, reason))
            if reason is not Reason.PASSED_UP:
                below = max(below, rate)
        if len(self.rewards) == before:
            self._skip(sale, number, None, Reason.NO_TIER_EARNS if sale.chain else Reason.NO_UPLINE)

    def _why_no_tier(self, sale: _Sale, member: int, rate: int, below: int) -> Reason | None:
        activity = self.plan.activity
        if activity is not None and member not in sale.facts.active:
            return Reason.INACTIVE if activity.inactive == "forfeit" else Reason.PASSED_UP
        if rate == 0:
            return Reason.TIER_WITHOUT_RATE
        return None if rate > below else Reason.TIER_NOT_ABOVE

    def _skip(self, sale: _Sale, number: int, member: int | None, reason: Reason) -> None:
        self.skips.append(Skip(sale.number, number, member, reason))


def _span(when: When | None) -> _Span:
    if when is None:
        return _Span(None, None)
    ends = (None if text is None else parse_instant(text) for text in (when.sold_from, when.sold_until))
    return _Span(*ends)


def _against(when: When | None, span: _Span, sale: _Sale) -> Reason | None:
    """The first condition of the sale that does not hold, in the order in which plans say them."""
    if when is None:
        return None
    facts = sale.facts
    at = facts.sale_at
    checks = (
        (Reason.OTHER_PRODUCT, when.products is None or facts.product in when.products),
        (Reason.OTHER_DEAL, when.deals is None or facts.deal in when.deals),
        (Reason.OTHER_CHANNEL, when.channels is None or facts.channel in when.channels),
        (Reason.OTHER_BUYER_TIER, when.buyer_tiers is None or facts.tiers.get(sale.buyer) in when.buyer_tiers),
        (Reason.NOT_FIRST_ORDER, when.first_order is None or facts.first_order),
        (Reason.OTHER_TIME, span.sold_from is None or (at is not None and at >= span.sold_from)),
        (Reason.OTHER_TIME, span.sold_until is None or (at is not None and at < span.sold_until)),
    )
    return next((reason for reason, holds in checks if not holds), None)
