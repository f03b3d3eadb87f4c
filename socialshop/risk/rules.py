"""What a cluster's money says: marks tell who may be one hand, and only what that hand does makes it a ring. Pure.

A family shares everything and buys mostly with others; a ring fills its own rooms, earns from itself, or gives back.
"""

from __future__ import annotations

from typing import NamedTuple

from socialshop.kernel.money import BPS

# Seldom is a household larger, and a couple shares an account.
_HOUSEHOLD = 5
_COUPLE = 2
_BURST_DAYS = 14
# A family fills a room by itself now and then, not mostly (rooms of its own, share of orders in them); who does so very
# often need not do it mostly, for some of it is a cover.
_OWN_MOSTLY = (4, 6_000)
_OWN_OFTEN = (8, 4_000)
_MOST_REFUNDED_BPS = 2_500
_MOSTLY_INSIDE_BPS = 7_000
_MOSTLY_ONE_HOST_BPS = 8_000
# Findings on rates need so many orders.
LEAST_ORDERS_FOR_A_RATE = 20


class Dealings(NamedTuple):
    """What the members of a cluster did within the window.

    `own_rooms` are rooms of two seats or more that the cluster alone filled, `own_orders` the orders in them; `inside`
    is commission that its members earned of its own orders, `earned` all that they earned, in minor units;
    `one_host_orders` the orders in rooms of the host whom most of them went to.
    """

    members: int
    orders: int
    own_rooms: int
    own_orders: int
    refunded: int
    earned_minor: int
    inside_minor: int
    one_host_orders: int
    joined_within_days: int


class Point(NamedTuple):
    """Why a cluster looks like a ring, and how much that weighs."""

    reason: str
    points: int


def points(dealings: Dealings, hard: int) -> list[Point]:
    """What speaks for a ring, the weightiest first; `hard` is the most members that share one hard mark."""
    d = dealings
    rated = d.orders >= LEAST_ORDERS_FOR_A_RATE
    own_bps = _share(d.own_orders, d.orders)
    own = any(d.own_rooms >= rooms and own_bps >= bps for rooms, bps in (_OWN_MOSTLY, _OWN_OFTEN))
    many = d.members >= _HOUSEHOLD
    said = {
        "own_rooms": (40, own),
        "refunds": (30, rated and _share(d.refunded, d.orders) >= _MOST_REFUNDED_BPS),
        "inside": (25, rated and _share(d.inside_minor, d.earned_minor) >= _MOSTLY_INSIDE_BPS),
        "hard_marks": (20, hard > _COUPLE),
        "size": (15, d.members > _HOUSEHOLD),
        "burst": (15, many and d.joined_within_days <= _BURST_DAYS),
        "one_host": (15, many and _share(d.one_host_orders, d.orders) >= _MOSTLY_ONE_HOST_BPS),
    }
    found = [Point(reason, weight) for reason, (weight, holds) in said.items() if holds]
    return sorted(found, key=lambda point: -point.points)


def moves_money(found: list[Point]) -> bool:
    """Whether any of it is about money: without that, many on one browser are an office."""
    return any(point.reason in ("own_rooms", "refunds", "inside") for point in found)


def pays_itself(dealings: Dealings) -> bool:
    """Whether one who brought the others earns by rooms that they fill themselves, or by what they give back."""
    said = {point.reason for point in points(dealings, 0)}
    return dealings.inside_minor > 0 and bool(said & {"own_rooms", "refunds"})


# What each kind of mark weighs that a sponsor shares with somebody brought in.
PAIR_POINTS = {
    "instrument": 3,
    "payout_account": 3,
    "phone": 3,
    "device": 2,
    "email_family": 1,
    "address": 1,
}


def precision_bps(confirmed: int, dismissed: int) -> int | None:
    """How much of what was decided was confirmed, in basis points; None where nothing was decided."""
    decided = confirmed + dismissed
    return confirmed * BPS // decided if decided else None


def _share(part: int, whole: int) -> int:
    return part * BPS // whole if whole > 0 else 0
