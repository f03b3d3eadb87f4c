"""All that the shop's people need to know of a member at a glance, read at each room's door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.community import service as community
from socialshop.community.service import DecisionRow, PostRow, QuestionRow, ReportRow
from socialshop.identity import service as identity
from socialshop.identity.service import Named, Standing
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.roles import Role
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Membership, Subscription
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.payouts.service import Request
from socialshop.referrals import service as referrals
from socialshop.risk import service as risk
from socialshop.screening.cases import StoredCase

_NEWEST = 5
_COUPONS_COUNTED = 100
_RUNS = ("active", "grace")
# Who may have a circle.
_LEADS = (Role.LEADER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Whole:
    """Where a member stands, what there is to use, and the newest of what was bought, asked, written and paid out.

    `reports` and `findings` are about the member, decided or not; `circle` is how many a leader's has, None of others.
    """

    membership: Membership
    plan: Subscription | None
    points: WalletBalances
    coupons: int
    orders: Sequence[OrderView]
    questions: Sequence[QuestionRow]
    standing: Standing
    decisions: Sequence[DecisionRow]
    posts: Sequence[PostRow]
    reports: Sequence[ReportRow]
    findings: Sequence[StoredCase]
    payouts: Sequence[Request]
    circle: int | None


def whole_of(visit: Visit, member: Named) -> Whole:
    """This member, whatever they bought and wrote: a fixed number of statements, one more for a leader."""
    uow, number = visit.uow, member.number
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
        posts=community.own_posts(uow, number, None, _NEWEST),
        reports=community.reports_about(uow, number, _NEWEST),
        findings=risk.findings(uow, member_id=member.id, limit=_NEWEST)[:_NEWEST],
        payouts=payouts.page_of(uow, limit=_NEWEST, after=None, member_id=member.id)[:_NEWEST],
        circle=referrals.circle_size(uow, number) if member.role in _LEADS else None,
    )
