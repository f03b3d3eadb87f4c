"""The engine: (plan version, sales, sub-tree) in; who earns what, and who earns nothing and why, out. Pure.

A batch travels in columns, one list a fact, index i being sale i throughout: the same work on a hundred thousand
lines is a walk along a few lists instead of a hundred thousand objects.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from socialshop.commissions.margin import MarginLeg
from socialshop.commissions.plan import Leg, Plan
from socialshop.commissions.salefacts import SaleFacts
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR, rate_of
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting

if TYPE_CHECKING:
    import networkx as nx

WHOLE_LINE = -1
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


class Reason(StrEnum):
    """Why a leg paid nothing on a line."""

    NO_UPLINE = "no_upline"  # the tree ends below this level
    NO_HOST = "no_host"  # the sale was made in no room
    OWN_ORDER = "own_order"  # a buyer earns nothing on the buyer's own order, unless by a `self` leg
    ZERO_AMOUNT = "zero_amount"  # the line cost nothing: only real sales are rewarded
    ROUNDS_TO_ZERO = "rounds_to_zero"  # less than one minor unit; the residue stays with the shop
    NO_MARGIN = "no_margin"  # the line brought nothing above the price of supply that other legs leave
    AMOUNT_TOO_LARGE = "amount_too_large"  # fixed times quantity is beyond what the books take (10^12 minor units)
    NO_PLAN_IN_FORCE = "no_plan_in_force"  # the currency had no plan when the sale was made
    OTHER_PRODUCT = "other_product"  # the leg is for other goods
    OTHER_DEAL = "other_deal"  # the leg is for rooms of other deals
    OTHER_CHANNEL = "other_channel"  # the sale came by another channel, or by no link
    OTHER_TIME = "other_time"  # the sale was made outside the leg's time
    OTHER_BUYER_TIER = "other_buyer_tier"  # the buyer is in another tier
    OTHER_TIER = "other_tier"  # who would earn is in another tier
    NOT_FIRST_ORDER = "not_first_order"  # the buyer had bought before
    ANOTHER_LEG = "another_leg"  # a leg of the same kind and level stands first, and paid
    INACTIVE = "inactive"  # the upline had not bought for too long; the share stays with the shop
    PASSED_UP = "passed_up"  # the upline had not bought for too long, and was passed over
    NO_ACTIVE_UPLINE = "no_active_upline"  # nobody above within reach had bought lately
    TIER_WITHOUT_RATE = "tier_without_rate"  # the plan names no rate for the upline's tier
    TIER_NOT_ABOVE = "tier_not_above"  # somebody below has as high a rate
    BELOW_MINIMUM = "below_minimum"  # the first order is smaller than the plan asks
    ON_ANOTHER_LINE = "on_another_line"  # a bounty of the order hangs on its first line that cost something
    CAP_OF_ORDER = "cap_of_order"  # what an order may pay was paid
    CAP_OF_MEMBER = "cap_of_member"  # what the member may earn was earned
    CAP_OF_PLAN = "cap_of_plan"  # what the plan may spend was spent
    NO_TIER_EARNS = "no_tier_earns"  # no upline within reach has a tier that earns
    NOT_A_PUBLISHER = "not_a_publisher"  # clicks and views are paid to publishers alone


class Sales(NamedTuple):
    """Order lines as columns. `bases` are their totals in minor units of the plan's currency.

    `facts` is empty where the plan asks for none.
    """

    line_ids: Sequence[uuid.UUID]
    order_ids: Sequence[uuid.UUID]
    buyers: Sequence[int]
    hosts: Sequence[int | None]
    uplines: Sequence[Sequence[int]]
    bases: Sequence[int]
    quantities: Sequence[int]
    received_at: Sequence[datetime | None]
    facts: Sequence[SaleFacts] = ()


class Reward(NamedTuple):
    """Sale number `sale` earns `beneficiary` `amount_minor` by the plan's leg number `leg`."""

    sale: int
    leg: int
    beneficiary: int
    amount_minor: int


class Skip(NamedTuple):
    """Sale number `sale` earned nobody anything by leg `leg`; `member` is who it would have been, if anybody."""

    sale: int
    leg: int
    member: int | None
    reason: Reason


class Pass(NamedTuple):
    """Leg `leg` of sale number `sale` went by `member`, who stands `level` levels above the buyer."""

    sale: int
    leg: int
    level: int
    member: int
    reason: Reason


