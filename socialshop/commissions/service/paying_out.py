"""Commission that leaves the shop: which accruals a payout takes, and that they are paid out.

A member's settled accruals, less what was clawed back, lie end to end in the order in which they settled; payouts take
them from the front. So a payout of any sum has its accruals behind it, and no accrual stands behind two. A debt that a
settlement netted counts by itself: what was paid before the claw back already reaches that much further. What a payout
took that the bank sent back lies there once more, from when it came back.
"""

from __future__ import annotations

from collections.abc import Sequence

from socialshop.commissions.store import payouts as store
from socialshop.commissions.store.payouts import Part, Returned, Reversals, Span
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money


def accruals_behind(uow: UnitOfWork, span: Span, currency: str, limit: int) -> list[Part]:
    """The first `limit` accruals that one span takes."""
    return store.parts_of(uow.session, [span], currency, limit)


def pay_out(uow: UnitOfWork, spans: Sequence[Span], currency: str) -> list[Part]:
    """The spans have been paid: returns all that they took; accruals that lie wholly before their ends are paid out.

    Two statements, whatever the number. The caller holds each member's balance locked, so that no two spans of a
    member are decided at once.
    """
    parts = store.parts_of(uow.session, spans, currency, limit=2**31 - 1)
    ends: dict[int, int] = {}
    for span in spans:
        ends[span.beneficiary] = max(span.end_minor, ends.get(span.beneficiary, 0))
    store.mark_paid_out(uow.session, ends, currency)
    return parts


def come_back(uow: UnitOfWork, returned: Sequence[Returned]) -> None:
    """What payouts took of these accruals came back with their money, and may be paid out again. One statement.

    The caller holds each member's balance locked, as in `pay_out`.
    """
    store.come_back(uow.session, returned, uow.now)


def reversals_of(uow: UnitOfWork, beneficiary: int, currency: str) -> Reversals:
    """What became of a member's accruals: the refund history beside a payout request."""
    return store.reversals_of(uow.session, beneficiary, currency)


def earned_between(uow: UnitOfWork, one: int, other: int) -> list[Money]:
    """What either of two members has of the other's purchases, after claw backs. One statement."""
    return [Money(amount, currency) for currency, amount in store.earned_between(uow.session, one, other)]
