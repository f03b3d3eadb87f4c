"""Opening a room and joining one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from socialshop.deals import ladder, perks
from socialshop.deals import service as deals
from socialshop.deals.errors import DealNotBegun, DealNotLive, DealPaused, InvitationRequired, OutOfStock
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules as invite_rules
from socialshop.invites import service as invites
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_ids
from socialshop.kernel.money import MAX_AMOUNT_MINOR, Money
from socialshop.memberships import service as memberships
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView
from socialshop.payments import service as payments
from socialshop.payments.service import PaymentView
from socialshop.referrals import service as referrals
from socialshop.rooms import rules
from socialshop.rooms.errors import MemberLimitReached, NewcomersOnly, NoOpenRoom
from socialshop.rooms.events import SeatClaimed
from socialshop.rooms.rules import Seat, Status
from socialshop.rooms.service.reading import MemberView, RoomUnit, RoomView, view
from socialshop.rooms.service.watching import tell_watchers
from socialshop.rooms.store import claiming as store
from socialshop.rooms.store import reseating
from socialshop.rooms.store.claiming import Claim


class Buyer(Protocol):
    """Who takes the seat."""

    @property
    def number(self) -> int: ...


class MemberTerms(Protocol):
    """What a room asks of its members."""

    @property
    def deal_id(self) -> uuid.UUID | None: ...
    @property
    def per_member_limit(self) -> int | None: ...
    @property
    def minimum_tier(self) -> str | None: ...
    @property
    def circle_of(self) -> int | None: ...
    @property
    def early_until(self) -> datetime | None: ...
    @property
    def newcomer_only(self) -> bool | None: ...
    @property
    def bought(self) -> bool: ...
    @property
    def uninvited(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Attribution:
    """Through which link the buyer came: by the code that was typed, else by the link of a cookie.

    Else by what the buyer followed with another browser within `elsewhere`, where that is asked. For statistics.
    """

    code: str | None = None
    link_id: uuid.UUID | None = None
    elsewhere: invites.Window | None = None


@dataclass(frozen=True, slots=True)
class SeatView:
    """A member's own seat."""

    id: uuid.UUID
    status: Seat
    quantity: int
    hold_until: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """What a member who took a seat holds: the seat, its order and the order's payment."""

    room: RoomView
    seat: SeatView
    order: OrderView
    payment: PaymentView


NOWHERE = Attribution()