class Terms(NamedTuple):
    """What a reward rests on besides its leg: where in the tree its beneficiary stands, and for a tier leg the rate.

    `level` is the reward's own; `depth` how many levels above the buyer the beneficiary stands; `rate_bps` what was
    paid, the tier's rate less `below_bps`. `asked_minor` is what the leg gave before cap number `cap` of the plan cut
    it.
    """

    level: int
    depth: int
    rate_bps: int | None = None
    below_bps: int | None = None
    asked_minor: int | None = None
    cap: int | None = None


class Standing(NamedTuple):
    """An accrual as it stands: what it was, what was clawed back of it, and what of its line went back.

    `perk` is what the deal promised its host, `rate_bps` what a tier leg paid, `facts` what else was kept of the sale,
    `margin` what the deal's leader keeps. Of its whole order `order_refunded_minor` went back.
    """

    id: uuid.UUID
    beneficiary: int
    amount_minor: int
    currency: str
    clawed_minor: int
    leg: int
    plan_version_id: uuid.UUID
    base_minor: int
    quantity: int
    refunded_minor: int
    returned: int
    perk: Mapping[str, Any] | None
    rate_bps: int | None
    order_id: uuid.UUID
    facts: Mapping[str, Any] | None
    order_refunded_minor: int
    margin: Mapping[str, Any] | None = None


class Taken(NamedTuple):
    """What is taken back of an accrual, by where it comes from; the parts sum to `amount_minor`."""

    accrual: Standing
    amount_minor: int
    pending_minor: int
    wallet_minor: int
    owed_minor: int


class Outcome(NamedTuple):
    """Every leg of every sale ends in one of the two lists; a tier leg may end in several rewards.

    `passes` are uplines whom a leg went by, `terms` what a reward rests on, by its place in the list; both are empty
    for plain shares.
    """

    rewards: list[Reward]
    skips: list[Skip]
    passes: Sequence[Pass] = ()
    terms: Mapping[int, Terms] = {}


def accrue(plan: Plan, sales: Sales, tree: nx.DiGraph[int]) -> Outcome:
    """What the sales earn under a plan of plain shares; `weighing.accrue` takes any.

    `tree` holds at least the plan's depth of every buyer's uplines.
    """
    levels = climb(tree, sales.buyers, plan.depth)
    outcome = Outcome([], [])
    for number, leg in plan.sale_legs:
        beneficiaries = _beneficiaries(leg, sales, levels)
        _pay(number, leg, beneficiaries, sales, outcome)
    return outcome


def entries(plan: Plan, sales: Sales, rewards: Sequence[Reward], accrual_ids: Sequence[uuid.UUID]) -> list[Entry]:
    """One journal entry an order: each accrual out of the shop's expense, into what its beneficiary has pending."""
    by_order: dict[uuid.UUID, list[Posting]] = {}
    currency = plan.currency
    for reward, accrual in zip(rewards, accrual_ids, strict=True):
        amount = reward.amount_minor
        by_order.setdefault(sales.order_ids[reward.sale], []).extend(
            (
                Posting(chart.COMMISSION_EXPENSE, -amount, currency, accrual),
                Posting(chart.member_pending(reward.beneficiary), amount, currency, accrual),
            )
        )
    return [Entry(f"accrual:{to_public('ord', order)}", "accrual", postings) for order, postings in by_order.items()]


def too_much(leg: Leg, accrual: Standing) -> int:
    """By how much the accrual exceeds what the same rule gives for what is left of the line, claw backs counted.

    A cap left the accrual less than the rule gave: that much it keeps for as long as the rule gives as much.
    """
    went_back = accrual.refunded_minor, accrual.returned
    order = (accrual.facts or {}).get("order_minor", 0) - accrual.order_refunded_minor
    net = net_of(leg, accrual.base_minor, accrual.quantity, *went_back, rate_bps=accrual.rate_bps, order_minor=order)
    net = min(accrual.amount_minor, net)
    return accrual.amount_minor - accrual.clawed_minor - net


def take(accrual: Standing, amount_minor: int, held: bool, available_minor: int) -> Taken:
    """Where the amount comes from: a held accrual itself, else the wallet as far as it goes; the rest is owed."""
    if held:
        return Taken(accrual, amount_minor, amount_minor, 0, 0)
    wallet = min(amount_minor, available_minor)
    return Taken(accrual, amount_minor, 0, wallet, amount_minor - wallet)


