"""A room as everybody may see it: names and statuses, never an address or an id of somebody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.deals import ladder, perks, pictures
from socialshop.deals import service as deals
from socialshop.deals.ladder import Ladder, Step
from socialshop.deals.perks import HostPerk
from socialshop.infra.uow import UnitOfWork
from socialshop.invites.rules import ShareSubject
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.money import Money
from socialshop.rooms.rules import Seat, Status
from socialshop.rooms.store import reading as store
from socialshop.rooms.store.reading import EventRow, NewcomerRow, PassageRow, Pulse, VersionRow

EVENTS_AT_ONCE = 500
# Who it is that looks at what everybody may look at.
Look = Callable[[UnitOfWork], "deals.Caller | None"]


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody in the room; the name is empty once the person has left the shop."""

    display_name: str
    status: Seat


@dataclass(frozen=True, slots=True)
class RoomUnit:
    """A unit that may be chosen in a room, at its price there."""

    id: uuid.UUID
    title: str
    price: Money


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room; every change that shows in it has a new `version`. `units` may be chosen, where there are several."""

    id: uuid.UUID
    deal_id: uuid.UUID
    host_name: str
    status: Status
    size: int
    seats_taken: int
    seats_paid: int
    expires_at: datetime
    price: Money
    version: int
    members: tuple[MemberView, ...]
    title: str
    sku_id: uuid.UUID
    shipping: Money
    price_steps: Ladder = ()
    host_perk: HostPerk | None = None
    seats_at_fill: int | None = None
    newcomer_only: bool = False
    seats_subsidised: int = 0
    cancel_reason: str | None = None
    units: tuple[RoomUnit, ...] = ()
    invited_only: bool = False

    def chosen(self, sku_id: uuid.UUID | None) -> tuple[uuid.UUID, Money]:
        """The unit that was named, else the room's own, and its price. Raises InvalidValue for one not offered."""
        if sku_id in (None, self.sku_id):
            return self.sku_id, self.price
        found = next((unit for unit in self.units if unit.id == sku_id), None)
        if found is None:
            raise InvalidValue("the room does not offer this unit", field="sku_id")
        return found.id, found.price

    @property
    def final_price(self) -> Money | None:
        """What a unit costs in the end, but for the host's perk: known once the room is filled."""
        if self.status is not Status.FILLED:
            return None
        return self.price if self.step is None else Money(self.step.price_minor, self.price.currency)

    @property
    def step(self) -> Step | None:
        """The step of its ladder that the room reached, or, while it is open, that the paid seats reach by now."""
        paid = self.seats_paid if self.seats_at_fill is None else self.seats_at_fill
        return ladder.reached(self.price_steps, paid)


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room of a deal that can be joined; the host's name is empty once the person has left the shop."""

    id: uuid.UUID
    host_name: str
    size: int
    seats_left: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OwnSeat:
    """A member's own seat in a room and the order that pays for it; held, it is the member's until `hold_until`."""

    id: uuid.UUID
    status: Seat
    quantity: int
    hold_until: datetime
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RoomEvents:
    """What happened in a room, in order. `at_rest`: nothing will happen any more; `cut`: there is more to tell."""

    events: tuple[EventRow, ...]
    at_rest: bool
    cut: bool

    @property
    def complete(self) -> bool:
        """Nothing more, now or ever."""
        return self.at_rest and not self.events


def view(uow: UnitOfWork, room_id: uuid.UUID) -> RoomView:
    """The room. Raises NotFound. One statement."""
    row = store.find(uow.session, room_id)
    if row is None:
        raise NotFound("no such room")
    return RoomView(
        id=row.id,
        deal_id=row.deal_id,
        host_name=row.host_name or "",
        status=Status(row.status),
        size=row.size,
        seats_taken=row.seats_taken,
        seats_paid=row.seats_paid,
        expires_at=row.expires_at,
        price=Money(row.price_minor, row.currency),
        version=row.version,
        members=tuple(MemberView(name or "", Seat(status)) for name, status in row.members),
        title=row.title,
        sku_id=row.sku_id,
        shipping=(
            deals.shop_shipping(row.currency) if row.shipping_minor is None else Money(row.shipping_minor, row.currency)
        ),
        price_steps=ladder.read(row.price_steps),
        host_perk=perks.read(row.host_perk),
        seats_at_fill=row.seats_at_fill,
        newcomer_only=row.newcomer_only,
        seats_subsidised=row.seats_subsidised,
        cancel_reason=row.cancel_reason,
        units=tuple(
            RoomUnit(uuid.UUID(id_), unit["title"], Money(unit["price_minor"], row.currency))
            for id_, unit in sorted((row.skus or {}).items(), key=lambda kept: kept[0] != str(row.sku_id))
        ),
        invited_only=row.invited_only,
    )