def open_room(
    uow: UnitOfWork,
    buyer: Buyer,
    deal_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> Joined:
    """Open a room on a live deal, and take its first seat as its host.

    Raises NotFound, InviteCodeUnknown, InviteLinkClosed, InvalidValue (quantity, sku_id), DealNotLive, DealPaused,
    OutOfStock, TierRequired, CircleRequired, MemberLimitReached, StandingLimited; what `means` ask for besides:
    InvalidValue, PointsShort, CouponUnusable.
    """
    offer = offer_to(uow, buyer, deal_id, attribution)
    return open_on(uow, buyer, offer, quantity, attribution, sku_id=sku_id, means=means)


def open_on(
    uow: UnitOfWork,
    buyer: Buyer,
    offer: deals.DealOffer,
    quantity: int,
    attribution: Attribution,
    *,
    sku_id: uuid.UUID | None,
    means: orders.Means,
    opens: bool = True,
) -> Joined:
    """Open a room on these terms; unless it `opens` on a deal, one that was ended since hinders nothing.

    Raises as `open_room` does.
    """
    offer.chosen(sku_id)
    seat_id, order_id, line_id, room_id = new_ids(4)
    wish = _Wish(buyer.number, quantity, seat_id, order_id, line_id, room_id, means, sku_id)
    expires_at = uow.now + offer.room_ttl
    terms = terms_of(offer, expires_at)
    claim = store.open_room(uow.session, {**_values(uow, wish, attribution, opens=opens), **terms})
    _check(uow, claim, wish, attribution, opens=opens)
    room = RoomView(
        id=wish.room,
        deal_id=offer.deal_id,
        host_name=claim.display_name or "",
        status=Status.OPEN,
        size=offer.size,
        seats_taken=1,
        seats_paid=0,
        expires_at=expires_at,
        price=offer.price,
        version=1,
        members=(MemberView(claim.display_name or "", Seat.HELD),),
        title=offer.title,
        sku_id=offer.sku_id,
        price_steps=offer.price_steps,
        host_perk=offer.host_perk,
        newcomer_only=offer.newcomer_only,
        shipping=offer.shipping or deals.shop_shipping(offer.price.currency),
        units=tuple(RoomUnit(unit.id, unit.title, unit.price) for unit in offer.units[1:] and offer.units),
    )
    return _seated(uow, claim, wish, room)


def join(
    uow: UnitOfWork,
    buyer: Buyer,
    room_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
) -> Joined:
    """Take a seat in an open room; it is held until paid, or until its time is over.

    Raises NotFound, InviteCodeUnknown, InviteLinkClosed, AlreadySeated, RoomClosed, RoomFull, DealPaused,
    InvalidValue (quantity, sku_id), OutOfStock, NewcomersOnly, TierRequired, DealNotLive (others come first),
    CircleRequired, MemberLimitReached, StandingLimited; whatever is raised, the unit of work must end without a
    commit. `means` as in `open_room`.
    """
    seat_id, order_id, line_id = new_ids(3)
    wish = _Wish(buyer.number, quantity, seat_id, order_id, line_id, room_id, means, sku_id)
    claim = store.claim_seat(uow.session, _values(uow, wish, attribution, opens=False))
    crash_point("join.claimed")
    _check(uow, claim, wish, attribution, opens=False)
    return _seated(uow, claim, wish, None)


def join_any(
    uow: UnitOfWork,
    buyer: Buyer,
    deal_id: uuid.UUID,
    quantity: int = 1,
    attribution: Attribution = NOWHERE,
    *,
    sku_id: uuid.UUID | None = None,
    means: orders.Means = orders.ANY_MEANS,
    or_open: bool = False,
) -> Joined:
    """Take a seat in the open room of a deal that is nearest to filling; where there is none, `or_open` a new one.

    Nobody hears of a full room while another is open. One statement more than joining costs. Raises NoOpenRoom, and
    what `join` and `open_room` raise.
    """
    room_id = reseating.lock_nearest(uow.session, deal_id, buyer.number, uow.now)
    if room_id is not None:
        return join(uow, buyer, room_id, quantity, attribution, sku_id=sku_id, means=means)
    if or_open:
        return open_room(uow, buyer, deal_id, quantity, attribution, sku_id=sku_id, means=means)
    deals.deal(uow, deal_id, viewer=buyer.number)
    if attribution.code is not None:
        invites.link_of(uow, attribution.code)
    raise NoOpenRoom("no open room of the deal has a seat for you: open one")


def terms_of(offer: deals.DealOffer, expires_at: datetime) -> Mapping[str, object]:
    """What a room that is opened on this offer keeps of it."""
    return {
        "deal_id": offer.deal_id,
        "own_sku_id": offer.sku_id,
        "skus": _kept(offer.units),
        "title": offer.title,
        "price_minor": offer.price.amount_minor,
        "currency": offer.price.currency,
        "return_days": offer.return_days,
        "seat_hold_seconds": int(offer.seat_hold.total_seconds()),
        "per_member_limit": offer.per_member_limit,
        "minimum_tier": offer.minimum_tier,
        "circle_of": offer.circle_of,
        "early_until": offer.early_until,
        "price_steps": ladder.document_of(offer.price_steps),
        "host_perk": perks.document_of(offer.host_perk),
        "newcomer_only": offer.newcomer_only,
        "shipping_minor": offer.shipping.amount_minor if offer.shipping else None,
        "size": offer.size,
        "expires_at": expires_at,
    }


def offer_to(
    uow: UnitOfWork, buyer: Buyer, deal_id: uuid.UUID, attribution: Attribution, *, looks: bool = False
) -> deals.DealOffer:
    """The deal's terms, early for who has that; who `looks` finds none for others. An unknown code is told first."""
    viewer = buyer.number if looks else None
    try:
        try:
            return deals.offer(uow, deal_id, viewer=viewer)
        except DealNotBegun:
            return deals.offer(uow, deal_id, head_start=memberships.head_start_of(uow, buyer.number), viewer=viewer)
    except (DealNotLive, DealPaused):
        if attribution.code is not None:
            invites.link_of(uow, attribution.code)
        raise


def _kept(units: Sequence[deals.DealUnit]) -> dict[str, dict[str, object]] | None:
    """What a room keeps of the units that may be chosen; nothing of one alone."""
    if not units[1:]:
        return None
    return {str(unit.id): {"price_minor": unit.price.amount_minor, "title": unit.title} for unit in units}


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wants how many units, paid how, and the keys of what the claim makes."""

    member: int
    quantity: int
    seat: uuid.UUID
    order: uuid.UUID
    line: uuid.UUID
    room: uuid.UUID
    means: orders.Means
    sku_id: uuid.UUID | None


def _values(uow: UnitOfWork, wish: _Wish, attribution: Attribution, *, opens: bool) -> Mapping[str, object]:
    code = attribution.code
    return {
        "room_id": wish.room,
        "seat_id": wish.seat,
        "order_id": wish.order,
        "line_id": wish.line,
        "member": wish.member,
        "quantity": wish.quantity,
        "sku_id": wish.sku_id,
        "code": None if code is None else invite_rules.canonical(code),
        "vanity_key": None if code is None else invite_rules.vanity_key(invite_rules.canonical(code)),
        "link_id": attribution.link_id if code is None else None,
        "followed_since": None if code is not None or attribution.elsewhere is None else attribution.elsewhere.since,
        "followed_first": attribution.elsewhere is not None and attribution.elsewhere.first,
        "opens": opens,
        "now": uow.now,
    }


def _check(uow: UnitOfWork, claim: Claim, wish: _Wish, attribution: Attribution, *, opens: bool) -> None:
    """Raise what is wrong with a claim of a seat, or of a room that it `opens`.

    In the order of the contract: the member, unknown things, the room, the goods, limits.
    """
    if claim.barred:
        identity.require_standing(uow, wish.member, Deed.OPEN if opens else Deed.JOIN)
    standing = None if claim.claimed and claim.seated else store.standing(uow.session, wish.room, wish.member, uow.now)
    if not claim.claimed and standing is None:
        raise NotFound("no such room")
    if not claim.link_known and attribution.code is not None:
        invites.link_of(uow, attribution.code)
        # It was closed a moment ago, and is open again.
        raise InviteCodeUnknown("no invite link had this code", field="invite_code")
    if not claim.sku_offered:
        raise InvalidValue("the room does not offer this unit", field="sku_id")
    if claim.price_minor is not None and claim.price_minor * wish.quantity > MAX_AMOUNT_MINOR:
        raise InvalidValue("so many units cost more than the shop can count", field="quantity")
    if standing is not None:
        # Of a room that was opened a moment ago by this very claim, nothing else can stand in the way.
        if claim.claimed and claim.newcomer_only and not standing.seated:
            raise NewcomersOnly("you have a seat in another room for newcomers")
        # A claim that waited for the same member's other one finds its seat taken by it.
        seated = standing.seated or claim.claimed
        raise rules.refusal(
            seated=seated,
            status=standing.status,
            expires_at=standing.expires_at,
            now=uow.now,
            elsewhere=standing.elsewhere,
        )
    if not claim.reserved:
        if claim.deal_id is not None:
            deals.check_not_stopped(uow, claim.deal_id, opens=opens)
        raise OutOfStock("not so many units are left")
    check_member(uow, claim, wish.member, wish.order)


def check_member(uow: UnitOfWork, terms: MemberTerms, member: int, order_id: uuid.UUID) -> None:
    """Raise what the deal asks of who joins it, and what this member has too much of, the seat just taken included."""
    if terms.uninvited:
        raise InvitationRequired("the deal is for those alone whom the shop offers it")
    if terms.newcomer_only and terms.bought:
        raise NewcomersOnly("the room is for members who have not bought yet")
    if terms.circle_of is not None:
        referrals.require_circle(uow, terms.circle_of, member)
    if terms.minimum_tier is not None or (terms.early_until is not None and terms.early_until > uow.now):
        _check_membership(uow, terms, member, order_id)
    if terms.per_member_limit is not None and terms.deal_id is not None:
        _check_limit(uow, member, terms.deal_id, terms.per_member_limit)


def _check_membership(uow: UnitOfWork, terms: MemberTerms, member: int, order_id: uuid.UUID) -> None:
    """A deal may ask for a tier, and is open some hours early for those who have that."""
    if terms.minimum_tier is not None:
        memberships.require_tier(uow, member, terms.minimum_tier, f"order {order_id}")
    if terms.early_until is None or terms.early_until <= uow.now:
        return
    if not memberships.come_early(uow, member, terms.early_until - uow.now, f"order {order_id}"):
        raise DealNotLive("the deal has not begun yet for you")


def _check_limit(uow: UnitOfWork, member: int, deal_id: uuid.UUID, limit: int) -> None:
    """The member's claims of one deal pass here one at a time, each counting those before it and itself."""
    advisory_lock(uow, f"deal {deal_id} member {member}")
    if store.units_of(uow.session, deal_id, member) > limit:
        raise MemberLimitReached(f"a member may have {limit} units of this deal", limit=limit)


def _seated(uow: UnitOfWork, claim: Claim, wish: _Wish, room: RoomView | None) -> Joined:
    """Open the payment of the order that was placed with the seat, and say that it was claimed."""
    if claim.hold_until is None or claim.price_minor is None or claim.currency is None:
        raise LookupError("a claim without its terms")
    if claim.deal_id is None or claim.sku_id is None:
        raise LookupError("a claim without its goods")
    price = Money(claim.price_minor * wish.quantity, claim.currency)
    fee = None if claim.shipping_minor is None else Money(claim.shipping_minor, claim.currency)
    goods = orders.Goods(price, claim.deal_id, claim.sku_id, claim.channel, fee)
    hand = orders.Hand(memberships.benefits_in(claim.held), claim.has_coupons)
    priced = orders.price_order(uow, wish.member, wish.order, goods, wish.means, hand=hand)
    total = priced.total
    payment = payments.create_intent(uow, order_id=wish.order, payer=wish.member, amount=total, escrow_id=wish.room)
    uow.emit(SeatClaimed(room_id=wish.room, order_id=wish.order))
    tell_watchers(uow, [wish.room])
    order = OrderView(
        id=wish.order,
        buyer=wish.member,
        status=orders.Status.AWAITING_PAYMENT,
        lines=priced.order_lines(claim.title, claim.sku_id, wish.quantity),
        total=total,
        refunded=Money(0, claim.currency),
        ordered_at=uow.now,
        room_id=wish.room,
        payment=payment,
        price=tuple(priced.lines) if len(priced.lines) > 1 else (),
    )
    seat = SeatView(wish.seat, Seat.HELD, wish.quantity, claim.hold_until)
    return Joined(room or view(uow, wish.room), seat, order, payment)
