"""Deals and products as things to share; rooms stand above and bring their own (app.py)."""

from __future__ import annotations

import uuid

from socialshop.deals import service as deals
from socialshop.deals.flash import SessionStatus
from socialshop.deals.rules import Status
from socialshop.infra.uow import UnitOfWork
from socialshop.invites.rules import Act, Good, ShareSubject

# What a poster of a session has room for.
_GOODS_SHOWN = 3


def deal_subject(uow: UnitOfWork, deal_id: uuid.UUID) -> ShareSubject:
    """A published deal. Raises NotFound."""
    deal = deals.deal(uow, deal_id)
    return ShareSubject(
        title=deal.title,
        price=deal.price,
        is_open=deal.status not in (Status.PAUSED, Status.ENDED),
        size=deal.group_size,
        ends_at=deal.ends_at,
        price_alone=deal.price_alone,
        ladder=deal.price_steps,
        cover=deal.cover,
        left=deal.left,
        low_at=deal.low_at,
    )


def storefront_subject(uow: UnitOfWork, storefront_id: uuid.UUID) -> ShareSubject:
    """A leader's storefront. Raises NotFound."""
    found = deals.storefront(uow, storefront_id)
    return ShareSubject(title=found.title, price=None, is_open=True, act=Act.VISIT, cover=found.banner)


def session_subject(uow: UnitOfWork, session_id: uuid.UUID) -> ShareSubject:
    """A flash session with the first of what stands in it. Raises NotFound."""
    found = deals.flash_session(uow, session_id)
    face = found.face
    return ShareSubject(
        title=face.title,
        price=None,
        is_open=face.status in (SessionStatus.ANNOUNCED, SessionStatus.LIVE),
        ends_at=face.ends_at,
        act=Act.WATCH,
        brand=face.brand,
        starts_at=face.starts_at,
        goods=tuple(_good(shown) for shown in found.picks[:_GOODS_SHOWN]),
    )


def _good(shown: deals.Shown) -> Good:
    if shown.deal is not None:
        return Good(shown.deal.title, shown.deal.price)
    if shown.product is None:
        raise LookupError("a pick is a deal or a product")
    prices = [sku.price for sku in shown.product.skus]
    return Good(shown.product.title, min(prices, key=lambda price: price.amount_minor, default=None))


def product_subject(uow: UnitOfWork, product_id: uuid.UUID) -> ShareSubject:
    """A product at the price of its cheapest unit. Raises NotFound."""
    product = deals.product(uow, product_id)
    cheapest = min(product.skus, key=lambda sku: sku.price.amount_minor, default=None)
    return ShareSubject(
        title=product.title,
        price=cheapest.price if cheapest else None,
        is_open=any(sku.stock > 0 for sku in product.skus),
        cover=product.cover,
        left=sum(sku.stock for sku in product.skus),
        low_at=sum(sku.low_stock_at for sku in product.skus),
    )
