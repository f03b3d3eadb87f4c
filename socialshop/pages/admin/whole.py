"""All that the shop's people need to know of a member at a glance, read at each room's door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.community import service as community
from socialshop.community.service import DecisionRow, QuestionRow
from socialshop.identity import service as identity
from socialshop.identity.service import Standing
from socialshop.kernel.currencies import POINTS
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Membership, Subscription
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView
from socialshop.pages.visit import Visit

_NEWEST = 5
_COUPONS_COUNTED = 100
_RUNS = ("active", "grace")


@dataclass(frozen=True, slots=True)
class Whole:
    """Where a member stands, what there is to use, what was bought and asked last, what was decided about them."""

    membership: Membership
    plan: Subscription | None
    points: WalletBalances
    coupons: int
    orders: Sequence[OrderView]
    questions: Sequence[QuestionRow]
    standing: Standing
    decisions: Sequence[DecisionRow]


def whole_of(visit: Visit, number: int) -> Whole:
    """The member of this number, whatever they bought: a fixed number of statements."""
    uow = visit.uow
    held = loyalty.coupons_of(uow, number, None, _COUPONS_COUNTED)
    return Whole(
        membership=memberships.membership_of(uow, number),
        plan=next((each for each in memberships.subscriptions_of(uow, number) if each.status in _RUNS), None),
        points=ledger.wallet(uow, number, POINTS),
        coupons=sum(holding.row.standing == "open" for holding in held),
        orders=orders.orders(uow, number, None, _NEWEST),
        questions=community.own_questions(uow, number, None, _NEWEST),
        standing=identity.standing_of(uow, number),
        decisions=community.decisions_of(uow, number)[:_NEWEST],
    )
