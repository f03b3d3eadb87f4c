"""A room with a ladder, a perk for its host, or for newcomers alone, in any order of deeds; all books every step.

`test_room_machine` has many rooms at one price and money that comes late. Here one room at a time is followed to what
each pays in the end: after every step each order with what went back of it, the stock, the provider's books and what
the host earns must be what the model says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from payment_shop import rows
from room_machines import live
from room_shop import PRICE, RoomShop, faults, room_shop, unsettled
from sample_sales import a_plan

from socialshop.commissions import service as commissions
from socialshop.deals.errors import OutOfStock
from socialshop.deals.ladder import Step
from socialshop.deals.perks import HostPerk, PerkKind
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.errors import DomainError, NotFound
from socialshop.payments.rules import Outcome
from socialshop.rooms.errors import AlreadySeated, NewcomersOnly, RoomClosed, RoomFull, SeatPaid
from socialshop.rooms.service import Joined

SIZE, TTL, HOLD, STOCK, HOST_BPS = 3, 600, 120, 14, 777
PEOPLE = st.integers(0, 4)
PICKS = st.integers(0, 99)


Refusal = type[DomainError] | tuple[type[DomainError], ...] | None


@dataclass
class Place:
    """A live seat of the model; `paid` is its place in the order of payment."""

    joined: Joined
    units: int
    hold_until: datetime
    paid: int | None = None


class Terms(RuleBasedStateMachine):
    """One room at a time, on goods that run short; `ladder` has its steps, or there is one price."""

    shop: RoomShop
    ladder: tuple[Step, ...] = ()
    perk: HostPerk | None = None
    newcomers = False

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, Place] = {}
        self.orders: dict[int, str] = {}
        self.placed: list[Joined] = []
        self.status, self.host, self.payments, self.sold = "none", 0, 0, 0
        self.went_back: dict[int, int] = {}
        self.old: set[int] = set()
        self.expires_at = self.now

    @property
    def now(self) -> datetime:
        return self.shop.pay_shop.clock.now()

    @initialize()
    def open_for_business(self) -> None:
        self.shop.stock_tea(STOCK)
        terms = {"price_steps": self.ladder, "host_perk": self.perk, "newcomer_only": self.newcomers}
        self.deal = self.shop.deal(SIZE, ttl=TTL, hold=HOLD, **terms)
        self.people = [self.shop.member() for _ in range(5)]

    # --- the model --------------------------------------------------------------------------------------------------

    def _left(self) -> int:
        return STOCK - sum(place.units for place in self.places.values()) - self.sold

    def _take(self, person: int, joined: Joined, units: int) -> None:
        self.places[person] = Place(joined, units, min(self.now + timedelta(seconds=HOLD), self.expires_at))
        self.placed.append(joined)
        self._order(joined, "awaiting_payment")

    def _order(self, joined: Joined, status: str) -> None:
        self.orders[self.placed.index(joined)] = status

    def _held(self) -> list[Place]:
        return [place for place in self.places.values() if place.paid is None]

    def _paid(self, place: Place) -> None:
        self.payments += 1
        place.paid = self.payments
        self._order(place.joined, "paid")
        if len(self.places) >= SIZE and not self._held():
            self._fill()

    def _fill(self) -> None:
        """With everybody who is there; what each gets back is worked out from the words of the terms."""
        self.status = "filled"
        price = next((step.price_minor for step in reversed(self.ladder) if len(self.places) >= step.size), PRICE)
        for person, place in self.places.items():
            back = (PRICE - price) * place.units
            if self.perk is not None and person == self.host:
                back += self._perk_of(price, place.units)
            self._order(place.joined, "confirmed")
            self.went_back[self.placed.index(place.joined)] = back
            self.old.add(person)

    def _perk_of(self, price: int, units: int) -> int:
        assert self.perk is not None
        if self.perk.kind is PerkKind.FREE_SEAT:
            return price
        return price * units * (self.perk.rate_bps or 0) // 10_000

    def _give_up(self, *people: int) -> None:
        for person in people:
            place = self.places.pop(person)
            # The provider answers at once: held money is back by the end of the step.
            self._order(place.joined, "cancelled" if place.paid is None else "refunded")

    def _end(self, status: str) -> None:
        self._give_up(*list(self.places))
        self.status = status

    def _hand_on(self) -> None:
        if self.status == "open" and self.host not in self.places:
            heirs = sorted((place.paid, person) for person, place in self.places.items() if place.paid is not None)
            if heirs:
                self.host = heirs[0][1]
            else:
                self._end("cancelled")

    def _refusal(self, person: int, units: int) -> Refusal:
        if person in self.places:
            return AlreadySeated
        if self.status in ("expired", "cancelled"):
            return RoomClosed
        if self.status == "filled" or len(self.places) >= SIZE:
            return RoomFull
        if self.newcomers and person in self.old:
            # Of two reasons the one that is met first is told.
            return (NewcomersOnly, OutOfStock) if units > self._left() else NewcomersOnly
        return OutOfStock if units > self._left() else None

    def _expect(
        self, refusal: type[DomainError] | tuple[type[DomainError], ...] | None, act: Callable[[], object]
    ) -> object:
        if refusal is None:
            return act()
        with pytest.raises(refusal):
            act()
        return None

    # --- what people and time do ------------------------------------------------------------------------------------

    @precondition(lambda self: self.status != "open")
    @rule(person=PEOPLE, units=st.integers(1, 2))
    def open(self, person: int, units: int) -> None:
        if self.status == "filled":
            self.sold += sum(place.units for place in self.places.values())
        self.places = {}
        refusal = OutOfStock if units > self._left() else None
        opened = self._expect(refusal, lambda: self.shop.open(self.deal, self.people[person], units))
        self.status = "none"
        if isinstance(opened, Joined):
            self.room, self.host, self.status = opened.room.id, person, "open"
            self.expires_at = self.now + timedelta(seconds=TTL)
            self._take(person, opened, units)

    @precondition(lambda self: self.placed and self.status != "none")
    @rule(person=PEOPLE, units=st.integers(1, 2))
    def join(self, person: int, units: int) -> None:
        refusal = self._refusal(person, units)
        joined = self._expect(refusal, lambda: self.shop.join(self.room, self.people[person], units))
        if isinstance(joined, Joined):
            self._take(person, joined, units)

    @precondition(lambda self: self._held())
    @rule(pick=PICKS, outcome=st.sampled_from([Outcome.SUCCEEDED, Outcome.DUPLICATE]))
    def pay(self, pick: int, outcome: Outcome) -> None:
        held = self._held()
        self.shop.pay(held[pick % len(held)].joined, outcome)
        self.shop.work()
        self._paid(held[pick % len(held)])

    @precondition(lambda self: self._held())
    @rule()
    def all_pay_at_once(self) -> None:
        held = self._held()
        for place in held:
            self.shop.pay(place.joined)
        self.shop.work()
        for place in held:
            self._paid(place)

    @precondition(lambda self: any(place.paid is not None for place in self.places.values()))
    @rule(pick=PICKS)
    def pay_again(self, pick: int) -> None:
        paid = [place for place in self.places.values() if place.paid is not None]
        self.shop.pay(paid[pick % len(paid)].joined)
        self.shop.work()

    @precondition(lambda self: self._held())
    @rule(pick=PICKS)
    def fail_to_pay(self, pick: int) -> None:
        held = self._held()
        self.shop.pay(held[pick % len(held)].joined, Outcome.FAILED)
        self.shop.work()

    @precondition(lambda self: "cancelled" in self.orders.values())
    @rule(pick=PICKS)
    def pay_too_late(self, pick: int) -> None:
        lost = sorted(number for number, status in self.orders.items() if status == "cancelled")
        number = lost[pick % len(lost)]
        self.shop.pay(self.placed[number])
        self.shop.work()
        self.orders[number] = "refunded"

    @precondition(lambda self: self.placed and self.status != "none")
    @rule(person=PEOPLE)
    def leave(self, person: int) -> None:
        refusal: type[DomainError] | None = None
        if self.status in ("expired", "cancelled"):
            refusal = RoomClosed
        elif person not in self.places:
            refusal = NotFound
        elif self.places[person].paid is not None:
            refusal = SeatPaid
        self._expect(refusal, lambda: self.shop.leave(self.room, self.people[person]))
        if refusal is None:
            self._give_up(person)
            self._hand_on()

    @precondition(lambda self: self.status == "open" and any(p.paid is not None for p in self.places.values()))
    @rule(pick=PICKS)
    def ask_all_back(self, pick: int) -> None:
        paid = [person for person, place in self.places.items() if place.paid is not None]
        person = paid[pick % len(paid)]
        self.shop.ask_back(self.people[person], self.places[person].joined)
        self.shop.work()
        self._give_up(person)
        self._hand_on()
        self.shop.work()

    @rule(seconds=st.sampled_from([1, 1, 60, HOLD, TTL]))
    def wait(self, seconds: int) -> None:
        self.shop.tick(seconds)
        self.shop.work()
        if self.status != "open":
            return
        lapsed = [p for p, place in self.places.items() if place.paid is None and place.hold_until <= self.now]
        self._give_up(*lapsed)
        self._hand_on()
        if self.status == "open" and self.expires_at <= self.now:
            if self.ladder and len(self.places) >= self.ladder[0].size:
                self._fill()
            else:
                self._end("expired")

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def every_book_says_the_same(self) -> None:
        if not self.placed:
            return
        assert faults(self.shop) == unsettled(self.shop) == []
        assert [self.shop.order(joined) for joined in self.placed] == [
            self.orders[number] for number in range(len(self.placed))
        ]
        if self.status != "none":
            paid = sum(place.paid is not None for place in self.places.values())
            assert self.shop.seats(self.room) == (self.status, len(self.places), paid)
            assert self.shop.left() == self._left()
        self._net_is_what_was_taken_and_what_commissions_stand_on()

    def _net_is_what_was_taken_and_what_commissions_stand_on(self) -> None:
        nets = {
            joined.order.id: (joined.order.total.amount_minor, self.went_back.get(number, 0))
            for number, joined in enumerate(self.placed)
            if self.orders[number] == "confirmed"
        }
        kept = rows("SELECT id, total_minor, refunded_minor FROM orders WHERE status = 'confirmed'")
        # Orders of shops before this one's are none of this machine's.
        assert {id_: (total, back) for id_, total, back in kept if id_ in nets} == nets
        earned = rows(
            "SELECT o.id, coalesce(sum(a.amount_minor), 0)::bigint FROM orders o"
            " JOIN accrued_lines l ON l.order_id = o.id LEFT JOIN accruals a ON a.order_line_id = l.order_line_id"
            " WHERE o.buyer <> o.host AND o.status = 'confirmed' GROUP BY o.id"
        )
        assert {id_: sum_ for id_, sum_ in earned if id_ in nets} == {
            id_: (total - back) * HOST_BPS // 10_000
            for id_, (total, back) in nets.items()
            if rows("SELECT buyer <> host FROM orders WHERE id = :id", id=id_) == [(True,)]
        }


class LaddersForNewcomers(Terms):
    """The more members the less each pays; the host pays a tenth less, and the others have never bought."""

    ladder = (Step(2, PRICE), Step(SIZE, 8_001))
    perk = HostPerk(PerkKind.PERCENTAGE, rate_bps=1_000)
    newcomers = True


class LaddersWithAFreeSeat(Terms):
    """The more members the less each pays, and the host nothing."""

    ladder = (Step(2, PRICE), Step(SIZE, 8_001))
    perk = HostPerk(PerkKind.FREE_SEAT)


def _live(machine: type[Terms], app: Flask, folder: Path, examples: int, steps: int) -> None:
    with room_shop(app, folder) as shop:
        plan = a_plan({"kind": "host", "rate_bps": HOST_BPS})
        in_unit_of_work(lambda uow: commissions.publish_plan(uow, plan, country="CN"), shop.pay_shop.clock)
        live(machine, shop, examples, steps)


@pytest.mark.parametrize(("machine", "examples"), [(LaddersForNewcomers, 5), (LaddersWithAFreeSeat, 4)])
def test_a_room_lives_by_its_terms_as_its_model_says(
    app: Flask, tmp_path: Path, machine: type[Terms], examples: int
) -> None:
    _live(machine, app, tmp_path, examples=examples, steps=25)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("machine", [LaddersForNewcomers, LaddersWithAFreeSeat])
def test_many_rooms_live_by_their_terms_as_their_model_says(app: Flask, tmp_path: Path, machine: type[Terms]) -> None:
    _live(machine, app, tmp_path, examples=100, steps=40)
