"""Rooms' whole lives in any order: join, pay, fail, lapse, pay too late, leave, ask back, expire; all books every step.

The model knows members, rooms, seats and a clock, and nothing of how they are kept. After every step each room, every
order that was ever placed, the stock and the provider's books must be what it says.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from room_machines import live
from room_shop import RoomShop, faults, room_shop, unsettled
from sqlalchemy import text

from socialshop.deals.errors import OutOfStock
from socialshop.deals.rules import LatePayer, Subsidy
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError, NotFound
from socialshop.payments.rules import Outcome
from socialshop.rooms import service as rooms
from socialshop.rooms.errors import AlreadySeated, RoomClosed, RoomFull, SeatPaid
from socialshop.rooms.service import Joined
from tests.payment_shop import rows

SIZE, TTL, HOLD, STOCK = 3, 600, 120, 14
# What a missing seat costs the shop: the price alone less the price together.
SEAT = 1_000
SUBSIDIES = [None, Subsidy(1, 3_500), Subsidy(2, 1_500)]
PEOPLE = st.integers(0, 4)
PICKS = st.integers(0, 99)


@dataclass
class Placed:
    """An order that was placed, by whom, and where it stands."""

    joined: Joined
    person: int
    units: int
    status: str = "awaiting_payment"


@dataclass
class Place:
    """A live seat of the model; `paid` is its place in the order of payment."""

    placed: Placed
    hold_until: datetime
    paid: int | None = None


@dataclass
class Room:
    """A room of the model."""

    id: uuid.UUID
    host: int
    expires_at: datetime
    status: str = "open"
    places: dict[int, Place] = field(default_factory=dict)

    def held(self) -> list[Place]:
        return [place for place in self.places.values() if place.paid is None]

    def paid(self) -> list[int]:
        return [person for person, place in self.places.items() if place.paid is not None]

    @property
    def is_free(self) -> bool:
        return self.status == "open" and len(self.places) < SIZE


class Rooms(RuleBasedStateMachine):
    """Rooms of one deal, on goods that run short."""

    shop: RoomShop

    def __init__(self) -> None:
        super().__init__()
        self.rooms: list[Room] = []
        self.placed: list[Placed] = []
        self.payments = 0

    @property
    def now(self) -> datetime:
        return self.shop.pay_shop.clock.now()

    @initialize(
        policy=st.sampled_from(LatePayer), subsidy=st.sampled_from([None, Subsidy(1, 3_500), Subsidy(2, 1_500)])
    )
    def open_for_business(self, policy: LatePayer, subsidy: Subsidy | None) -> None:
        self.policy, self.subsidy = policy, subsidy
        self.budget = 0 if subsidy is None else subsidy.budget_minor
        # The shop lives through all examples, and its books with it.
        self.subsidised = self.shop.balance("shop:subsidy")
        self.shop.stock_tea(STOCK)
        self.deal = self.shop.deal(SIZE, ttl=TTL, hold=HOLD, late_payer=policy, subsidy=subsidy)
        self.people = [self.shop.member() for _ in range(5)]

    # --- the model --------------------------------------------------------------------------------------------------

    def _left(self) -> int:
        return STOCK - sum(place.placed.units for room in self.rooms for place in room.places.values())

    def _take(self, room: Room, person: int, joined: Joined, units: int) -> None:
        placed = Placed(joined, person, units)
        self.placed.append(placed)
        room.places[person] = Place(placed, min(self.now + timedelta(seconds=HOLD), room.expires_at))

    def _paid(self, room: Room, place: Place) -> None:
        self.payments += 1
        place.paid = self.payments
        place.placed.status = "paid"
        if len(room.places) >= SIZE and not room.held():
            room.status = "filled"
            for other in room.places.values():
                other.placed.status = "confirmed"

    def _give_up(self, room: Room, *people: int) -> None:
        for person in people:
            place = room.places.pop(person)
            # The provider answers at once: held money is back by the end of the step.
            place.placed.status = "cancelled" if place.paid is None else "refunded"

    def _end(self, room: Room, status: str) -> None:
        self._give_up(room, *list(room.places))
        room.status = status

    def _hand_on(self, room: Room) -> None:
        if room.status == "open" and room.host not in room.places:
            heirs = sorted((room.places[person].paid, person) for person in room.paid())
            if heirs:
                room.host = heirs[0][1]
            else:
                self._end(room, "cancelled")

    def _refusal(self, room: Room, person: int, units: int) -> type[DomainError] | None:
        if person in room.places:
            return AlreadySeated
        if room.status in ("expired", "cancelled"):
            return RoomClosed
        if not room.is_free:
            return RoomFull
        return OutOfStock if units > self._left() else None

    def _expect(self, refusal: type[DomainError] | None, act: Callable[[], object]) -> object:
        if refusal is None:
            return act()
        with pytest.raises(refusal):
            act()
        return None

    def _pick(self, pick: int, suits: Callable[[Room], object] = lambda _: True) -> Room:
        found = [room for room in self.rooms if suits(room)]
        return found[pick % len(found)]

    # --- what people and time do ------------------------------------------------------------------------------------

    @precondition(lambda self: sum(room.status == "open" for room in self.rooms) < 2)
    @rule(person=PEOPLE, units=st.integers(1, 2))
    def open(self, person: int, units: int) -> None:
        refusal = OutOfStock if units > self._left() else None
        opened = self._expect(refusal, lambda: self.shop.open(self.deal, self.people[person], units))
        if isinstance(opened, Joined):
            room = Room(opened.room.id, person, self.now + timedelta(seconds=TTL))
            self.rooms.append(room)
            self._take(room, person, opened, units)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICKS, person=PEOPLE, units=st.integers(1, 2))
    def join(self, pick: int, person: int, units: int) -> None:
        room = self._pick(-1 - pick % 3)
        refusal = self._refusal(room, person, units)
        joined = self._expect(refusal, lambda: self.shop.join(room.id, self.people[person], units))
        if isinstance(joined, Joined):
            self._take(room, person, joined, units)

    @precondition(lambda self: any(room.held() for room in self.rooms))
    @rule(pick=PICKS, outcome=st.sampled_from([Outcome.SUCCEEDED, Outcome.DUPLICATE]))
    def pay(self, pick: int, outcome: Outcome) -> None:
        room = self._pick(pick, Room.held)
        place = room.held()[pick % len(room.held())]
        self.shop.pay(place.placed.joined, outcome)
        self.shop.work()
        self._paid(room, place)

    @precondition(lambda self: any(room.held() for room in self.rooms))
    @rule(pick=PICKS)
    def all_pay_at_once(self, pick: int) -> None:
        room = self._pick(pick, Room.held)
        held = room.held()
        for place in held:
            self.shop.pay(place.placed.joined)
        self.shop.work()
        for place in held:
            self._paid(room, place)

    @precondition(lambda self: any(room.paid() for room in self.rooms))
    @rule(pick=PICKS)
    def pay_again(self, pick: int) -> None:
        room = self._pick(pick, Room.paid)
        self.shop.pay(room.places[room.paid()[pick % len(room.paid())]].placed.joined)
        self.shop.work()

    @precondition(lambda self: any(room.held() for room in self.rooms))
    @rule(pick=PICKS)
    def fail_to_pay(self, pick: int) -> None:
        held = self._pick(pick, Room.held).held()
        self.shop.pay(held[pick % len(held)].placed.joined, Outcome.FAILED)
        self.shop.work()

    @precondition(lambda self: any(placed.status == "cancelled" for placed in self.placed))
    @rule(pick=PICKS)
    def pay_too_late(self, pick: int) -> None:
        lost = [placed for placed in self.placed if placed.status == "cancelled"]
        placed = lost[pick % len(lost)]
        self.shop.pay(placed.joined)
        self.shop.work()
        room = self._found_for(placed) if placed.units <= self._left() else None
        if room is None:
            placed.status = "refunded"
        else:
            room.places[placed.person] = Place(placed, room.expires_at)
            self._paid(room, room.places[placed.person])

    def _found_for(self, placed: Placed) -> Room | None:
        """The room that late money sits down in, by the deal's terms."""
        if self.policy is LatePayer.REROUTE:
            free = [room for room in self.rooms if room.is_free and placed.person not in room.places]
            return min(free, key=lambda room: (SIZE - len(room.places), room.expires_at, room.id), default=None)
        if self.policy is LatePayer.NEW_ROOM:
            opened = rows("SELECT to_room FROM late_payments WHERE order_id = :id", id=placed.joined.order.id)[0][0]
            self.rooms.append(Room(opened, placed.person, self.now + timedelta(seconds=TTL)))
            return self.rooms[-1]
        return None

    @precondition(lambda self: self.rooms)
    @rule(pick=PICKS, person=PEOPLE)
    def leave(self, pick: int, person: int) -> None:
        room = self._pick(-1 - pick % 3)
        refusal: type[DomainError] | None = None
        if room.status in ("expired", "cancelled"):
            refusal = RoomClosed
        elif person not in room.places:
            refusal = NotFound
        elif room.places[person].paid is not None:
            refusal = SeatPaid
        self._expect(refusal, lambda: self.shop.leave(room.id, self.people[person]))
        if refusal is None:
            self._give_up(room, person)
            self._hand_on(room)

    @precondition(lambda self: any(room.status == "open" and room.paid() for room in self.rooms))
    @rule(pick=PICKS)
    def ask_all_back(self, pick: int) -> None:
        room = self._pick(pick, lambda room: room.status == "open" and room.paid())
        person = room.paid()[pick % len(room.paid())]
        self.shop.ask_back(self.people[person], room.places[person].placed.joined)
        self.shop.work()
        self._give_up(room, person)
        self._hand_on(room)
        self.shop.work()

    @rule(seconds=st.sampled_from([1, 1, 60, HOLD, TTL]))
    def wait(self, seconds: int) -> None:
        self.shop.tick(seconds)
        self.shop.work()
        for room in self.rooms:
            if room.status == "open":
                self._time_passes(room)

    def _time_passes(self, room: Room) -> None:
        lapsed = [p for p, place in room.places.items() if place.paid is None and place.hold_until <= self.now]
        self._give_up(room, *lapsed)
        self._hand_on(room)
        if room.status == "open" and room.expires_at <= self.now:
            self._clock_strikes(room)

    def _clock_strikes(self, room: Room) -> None:
        cost = (SIZE - len(room.paid())) * SEAT
        if self.subsidy is None or len(room.paid()) < self.subsidy.from_seats or cost > self.budget:
            self._end(room, "expired")
            return
        self.budget -= cost
        room.status = "filled"
        for place in room.places.values():
            place.placed.status = "confirmed"

    @precondition(lambda self: any(room.status == "open" for room in self.rooms))
    @rule(pick=PICKS)
    def the_shop_cancels(self, pick: int) -> None:
        room = self._pick(pick, lambda room: room.status == "open")
        in_unit_of_work(lambda uow: rooms.cancel(uow, uuid.uuid4(), room.id, "recalled"), self.shop.pay_shop.clock)
        self.shop.work()
        self._end(room, "cancelled")

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def every_book_says_the_same(self) -> None:
        if not self.placed:
            return
        assert faults(self.shop) == unsettled(self.shop) == []
        assert [self.shop.order(placed.joined) for placed in self.placed] == [placed.status for placed in self.placed]
        for room in self.rooms:
            assert self.shop.seats(room.id) == (room.status, len(room.places), len(room.paid()))
        assert self.shop.left() == self._left()
        spent = 0 if self.subsidy is None else self.subsidy.budget_minor - self.budget
        assert self.shop.balance("shop:subsidy") == self.subsidised - spent


