"""Wire shapes of a member's points: balances, movements, check-ins."""

from __future__ import annotations

from typing import Literal

from socialshop.infra.locales import money_text
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.loyalty.sentences import code_of, say
from socialshop.loyalty.service import CheckIn, CheckInState, MovementRow, PointsView
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_PARTS: dict[str, tuple[Literal["pending", "available", "reserved", "owed"], int]] = {
    "pending": ("pending", 1),
    "wallet": ("available", 1),
    "reserved": ("reserved", 1),
    # A debt stands below zero in the books, and above in what one owes.
    "receivable": ("owed", -1),
}
_CHECK_IN = {"on": "2026-03-07", "streak": 7, "points": 12, "bonus": 10, "new": True}
_MOVEMENT = {
    "posted_at": "2026-02-10T12:00:00Z",
    "kind": "points_earned",
    "part": "pending",
    "points": 99,
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "text": "Earned by a rule of the shop.",
}


class ExpiringWire(Wire):
    """Points that end on a day by the shop's clock."""

    model_config = with_example({"on": "2027-03-07", "points": 120})

    on: str
    points: int


class CheckInStateWire(Wire):
    """Whether you were here today, and what the next check-in gives."""

    model_config = with_example({"done": False, "streak": 6, "next_points": 12})

    done: bool
    streak: int
    next_points: int

    @classmethod
    def of(cls, state: CheckInState) -> CheckInStateWire:
        """The wire form of a streak."""
        return cls(done=state.done, streak=state.streak, next_points=state.next_points)


class PointsWire(Wire):
    """Your points: on their way, usable, set aside, owed; what ends soon; what the usable ones pay of a price."""

    model_config = with_example(
        {
            "pending": 99,
            "available": 420,
            "reserved": 0,
            "owed": 0,
            "worth": {"amount_minor": 420, "currency": "CNY"},
            "expiring": [{"on": "2027-03-07", "points": 120}],
            "check_in": {"done": False, "streak": 6, "next_points": 12},
        }
    )

    pending: int
    available: int
    reserved: int
    owed: int
    worth: MoneyWire
    expiring: list[ExpiringWire]
    check_in: CheckInStateWire

    @classmethod
    def of(cls, view: PointsView, state: CheckInState, currency: str) -> PointsWire:
        """The wire form of a member's points."""
        return cls(
            **view.balances._asdict(),
            worth=MoneyWire(amount_minor=view.worth_minor, currency=currency),
            expiring=[ExpiringWire(on=each.on.isoformat(), points=each.points) for each in view.expiring],
            check_in=CheckInStateWire.of(state),
        )


class PointsMovement(Wire):
    """By how much one part of your points moved, and why."""

    model_config = with_example(_MOVEMENT)

    posted_at: Instant
    kind: str
    part: Literal["pending", "available", "reserved", "owed"]
    points: int
    order_id: str | None
    text: str

    @classmethod
    def of(cls, row: MovementRow, language: Language) -> PointsMovement:
        """The wire form of a movement."""
        part, sign = _PARTS[row.account.rsplit(":", 1)[1]]
        facts = row.lot_facts or row.use_facts or {}
        code = code_of(row.kind, lot_kind=row.lot_kind, purpose=row.purpose, owed=part == "owed", facts=facts)
        return cls(
            posted_at=row.posted_at,
            kind=row.kind,
            part=part,
            points=sign * row.points,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            text=say(language, code, facts, money=lambda amount: money_text(amount, language)),
        )


class PointsMovementPage(Page[PointsMovement]):
    """Movements of your points, the newest first."""

    model_config = with_example({"data": [_MOVEMENT], "next_cursor": None})


class CheckInWire(Wire):
    """A day's check-in by the shop's clock; `new` is false where it was done before."""

    model_config = with_example(_CHECK_IN)

    on: str
    streak: int
    points: int
    bonus: int
    new: bool

    @classmethod
    def of(cls, done: CheckIn) -> CheckInWire:
        """The wire form of a check-in."""
        return cls(on=done.on.isoformat(), streak=done.streak, points=done.points, bonus=done.bonus, new=done.new)
