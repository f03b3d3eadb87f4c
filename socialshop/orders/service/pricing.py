"""What an order costs: goods, the member's own price, coupons, points and shipping, step by step."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupons import Choice
from socialshop.memberships import service as memberships
from socialshop.orders import pricing
from socialshop.orders.pricing import PriceLine, Step
from socialshop.orders.service.reading import LineView
from socialshop.orders.store import prices as store
from socialshop.orders.store.prices import ExtraLine


@dataclass(frozen=True, slots=True)
class Goods:
    """What is bought: `price` before anything acts on it, the unit, and the deal that it is sold by.

    `channel`: of the invite link through which the sale comes. `shipping`: what sending costs, None the shop's own fee.
    """

    price: Money
    deal_id: uuid.UUID
    sku_id: uuid.UUID
    channel: str | None = None
    shipping: Money | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What besides money should pay: at most so many points, and these coupons of the buyer's; None: the best."""

    use_points: int | None = None
    coupon_ids: Collection[uuid.UUID] | None = None


ANY_MEANS = Means()


@dataclass(frozen=True, slots=True)
class Hand:
    """What a buyer has that may act on a price: benefits, and whether there may be coupons to look for."""

    benefits: memberships.Benefits
    has_coupons: bool = True


@dataclass(frozen=True, slots=True)
class Quote:
    """The steps of a price, what of it is for goods and for sending, how many points it takes, and which coupons."""

    lines: Sequence[PriceLine]
    goods: Money
    shipping: Money
    points: int
    coupons: Choice

    @property
    def total(self) -> Money:
        """What is paid in money."""
        return self.goods + self.shipping

    @property
    def goods_before_points(self) -> Money:
        """What is paid for the goods in money and points."""
        points = sum(line.amount_minor for line in self.lines if line.kind is Step.POINTS)
        return Money(self.goods.amount_minor - points, self.goods.currency)

    @property
    def gifts(self) -> list[str]:
        """What the shop puts into the parcel besides."""
        return [str(line.facts["gift"]) for line in self.lines if line.kind is Step.GIFT]

    def order_lines(self, title: str | None, sku_id: uuid.UUID | None, quantity: int) -> tuple[LineView, ...]:
        """The lines of the order that is placed so."""
        extra = (
            LineView(each.title, None, 1, Money(each.amount_minor, self.goods.currency), each.kind)
            for each in _extra(self)
        )
        return (LineView(title, sku_id, quantity, self.goods), *extra)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What goods would cost, and the points that the sale would give once it can no longer be sent back."""

    price: Quote
    earns_points: int


def quote(uow: UnitOfWork, buyer: int, goods: Goods, means: Means = ANY_MEANS) -> Estimate:
    """What goods would cost the buyer now, and give; nothing is taken. Four statements; those of points besides.

    Raises InvalidValue (fewer points than may be used, or none act), CouponUnusable (of coupons that were named).
    """
    benefits = memberships.benefits_of(uow, [buyer])[buyer]
    found = _priced(uow, buyer, goods, means, Hand(benefits))
    return Estimate(found, loyalty.would_earn(uow, buyer, found.goods, benefits.points_multiplier_bps))


def _priced(uow: UnitOfWork, buyer: int, goods: Goods, means: Means, hand: Hand) -> Quote:
    """What goods cost the buyer. One statement where there may be coupons, else none; those of points besides."""
    currency, benefits = goods.price.currency, hand.benefits
    fee = goods.shipping or deals.shop_shipping(currency)
    base = pricing.before_coupons(goods.price.amount_minor, fee.amount_minor, benefits)
    cart = loyalty.Cart(
        member=buyer,
        tier=benefits.tier,
        deal_id=goods.deal_id,
        sku_id=goods.sku_id,
        goods_minor=pricing.goods_minor(base),
        shipping_minor=pricing.shipping_minor(base),
        currency=currency,
        channel=goods.channel,
    )
    looked_for = means.coupon_ids is not None or hand.has_coupons
    choice = loyalty.choose_coupons(uow, cart, means.coupon_ids) if looked_for else Choice()
    lines = pricing.in_order(base, pricing.by_coupons(choice.used))
    points = 0
    if means.use_points is not None:
        paid = loyalty.part_of_price(uow, Money(pricing.goods_minor(lines), currency), means.use_points)
        lines = pricing.in_order(lines, [PriceLine(Step.POINTS, -paid.amount_minor)])
        points = paid.points
    sums = Money(pricing.goods_minor(lines), currency), Money(pricing.shipping_minor(lines), currency)
    return Quote(lines, *sums, points, choice)


def price_order(uow: UnitOfWork, buyer: int, order_id: uuid.UUID, goods: Goods, means: Means, *, hand: Hand) -> Quote:
    """Price an order that was placed in this very transaction; coupons and points are set aside for it.

    Raises as `quote` does; PointsShort.
    """
    found = _priced(uow, buyer, goods, means, hand)
    if found.coupons.used:
        loyalty.take_coupons(uow, buyer, order_id, found.coupons.used, goods.price.currency)
    if found.points:
        worth = Money(-sum(line.amount_minor for line in found.lines if line.kind is Step.POINTS), found.goods.currency)
        loyalty.set_aside_for_order(uow, buyer, order_id, found.points, worth)
    if len(found.lines) > 1:
        store.reprice(
            uow.session,
            order_id,
            found.lines,
            goods_minor=found.goods.amount_minor,
            shipping_minor=found.shipping.amount_minor,
            extra=_extra(found),
        )
    return found


def _extra(found: Quote) -> list[ExtraLine]:
    """Lines of the order beside its goods."""
    sending = found.shipping.amount_minor
    gifts = [ExtraLine("gift", title, 0) for title in found.gifts]
    return [*([ExtraLine("shipping", None, sending)] if sending else []), *gifts]
