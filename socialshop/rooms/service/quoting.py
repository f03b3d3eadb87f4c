"""What a seat would cost, and give: in a new room of a deal, or in one that is open. Nothing is taken."""

from __future__ import annotations

import uuid
from dataclasses import replace

from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.money import MAX_AMOUNT_MINOR, Money
from socialshop.orders import service as orders
from socialshop.rooms import rules
from socialshop.rooms.rules import Status
from socialshop.rooms.service.joining import NOWHERE, Attribution, Buyer, offer_to
from socialshop.rooms.service.reading import own_seat, view


def quote_opening(
    uow: UnitOfWork,
    buyer: Buyer,
    deal_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> orders.Estimate:
    """What a seat in a new room of the deal would cost.

    Raises NotFound, InviteCodeUnknown, InviteLinkClosed, InvalidValue, DealNotLive, DealPaused, CouponUnusable.
    """
    offer = offer_to(uow, buyer, deal_id, attribution, looks=True)
    return quote_on(uow, buyer, offer, quantity, attribution, sku_id=sku_id, means=means)


def quote_on(
    uow: UnitOfWork,
    buyer: Buyer,
    offer: deals.DealOffer,
    quantity: int,
    attribution: Attribution,
    *,
    sku_id: uuid.UUID | None,
    means: orders.Means,
) -> orders.Estimate:
    """What a seat on these terms would cost.

    Raises InviteCodeUnknown, InviteLinkClosed, InvalidValue, CouponUnusable.
    """
    chosen, price = offer.chosen(sku_id)
    goods = orders.Goods(price, offer.deal_id, chosen, _channel(uow, buyer, attribution), offer.shipping)
    return _quoted(uow, buyer, goods, quantity, means)


def quote_joining(
    uow: UnitOfWork,
    buyer: Buyer,
    room_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> orders.Estimate:
    """What a seat in this room would cost, at the price that it was opened with.

    Raises NotFound, InviteCodeUnknown, InviteLinkClosed, AlreadySeated, RoomClosed, RoomFull, DealPaused,
    InvalidValue, CouponUnusable.
    """
    room, seat = view(uow, room_id), own_seat(uow, room_id, buyer.number)
    if room.invited_only and seat is None and not deals.is_invited(uow, room.deal_id, buyer.number):
        raise NotFound("no such room")
    seated = seat is not None and seat.status in rules.LIVE_SEATS
    if seated or room.status is not Status.OPEN or room.expires_at <= uow.now or room.seats_taken >= room.size:
        raise rules.refusal(seated=seated, status=room.status, expires_at=room.expires_at, now=uow.now)
    deals.check_not_stopped(uow, room.deal_id, opens=False)
    chosen, price = room.chosen(sku_id)
    goods = orders.Goods(price, room.deal_id, chosen, _channel(uow, buyer, attribution), room.shipping)
    return _quoted(uow, buyer, goods, quantity, means)


def _quoted(uow: UnitOfWork, buyer: Buyer, unit: orders.Goods, quantity: int, means: orders.Means) -> orders.Estimate:
    amount = unit.price.amount_minor * quantity
    if amount > MAX_AMOUNT_MINOR:
        raise InvalidValue("so many units cost more than the shop can count", field="quantity")
    goods = replace(unit, price=Money(amount, unit.price.currency))
    return orders.quote(uow, buyer.number, goods, means)


def _channel(uow: UnitOfWork, buyer: Buyer, attribution: Attribution) -> str | None:
    """That of the link through which the buyer comes; one's own link brings nothing.

    Raises InviteCodeUnknown, InviteLinkClosed.
    """
    link: invites.Link | None = None
    if attribution.code is not None:
        link = invites.link_of(uow, attribution.code)
    else:
        link_id = attribution.link_id
        if link_id is None and attribution.elsewhere is not None:
            link_id = invites.followed_elsewhere(uow, buyer.number, attribution.elsewhere)
        link = None if link_id is None else invites.link_by_id(uow, link_id)
    return None if link is None or link.number == buyer.number else link.channel
