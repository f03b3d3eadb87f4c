"""Bargains: started by a member, chopped by friends, bought by a room for one.

Goods are reserved when the bargain is bought, with the seat and the order, and not before: a price that comes down
keeps nothing from others.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from socialshop.deals import service as deals
from socialshop.deals.errors import DealNotLive, DealPaused
from socialshop.deals.rules import ALONE
from socialshop.deals.rules import Status as DealStatus
from socialshop.deals.service import BuyAt, DealOffer
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.invites.rules import Act, ShareSubject
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.orders import service as orders
from socialshop.rooms import chops
from socialshop.rooms.chops import Bargain
from socialshop.rooms.errors import BargainBought, BargainOver, FloorNotReached
from socialshop.rooms.service.joining import NOWHERE, Attribution, Buyer, Joined, open_on
from socialshop.rooms.service.quoting import quote_on
from socialshop.rooms.store import bargains as store
from socialshop.rooms.store.bargains import BargainRow
from socialshop.screening.signals import NO_SIGNALS, Signals

_SEED_BYTES = 32
_EXPIRED_A_STEP = 200
_FORGOTTEN_A_STEP = 5_000
# A room for one: its clock only bounds the payment's way, for its one seat is held as the deal says.
_ROOM_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChopView:
    """A friend's chop; the name is whole for whose bargain it is, else a letter; empty once the person has left."""

    display_name: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class BargainView:
    """A bargain as somebody sees it; every change that shows in it has a new `version`."""

    id: uuid.UUID
    offer_id: uuid.UUID
    sku_id: uuid.UUID
    status: Bargain
    title: str
    starter: str
    start: Money
    floor: Money
    price: Money
    chops: int
    chops_made: int
    buy_at: BuyAt
    expires_at: datetime
    version: int
    friends: tuple[ChopView, ...]
    is_own: bool
    has_chopped: bool
    room_id: uuid.UUID | None

    @property
    def may_be_bought(self) -> bool:
        """Whether its owner may buy it at its price."""
        return self.status is Bargain.OPEN and (self.buy_at is BuyAt.REACHED or self.price == self.floor)

    @property
    def is_chopped(self) -> bool:
        """Whether another chop could count."""
        return self.status is Bargain.OPEN and self.chops_made < self.chops


def start_bargain(uow: UnitOfWork, starter: Buyer, deal_id: uuid.UUID, signals: Signals = NO_SIGNALS) -> BargainView:
    """Start a bargain on an offer that is live, on its terms as they are now; where the starter's runs already, that.

    Raises NotFound, DealNotLive, DealPaused, StandingLimited.
    """
    identity.require_standing(uow, starter.number, Deed.OPEN)
    offer = deals.bargain_offer(uow, deal_id)
    deal = offer.deal
    if deal.status is DealStatus.PAUSED:
        raise DealPaused("the bargain is paused: try again once it goes on")
    if deal.status is not DealStatus.LIVE:
        raise DealNotLive("the bargain has not begun yet, or is over")
    bargain_id = new_id()
    last = uow.now + offer.lasts
    values = {
        "id": bargain_id,
        "deal_id": deal.id,
        "sku_id": deal.sku_id,
        "member": starter.number,
        "title": deal.title,
        "currency": offer.floor.currency,
        "return_days": deal.return_days,
        "seat_hold_seconds": deal.seat_hold_seconds,
        "per_member_limit": deal.per_member_limit,
        "shipping_minor": deal.shipping.amount_minor,
        "start_minor": offer.start.amount_minor,
        "floor_minor": offer.floor.amount_minor,
        "chops": offer.chops,
        "buy_at": offer.buy_at.value,
        "newcomer_bps": offer.newcomer_bps,
        "seed": secrets.token_bytes(_SEED_BYTES),
        "device": signals.device,
        "started_at": uow.now,
        "expires_at": last if deal.ends_at is None else min(last, deal.ends_at),
    }
    if not store.start(uow.session, values):
        running = store.running(uow.session, deal.id, starter.number)
        if running is not None:
            return bargain(uow, running, starter.number)
        raise BargainOver("another one of yours ended just now: start again")
    return bargain(uow, bargain_id, starter.number)


