"""For what reasons a deal is shown first to somebody, and how many people a reason must rest on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

# Nobody may read from a reason what one person bought: a figure rests on at least so many.
FEWEST_BUYERS = 5
FEWEST_FRIENDS = 3
MOST = 20
LAPSED_AFTER = timedelta(days=90)


class Segment(StrEnum):
    """Where a member stands towards the shop."""

    NEWCOMER = "newcomer"
    REGULAR = "regular"
    LAPSED = "lapsed"


class Reason(StrEnum):
    """Why a deal is shown."""

    OFFERED = "offered"
    BOUGHT_TOGETHER = "bought_together"
    ROOM_FRIENDS = "room_friends"
    TIER = "tier"
    NEW_SINCE = "new_since"
    PRICE_BAND = "price_band"
    POPULAR = "popular"
    MOST_FILLED = "most_filled"
    NEW = "new"


_FOR_EVERYBODY = (Reason.POPULAR, Reason.MOST_FILLED, Reason.NEW)
_FROM_PURCHASES = (Reason.BOUGHT_TOGETHER, Reason.ROOM_FRIENDS, Reason.TIER, Reason.PRICE_BAND)
# The strongest first; what is not named is no reason. What is offered to some is found nowhere else. A newcomer wants a
# room that fills; who was away for long, what is new since then. None: whoever does not want goods chosen for them.
STRONGEST_FIRST: Mapping[Segment | None, tuple[Reason, ...]] = {
    Segment.NEWCOMER: (Reason.OFFERED, Reason.TIER, Reason.MOST_FILLED, Reason.POPULAR, Reason.NEW),
    Segment.REGULAR: (Reason.OFFERED, *_FROM_PURCHASES, *_FOR_EVERYBODY),
    Segment.LAPSED: (Reason.OFFERED, Reason.NEW_SINCE, *_FROM_PURCHASES, *_FOR_EVERYBODY),
    None: _FOR_EVERYBODY,
}


def segment_of(last_bought_at: datetime | None, now: datetime) -> Segment:
    """Where a member stands who last bought then, or never."""
    if last_bought_at is None:
        return Segment.NEWCOMER
    return Segment.LAPSED if last_bought_at <= now - LAPSED_AFTER else Segment.REGULAR