def net_of(
    leg: Leg,
    base_minor: int,
    quantity: int,
    refunded_minor: int,
    returned: int,
    *,
    rate_bps: int | None = None,
    order_minor: int | None = None,
) -> int:
    """What the leg gives for what is left of a line; of which all the money went back, nothing."""
    if isinstance(leg, MarginLeg):
        return leg.net_of(base_minor, quantity, refunded_minor)
    return amount_of(leg, base_minor - refunded_minor, quantity - returned, rate_bps, order_minor)


def amount_of(
    leg: Leg, base_minor: int, quantity: int, rate_bps: int | None = None, order_minor: int | None = None
) -> int:
    """What one line earns by the leg: the rate of its total, rounded down; or the fixed sum times its quantity.

    A line that cost nothing is no real sale, and earns nobody a fixed sum either. `rate_bps` is what a tier leg pays
    this one; without it, what it pays all together. A bounty asks what is left of the whole order: without
    `order_minor` the line is taken for it.
    """
    if isinstance(leg, MarginLeg):
        return leg.amount_of(base_minor, quantity)
    if leg.kind == "lead":
        return leg.fixed_minor if (base_minor if order_minor is None else order_minor) >= leg.min_order_minor else 0
    if leg.kind == "tier":
        return rate_of(base_minor, leg.most_bps if rate_bps is None else rate_bps)
    if leg.rate_bps is not None:
        return rate_of(base_minor, leg.rate_bps)
    return (leg.fixed_minor or 0) * quantity if base_minor else 0


def matures_at(received_at: datetime | None, hold_days: int) -> datetime | None:
    """When an accrual may be settled: receipt plus hold. Unknown until the goods are received."""
    if received_at is None:
        return None
    # A receipt dated near the end of the calendar must not stop the batch that it is in.
    hold = timedelta(days=hold_days)
    return received_at + hold if received_at <= _END_OF_TIME - hold else _END_OF_TIME


def climb(tree: nx.DiGraph[int], members: Sequence[int], depth: int) -> list[Sequence[int | None]]:
    """Column n holds everybody's upline n levels above, None where the tree ends; column 0 is `members`."""
    sponsor_of: dict[int | None, int] = {member: sponsor for sponsor, member in tree.edges}
    columns: list[Sequence[int | None]] = [members]
    for _ in range(depth):
        columns.append([sponsor_of.get(member) for member in columns[-1]])
    return columns


def _beneficiaries(leg: Leg, sales: Sales, levels: Sequence[Sequence[int | None]]) -> Sequence[int | None]:
    if isinstance(leg, MarginLeg):
        return [leg.leader] * len(sales.buyers)
    if leg.kind == "sale":
        return levels[leg.level]
    return sales.hosts if leg.kind == "host" else sales.buyers


def _pay(number: int, leg: Leg, beneficiaries: Sequence[int | None], sales: Sales, outcome: Outcome) -> None:
    """One leg over all sales."""
    amounts = _amounts(leg, sales)
    rewards, skips = outcome.rewards, outcome.skips
    nobody = Reason.NO_HOST if leg.kind == "host" else Reason.NO_UPLINE
    for sale, (member, amount, buyer) in enumerate(zip(beneficiaries, amounts, sales.buyers, strict=True)):
        if member is None:
            skips.append(Skip(sale, number, None, nobody))
        elif member == buyer and leg.kind != "self":
            skips.append(Skip(sale, number, member, Reason.OWN_ORDER))
        elif 0 < amount <= MAX_AMOUNT_MINOR:
            rewards.append(Reward(sale, number, member, amount))
        else:
            skips.append(Skip(sale, number, member, why_no_amount(leg, amount, sales.bases[sale])))


def _amounts(leg: Leg, sales: Sales) -> list[int]:
    """`amount_of` for each line, in one walk."""
    if isinstance(leg, MarginLeg):
        return [leg.amount_of(*line) for line in zip(sales.bases, sales.quantities, strict=True)]
    if leg.rate_bps is not None:
        rate = leg.rate_bps
        return [rate_of(base, rate) for base in sales.bases]
    fixed = leg.fixed_minor or 0
    return [fixed * quantity if base else 0 for base, quantity in zip(sales.bases, sales.quantities, strict=True)]


def why_no_amount(leg: Leg, amount: int, base: int) -> Reason:
    """Why such an amount of a line is no reward."""
    if base and isinstance(leg, MarginLeg):
        return Reason.NO_MARGIN
    if amount > MAX_AMOUNT_MINOR:
        return Reason.AMOUNT_TOO_LARGE
    return Reason.ROUNDS_TO_ZERO if base else Reason.ZERO_AMOUNT
