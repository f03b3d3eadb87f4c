"""How large a chop is, whose counts, and where a bargain stands. Pure; what is drawn from is passed in.

    bargain   open ──► bought         its owner took a seat of a room for one
                │         │
                │         ├──► open      the seat was lost unpaid, and there is time left
                └──► expired ◄─┘         its time ran out

A size is decided when a friend chops, from what is left then: whatever came before, what is left is at least one minor
unit for each chop still to come, and the last takes all of it. So the chops sum up to the distance exactly.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from enum import StrEnum

from socialshop.kernel.errors import DomainError
from socialshop.rooms.errors import (
    AlreadyChopped,
    BargainBought,
    BargainOver,
    DeviceChopped,
    NetworkChopped,
    OwnBargain,
)

SAME_WEIGHT_BPS = 10_000
# So many friends of one network may chop: a household or an office does, a machine with a hundred accounts does not.
MOST_OF_A_NETWORK = 5


class Bargain(StrEnum):
    """Where a bargain stands."""

    OPEN = "open"
    BOUGHT = "bought"
    EXPIRED = "expired"


BARGAIN_TRANSITIONS: frozenset[tuple[Bargain, Bargain]] = frozenset(
    {
        (Bargain.OPEN, Bargain.BOUGHT),
        (Bargain.OPEN, Bargain.EXPIRED),
        (Bargain.BOUGHT, Bargain.OPEN),
        (Bargain.BOUGHT, Bargain.EXPIRED),
    }
)


def draw(seed: bytes, place: int) -> int:
    """The number that decides the chop at this place: nobody tells it without the bargain's secret seed."""
    return int.from_bytes(hmac.digest(seed, str(place).encode(), hashlib.sha256))


def chop_size(left_minor: int, chops_left: int, drawn: int, weight_bps: int = SAME_WEIGHT_BPS) -> int:
    """What the next chop takes off, in minor units, of `left_minor` that `chops_left` chops share.

    Even between 1 and a most that makes each chop expect the same, however early it comes; a chop that weighs more
    expects so many times that. At least 1 stays for each chop after it; the last takes what is left.
    """
    if not 1 <= chops_left <= left_minor:
        raise ValueError("every chop takes at least one minor unit")
    if chops_left == 1:
        return left_minor
    fair_most = 2 * left_minor * weight_bps // (chops_left * SAME_WEIGHT_BPS) - 1
    most = min(max(fair_most, 1), left_minor - (chops_left - 1))
    return 1 + drawn % most


def stands(status: Bargain, expires_at: datetime, now: datetime) -> Bargain:
    """Where a bargain stands now: past its time it is over, swept or not."""
    return Bargain.EXPIRED if status is Bargain.OPEN and expires_at <= now else status


def refusal_of_chop(
    status: Bargain, *, own: bool, chopped: bool, same_device: bool, of_network: int, complete: bool
) -> DomainError | None:
    """Why a chop does not count, in the order in which it is told; None where it does."""
    refusals: tuple[tuple[bool, DomainError], ...] = (
        (own, OwnBargain("friends chop the price of your bargain, you do not")),
        (chopped, AlreadyChopped("you have chopped the price of this bargain")),
        (status is Bargain.BOUGHT, BargainBought("the bargain is bought")),
        (status is Bargain.EXPIRED, BargainOver("the time of the bargain is over")),
        (complete, BargainOver("the price is at its lowest")),
        (same_device, DeviceChopped("somebody chopped the price from this device before")),
        (of_network >= MOST_OF_A_NETWORK, NetworkChopped("as many as may have chopped it from this network")),
    )
    return next((refusal for holds, refusal in refusals if holds), None)


def shown_name(name: str, *, in_full: bool) -> str:
    """A friend's name: in full for whose bargain it is, for others its first letter."""
    return name if in_full or not name else f"{name[0]}…"