def chop(uow: UnitOfWork, friend: Buyer, bargain_id: uuid.UUID, signals: Signals = NO_SIGNALS) -> Money:
    """Bring the price of a friend's bargain down, once; returns by how much. Chops of one bargain pass one at a time.

    Raises NotFound, StandingLimited, OwnBargain, AlreadyChopped, BargainBought, BargainOver, DealPaused,
    DeviceChopped, NetworkChopped.
    """
    identity.require_standing(uow, friend.number, Deed.JOIN)
    row = _found(store.lock(uow.session, bargain_id))
    seen = store.see(uow.session, row, friend.number, signals, uow.now)
    refusal = chops.refusal_of_chop(
        chops.stands(row.status, row.expires_at, uow.now),
        own=row.member == friend.number,
        chopped=seen.chopped,
        same_device=seen.same_device or (signals.device is not None and signals.device == row.device),
        of_network=seen.of_network,
        complete=row.chops_made == row.chops,
    )
    if seen.paused and refusal is None:
        raise DealPaused("the bargain is paused: try again once it goes on")
    if refusal is not None:
        raise refusal
    weight = row.newcomer_bps if seen.newcomer else chops.SAME_WEIGHT_BPS
    drawn = chops.draw(row.seed, row.chops_made + 1)
    amount = chops.chop_size(row.price_minor - row.floor_minor, row.chops - row.chops_made, drawn, weight)
    values = {
        "member": friend.number,
        "amount_minor": amount,
        "newcomer": seen.newcomer,
        "device": signals.device,
        "network": signals.network,
        "at": uow.now,
    }
    store.chop(uow.session, row, values)
    _tell_starter(uow, row, friend.number, amount)
    return Money(amount, row.currency)