def _live(app: Flask, folder: Path, examples: int, steps: int) -> None:
    with room_shop(app, folder) as shop:
        live(Rooms, shop, examples, steps)


def test_a_room_lives_as_its_model_says(app: Flask, tmp_path: Path) -> None:
    _live(app, tmp_path, examples=8, steps=25)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_rooms_live_as_their_model_says(app: Flask, tmp_path: Path) -> None:
    _live(app, tmp_path, examples=200, steps=40)


def test_the_audit_sees_a_planted_fault_of_each_kind(app: Flask, tmp_path: Path) -> None:
    """The machine is worth what its audit sees."""
    with room_shop(app, tmp_path) as shop:
        host = shop.open(shop.deal(SIZE, quota=5))
        assert faults(shop) == []
        planted: list[tuple[str, str, str]] = [
            ("counters", "UPDATE rooms SET seats_taken = 2", "UPDATE rooms SET seats_taken = 1"),
            ("stock", "UPDATE skus SET stock = stock - 1", "UPDATE skus SET stock = stock + 1"),
            ("quota", "UPDATE deals SET taken = taken + 1", "UPDATE deals SET taken = taken - 1"),
            (
                "host without a seat",
                "UPDATE rooms SET host = (SELECT min(number) FROM members WHERE number <> host)",
                f"UPDATE rooms SET host = {_number(shop, host)}",
            ),
        ]
        for name, fault, mend in planted:
            _run(fault)
            assert name in {found[0] for found in faults(shop)}  # type: ignore[index]
            _run(mend)
        _run("UPDATE orders SET status = 'cancelled'")
        assert [found[0] for found in faults(shop)] == ["order and seat"]  # type: ignore[index]


def _number(shop: RoomShop, joined: Joined) -> int:
    return shop.pay_shop.payer(joined.payment)


def _run(statement: str) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text(statement))
