"""Which terms a deal may have, and when it is live. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from socialshop.kernel.errors import InvalidValue

# A provider holds a buyer's money for a limited time. A room must end before that, with room left to capture.
LONGEST_HOLD = timedelta(days=7)
CAPTURE_MARGIN = timedelta(hours=12)
LONGEST_ROOM = LONGEST_HOLD - CAPTURE_MARGIN
DEFAULT_SEAT_HOLD = timedelta(minutes=15)
SMALLEST_GROUP, LARGEST_GROUP = 2, 1_000
MOST_UNITS = 1_000_000
# The most that a unit has in stock, or a deal as its quota.
MOST_STOCK = 1_000_000_000
# A deal for one is a bargain: friends bring its price down instead of buying along.
ALONE = 1
MOST_CHOPS = 200
SAME_WEIGHT_BPS, MOST_WEIGHT_BPS = 10_000, 50_000
MOST_RETURN_DAYS = 365
# From so many units on a unit is low, unless the shop says otherwise.
LOW_STOCK = 10
MOST_UNITS_OFFERED = 20
LONGEST_SOUGHT, MOST_HOURS = 80, 720


class Status(StrEnum):
    """Where a deal stands at an instant."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Subsidy(NamedTuple):
    """From how many paid seats on the shop fills a room at its clock, and what all of the deal's may cost it."""

    from_seats: int
    budget_minor: int


class LatePayer(StrEnum):
    """What becomes of money that comes for a lost seat."""

    REFUND = "refund"
    REROUTE = "reroute"
    NEW_ROOM = "new_room"


class OpenTo(StrEnum):
    """Which leaders may make deals of a unit."""

    ALL = "all"
    CHOSEN = "chosen"
    NONE = "none"


class StockReason(StrEnum):
    """Why the shop changes what it has of a unit, otherwise than by selling it or by a refund."""

    RECEIVED = "received"
    COUNTED = "counted"
    DAMAGED = "damaged"
    CORRECTED = "corrected"


class Sort(StrEnum):
    """In which order what is on sale is listed; `nearest` is to a full room."""

    OLDEST = "oldest"
    NEWEST = "newest"
    NEAREST = "nearest"
    ENDS_SOON = "ends_soon"
    PRICE = "price"


class DealKind(StrEnum):
    """How a deal's price comes about; of `subsidy` the shop fills rooms that lack a few."""

    FIXED = "fixed"
    LADDER = "ladder"
    SUBSIDY = "subsidy"


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for among what is on sale; None: it does not matter. Prices are in minor units.

    `seats_to_go` is how many seats the fullest open room lacks at most; where no room is open, all are to go.
    """

    words: str | None = None
    kind: DealKind | None = None
    from_minor: int | None = None
    to_minor: int | None = None
    seats_to_go: int | None = None
    newcomer_only: bool | None = None
    ends_within_hours: int | None = None
    in_stock: bool | None = None
    sort: Sort = Sort.OLDEST


class Place(NamedTuple):
    """Where a page of a list ends: by what its last row stands there, and the row's id.

    It is a place in the order and no row: rows that come, go or move meanwhile shift nothing.
    """

    key: int
    id: uuid.UUID


class BuyAt(StrEnum):
    """When a bargain may be bought: at any price reached, or only at its floor."""

    REACHED = "reached"
    FLOOR = "floor"


def status_at(now: datetime, *, draft: bool, paused: bool, starts_at: datetime, ends_at: datetime | None) -> Status:
    """A deal is live from `starts_at`, until before `ends_at`, unless it is paused.

    A draft is nothing else until it is published; a deal that was ended early is over before it has begun, too.
    """
    if draft:
        return Status.DRAFT
    if ends_at is not None and ends_at <= now:
        return Status.ENDED
    if paused:
        return Status.PAUSED
    return Status.SCHEDULED if now < starts_at else Status.LIVE


def subsidy_of(fill_policy: str, from_seats: int | None, budget_minor: int | None) -> Subsidy | None:
    """What the shop adds to rooms that lack some; None for the policy `none`. Raises InvalidValue for half of it."""
    if fill_policy == "none" and (from_seats, budget_minor) == (None, None):
        return None
    if fill_policy == "none":
        raise InvalidValue("without fill_policy subsidy there is none to describe", field="fill_policy")
    if from_seats is None or budget_minor is None:
        raise InvalidValue("a subsidy needs subsidy_from and subsidy_budget_minor", field="fill_policy")
    return Subsidy(from_seats, budget_minor)


def check_subsidy(subsidy: Subsidy, group_size: int) -> None:
    """Raises InvalidValue: a room is filled by some who paid, and lacks some."""
    if not 1 <= subsidy.from_seats < group_size:
        raise InvalidValue("a subsidy begins with one paid seat at least, and before the last", field="subsidy_from")


def check_sought(sought: Sought) -> None:
    """Raises InvalidValue: a price band ends where it begins, or above."""
    if sought.from_minor is not None and sought.to_minor is not None and sought.to_minor < sought.from_minor:
        raise InvalidValue("the band ends below where it begins", field="price_to_minor")


def check_price(price_minor: int, alone_minor: int, field: str = "price_minor") -> None:
    """Raises InvalidValue: who buys together pays less than who buys alone."""
    if price_minor >= alone_minor:
        raise InvalidValue("together a unit must cost less than alone", field=field)


def check_return_days(days: int | None, products: int) -> None:
    """Raises InvalidValue: a deal may give more days to send back than its product, never fewer."""
    if days is not None and days < products:
        raise InvalidValue(
            f"the product may be sent back for {products} days, and no deal shortens that", field="return_days"
        )


def check_bargain(start_minor: int, floor_minor: int, chops: int) -> None:
    """Raises InvalidValue: each of the chops takes at least one minor unit off, and together they reach the floor."""
    if floor_minor >= start_minor:
        raise InvalidValue("the lowest price must be below the price at the start", field="floor_price_minor")
    if chops > start_minor - floor_minor:
        raise InvalidValue("each chop must take something off", field="chops")


def check_start(start_minor: int, alone_minor: int) -> None:
    """Raises InvalidValue: no bargain begins above what the goods cost alone, where the cut would be for show."""
    if start_minor > alone_minor:
        raise InvalidValue("a bargain begins at most at the price alone", field="start_price_minor")


def check_clocks(starts_at: datetime, ends_at: datetime | None, room_ttl: timedelta, now: datetime) -> None:
    """Raises InvalidValue naming the field: an end before the start or in the past, a room that outlives its money."""
    if ends_at is not None and ends_at <= starts_at:
        raise InvalidValue("the end must be later than the beginning", field="ends_at")
    if ends_at is not None and ends_at <= now:
        raise InvalidValue("the end must lie in the future", field="ends_at")
    if room_ttl > LONGEST_ROOM:
        longest = int(LONGEST_ROOM.total_seconds())
        raise InvalidValue(
            f"a room may last {longest} seconds: buyers' money is held for 7 days, and taking it needs 12 hours",
            field="room_ttl_seconds",
        )


def check_stock_move(reason: StockReason, quantity: int) -> None:
    """Raise InvalidValue for a change of nothing, and for one in a way that its reason does not go."""
    if not quantity:
        raise InvalidValue("a change of nothing is none", field="quantity")
    if reason is StockReason.RECEIVED and quantity < 0:
        raise InvalidValue("what is received adds to the stock", field="quantity")
    if reason is StockReason.DAMAGED and quantity > 0:
        raise InvalidValue("what is damaged leaves the stock", field="quantity")