def buy_bargain(
    uow: UnitOfWork,
    buyer: Buyer,
    bargain_id: uuid.UUID,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> Joined:
    """Buy the own bargain at its price: a room for one, its seat, its order. Two who buy at once: one does.

    Raises NotFound (also for another's), BargainBought, BargainOver, FloorNotReached, and what opening a room raises
    but DealNotLive: a bargain that runs is bought though its offer has ended since.
    """
    row = _found(store.lock(uow.session, bargain_id))
    if row.member != buyer.number:
        raise NotFound("no such bargain of yours")
    status = chops.stands(row.status, row.expires_at, uow.now)
    if status is Bargain.BOUGHT:
        raise BargainBought("you have bought it: its order waits for you")
    if status is Bargain.EXPIRED:
        raise BargainOver("the time of the bargain is over")
    if row.buy_at == BuyAt.FLOOR and row.price_minor > row.floor_minor:
        raise FloorNotReached("it is sold at its lowest price alone", chops_left=row.chops - row.chops_made)
    joined = open_on(uow, buyer, _terms(row), 1, attribution, sku_id=sku_id, means=means, opens=False)
    store.buy(uow.session, row.id, joined.room.id)
    return joined


def quote_bargain(
    uow: UnitOfWork,
    buyer: Buyer,
    bargain_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> orders.Estimate:
    """What the own bargain would cost now; nothing is taken. Raises as `quote_opening` does."""
    row = _found(store.find(uow.session, bargain_id))
    return quote_on(uow, buyer, _terms(row), quantity, attribution, sku_id=sku_id, means=means)


def bargain(uow: UnitOfWork, bargain_id: uuid.UUID, viewer: int | None = None) -> BargainView:
    """One bargain as this member, or nobody, sees it. Raises NotFound. Three statements."""
    row = _found(store.find(uow.session, bargain_id))
    friends = store.chops_of(uow.session, row.id)
    starter = store.starter_name(uow.session, row.member) or ""
    return _view(uow, row, viewer, starter, friends)


def running_bargain(uow: UnitOfWork, deal_id: uuid.UUID, number: int) -> uuid.UUID | None:
    """The member's own bargain on this offer that runs now. One statement."""
    return store.running(uow.session, deal_id, number)


def bargains_of(uow: UnitOfWork, number: int, before: uuid.UUID | None, limit: int) -> list[BargainView]:
    """Up to `limit` bargains that the member started, the newest first, without their friends. One statement."""
    return [_view(uow, row, number, "", ()) for row in store.of_member(uow.session, number, before, limit)]


def bargain_version(uow: UnitOfWork, bargain_id: uuid.UUID) -> int:
    """The bargain's version, for who has seen it before. Raises NotFound. One read by key."""
    found = store.version(uow.session, bargain_id)
    if found is None:
        raise NotFound("no such bargain")
    return found


def bargain_of_room(uow: UnitOfWork, room_id: uuid.UUID) -> uuid.UUID | None:
    """The bargain that was bought in this room for one."""
    return store.of_room(uow.session, room_id)


def bargain_subject(uow: UnitOfWork, bargain_id: uuid.UUID) -> ShareSubject:
    """The bargain as an invite link shows it. Raises NotFound."""
    row = _found(store.find(uow.session, bargain_id))
    status = chops.stands(row.status, row.expires_at, uow.now)
    deal = deals.deals_by_id(uow, [row.deal_id])[row.deal_id]
    return ShareSubject(
        title=row.title,
        price=Money(row.floor_minor, row.currency),
        is_open=status is Bargain.OPEN,
        size=row.chops,
        seats_left=row.chops - row.chops_made,
        ends_at=row.expires_at,
        price_alone=Money(row.start_minor, row.currency),
        act=Act.CHOP,
        cover=deals.cover_of_deal(uow, row.deal_id),
        left=deal.left,
        low_at=deal.low_at,
    )


def bargain_titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these bargains are about. One statement."""
    return store.share_titles(uow.session, ids)


def expire_bargains(uow: UnitOfWork) -> bool:
    """End bargains whose time is over, and tell who started them; True if there may be more."""
    over = store.expire(uow.session, uow.now, _EXPIRED_A_STEP)
    told = [Told(row.member, "bargain_over", str(row.id), None, row.id, {"title": row.title}) for row in over]
    notifications.tell(uow, told)
    return len(over) == _EXPIRED_A_STEP


def on_room_for_one_over(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow RoomCancelled and RoomExpired: a bargain whose seat was lost unpaid can be bought again, in time."""
    store.reopen_unpaid(uow.session, sorted({uuid.UUID(told["room_id"]) for told in payloads}), uow.now)


def forget_bargain_marks(uow: UnitOfWork, before: datetime) -> bool:
    """Forget from which devices and networks bargains that ended before then were chopped; True if more may be left."""
    return store.forget_marks(uow.session, before, _FORGOTTEN_A_STEP) == _FORGOTTEN_A_STEP


def _tell_starter(uow: UnitOfWork, row: BargainRow, friend: int, amount: int) -> None:
    """The starter hears of each chop, and that the price is at its lowest."""
    price = row.price_minor - amount
    facts = {"title": row.title, "amount_minor": amount, "currency": row.currency}
    told = [Told(row.member, "bargain_chopped", f"{row.id} {friend}", friend, row.id, facts)]
    if price == row.floor_minor:
        lowest = {"title": row.title, "amount_minor": price, "currency": row.currency, "until": to_text(row.expires_at)}
        told.append(Told(row.member, "bargain_at_floor", str(row.id), None, row.id, lowest))
    notifications.tell(uow, told)


def _terms(row: BargainRow) -> DealOffer:
    """What the room of a bargain is opened on: the terms of its start, at the price reached."""
    return DealOffer(
        deal_id=row.deal_id,
        sku_id=row.sku_id,
        title=row.title,
        price=Money(row.price_minor, row.currency),
        size=ALONE,
        room_ttl=_ROOM_LASTS,
        seat_hold=timedelta(seconds=row.seat_hold_seconds),
        per_member_limit=row.per_member_limit,
        return_days=row.return_days,
        minimum_tier=None,
        circle_of=None,
        early_until=None,
        price_steps=(),
        host_perk=None,
        newcomer_only=False,
        shipping=None if row.shipping_minor is None else Money(row.shipping_minor, row.currency),
    )


def _view(
    uow: UnitOfWork, row: BargainRow, viewer: int | None, starter: str, friends: Sequence[store.ChopRow]
) -> BargainView:
    own = viewer == row.member
    return BargainView(
        id=row.id,
        offer_id=row.deal_id,
        sku_id=row.sku_id,
        status=chops.stands(row.status, row.expires_at, uow.now),
        title=row.title,
        starter=starter,
        start=Money(row.start_minor, row.currency),
        floor=Money(row.floor_minor, row.currency),
        price=Money(row.price_minor, row.currency),
        chops=row.chops,
        chops_made=row.chops_made,
        buy_at=BuyAt(row.buy_at),
        expires_at=row.expires_at,
        version=row.version,
        friends=tuple(
            ChopView(
                chops.shown_name(friend.display_name or "", in_full=own or friend.member == viewer),
                Money(friend.amount_minor, row.currency),
                friend.at,
            )
            for friend in friends
        ),
        is_own=own,
        has_chopped=any(friend.member == viewer for friend in friends),
        room_id=row.room_id if own else None,
    )


def _found(row: BargainRow | None) -> BargainRow:
    if row is None:
        raise NotFound("no such bargain")
    return row
