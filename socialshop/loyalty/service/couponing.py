"""Coupons at the checkout: the best set is chosen, set aside with the seat, used when the sale stands.

What the sale lacks in money is the shop's expense (`shop:coupon_expense`); `orders` posts it with the sale. A coupon of
a seat that is lost is open again. A refund in part keeps it, for the rest of the sale stands by it; once all the money
has gone back the coupon is open again too, for as long as it holds, and the expense is taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import day_of
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.loyalty import coupons as rules
from socialshop.loyalty.coupons import Basket, Choice, Held, Used
from socialshop.loyalty.errors import CouponUnusable
from socialshop.loyalty.store import coupon_uses as store
from socialshop.loyalty.store.coupon_uses import ReturnedUse, Taking
from socialshop.memberships import service as memberships
from socialshop.memberships.service import BenefitUse

# Under which benefit a coupon is metered that a tier or plan gave in this way.
_METERED = {"monthly": "monthly_coupon", "birthday_benefit": "birthday_coupon"}


@dataclass(frozen=True, slots=True)
class Cart:
    """What is bought, after what the member's own benefits take off the goods and the sending.

    `channel`: of the invite link through which the sale comes.
    """

    member: int
    tier: str
    deal_id: uuid.UUID
    sku_id: uuid.UUID
    goods_minor: int
    shipping_minor: int
    currency: str
    channel: str | None = None


def choose_coupons(uow: UnitOfWork, cart: Cart, ids: Collection[uuid.UUID] | None) -> Choice:
    """The coupons that act on the cart: the best set of the member's, or these very ones. One statement; none if none.

    Raises CouponUnusable: one of `ids` is not the member's or not open, or cannot act here, or not beside the others.
    """
    if ids is not None and not ids:
        return Choice()
    rows = store.usable(uow.session, cart.member, cart.sku_id, ids, uow.now)
    if ids is not None and len(rows) < len(set(ids)):
        raise CouponUnusable("a coupon is not yours, or cannot be used now", field="coupon_ids", reason="gone")
    if not rows:
        return Choice()
    basket = Basket(
        goods_minor=cart.goods_minor,
        shipping_minor=cart.shipping_minor,
        currency=cart.currency,
        deal=to_public("deal", cart.deal_id),
        product=to_public("prd", rows[0].product_id),
        tier=cart.tier,
        is_newcomer=rows[0].is_newcomer,
        on=day_of(uow.now, wired.settings().time_zone),
        channel=cart.channel,
    )
    held = [Held(*row[:3], rules.parse(row.terms), row.expires_at, row.left_minor) for row in rows]
    if ids is None:
        return rules.best(held, basket)
    choice = rules.exactly(held, basket)
    if choice.unused:
        refused = choice.unused[0]
        coupon = to_public("cpn", refused.held.coupon_id)
        raise CouponUnusable(
            "a coupon cannot be used on this order", field="coupon_ids", reason=refused.reason, coupon_id=coupon
        )
    return choice


def take_coupons(uow: UnitOfWork, member: int, order_id: uuid.UUID, used: Sequence[Used], currency: str) -> None:
    """Set coupons aside for an order. Raises CouponUnusable where one was taken, ended or ran dry meanwhile."""
    takings = [Taking(each.held.id, each.held.terms.kind, each.amount_minor) for each in used]
    if store.take(uow.session, member, order_id, takings, currency=currency, now=uow.now) < len(takings):
        raise CouponUnusable("a coupon was used, or its budget was, a moment ago", reason="gone")


def settle_coupons(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """What is set aside for these orders is used: the sales stand.

    A coupon that a tier or plan gives, every month or on the birthday, is a benefit that was used, as others are: a
    plan of which something was used is not refunded whole.
    """
    if not order_ids:
        return
    used = store.settle(uow.session, order_ids)
    if not used:
        return
    has = memberships.benefits_of(uow, {each.member for each in used})
    memberships.note_uses(
        uow,
        [
            BenefitUse(
                each.member,
                _METERED[each.way],
                f"coupon {each.holding_id}",
                each.amount_minor,
                each.currency,
                by_plan=to_public("cpn", each.coupon_id) in has[each.member].by_plan,
            )
            for each in used
        ],
    )


def release_coupons(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """What is set aside for those of these orders that came to nothing is open again. Told again, nothing changes."""
    if order_ids:
        store.release(uow.session, order_ids, uow.now)


def return_coupons(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderRefunded: coupons of an order of which all money went back are open again; told again, nothing."""
    give_back_coupons(uow, sorted({uuid.UUID(payload["order_id"]) for payload in payloads}))


def give_back_coupons(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """Coupons of those of these orders of which all money went back are open again; told again, nothing changes."""
    if order_ids:
        used = store.give_back(uow.session, order_ids, uow.now)
        ledger.post(uow, [_given_back(use) for use in used if use.amount_minor])


def _given_back(use: ReturnedUse) -> Entry:
    """The shop's expense comes down, and with it the sale that was booked whole."""
    income = chart.SHIPPING if use.kind == "shipping" else chart.SALES
    moved = (
        Posting(income, -use.amount_minor, use.currency, use.order_id),
        Posting(chart.COUPON_EXPENSE, use.amount_minor, use.currency, use.order_id),
    )
    return Entry(f"coupon_back:{to_public('cpu', use.id)}", "coupon_returned", moved)