def check_shown(uow: UnitOfWork, room_id: uuid.UUID, about: RoomView | VersionRow, look: Look) -> None:
    """Raises NotFound for a room of a deal for some alone, unless who looks may see the deal, or ever had a seat there.

    Who looks is asked of no other room.
    """
    if not about.invited_only:
        return
    reader = look(uow)
    try:
        deals.deal(uow, about.deal_id, reader)
    except NotFound:
        if reader is None or store.own_seat(uow.session, room_id, reader.number) is None:
            raise NotFound("no such room") from None


def version(uow: UnitOfWork, room_id: uuid.UUID) -> VersionRow:
    """The room's version, for who has seen the room before. Raises NotFound. One statement, by keys."""
    found = store.version(uow.session, room_id)
    if found is None:
        raise NotFound("no such room")
    return found


def pulse(uow: UnitOfWork, room_id: uuid.UUID) -> Pulse:
    """What whoever looks at the room and at what is left of its goods asks for. Raises NotFound. One statement."""
    found = store.pulse(uow.session, room_id)
    if found is None:
        raise NotFound("no such room")
    return found


def events_after(uow: UnitOfWork, room_id: uuid.UUID, after: int, look: Look) -> RoomEvents:
    """What happened in the room after the event of this number. Raises NotFound.

    One statement; for a room of a deal for some alone those more that ask who looks.
    """
    found = events_of_rooms(uow, {room_id: after}).get(room_id)
    if found is not None:
        return found
    check_shown(uow, room_id, version(uow, room_id), look)
    return events_of_rooms(uow, {room_id: after}, invited_too=True)[room_id]


def events_of_rooms(
    uow: UnitOfWork, after: Mapping[uuid.UUID, int], *, invited_too: bool = False
) -> dict[uuid.UUID, RoomEvents]:
    """What happened in each of these rooms after this event. One statement.

    Unknown rooms are left out, and unless `invited_too` those that are not for everybody.
    """
    found = store.events(uow.session, after, EVENTS_AT_ONCE, invited_too=invited_too)
    return {
        room: RoomEvents(tuple(rows), at_rest, len(rows) == EVENTS_AT_ONCE) for room, (at_rest, rows) in found.items()
    }


def share_subject(uow: UnitOfWork, room_id: uuid.UUID) -> ShareSubject:
    """The room as an invite link shows it, without its members. Raises NotFound. One read by key."""
    row = store.share_facts(uow.session, room_id)
    if row is None:
        raise NotFound("no such room")
    left = row.size - row.seats_taken
    return ShareSubject(
        title=row.title,
        price=Money(row.price_minor, row.currency),
        is_open=row.status == Status.OPEN and row.expires_at > uow.now and left > 0,
        size=row.size,
        seats_left=left if row.status == Status.OPEN else 0,
        ends_at=row.expires_at,
        price_alone=Money(row.alone_minor, row.currency),
        ladder=ladder.read(row.price_steps),
        seats_paid=row.seats_paid,
        cover=pictures.read(row.cover),
        left=row.units_left,
        low_at=row.low_at,
    )


def titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these rooms are about. One statement."""
    return store.titles(uow.session, ids)


def open_rooms(uow: UnitOfWork, deal_id: uuid.UUID, limit: int) -> list[OpenRoom]:
    """Up to `limit` rooms of a deal that can be joined, those that lack the fewest seats first. One statement."""
    rows = store.open_of_deal(uow.session, deal_id, uow.now, limit)
    return [OpenRoom(r.id, r.host_name or "", r.size, r.size - r.seats_taken, r.expires_at) for r in rows]


def passage_of(uow: UnitOfWork, order_id: uuid.UUID) -> PassageRow:
    """When the order's seat was paid, its room filled, its seat given up; nothing of an imported one. One statement."""
    return store.passage(uow.session, order_id) or PassageRow(None, None, None)


def own_seat(uow: UnitOfWork, room_id: uuid.UUID, number: int) -> OwnSeat | None:
    """The member's seat in a room: the live one, else the newest that was given up; None without any."""
    row = store.own_seat(uow.session, room_id, number)
    return None if row is None else OwnSeat(row.id, Seat(row.status), row.quantity, row.hold_until, row.order_id)


def newcomer(uow: UnitOfWork, number: int) -> NewcomerRow:
    """What would keep the member out of a room for newcomers, as `join` decides it. One statement."""
    return store.newcomer(uow.session, number)
