"""The door of rooms."""

from __future__ import annotations

from socialshop.rooms.service.bargaining import (
    BargainView,
    ChopView,
    bargain,
    bargain_of_room,
    bargain_subject,
    bargain_titles,
    bargain_version,
    bargains_of,
    buy_bargain,
    chop,
    expire_bargains,
    forget_bargain_marks,
    on_room_for_one_over,
    quote_bargain,
    start_bargain,
)
from socialshop.rooms.service.ending import cancel, expire_due, forget_events, release_lapsed_holds
from socialshop.rooms.service.following import (
    on_capture_failed,
    on_deal_moved,
    on_payment_authorized,
    on_payment_captured,
    on_payment_released,
    on_room_filled,
)
from socialshop.rooms.service.joining import Attribution, Joined, SeatView, join, join_any, open_room
from socialshop.rooms.service.late_paying import on_payment_late
from socialshop.rooms.service.leading import (
    FollowedRoom,
    deal_days,
    deal_version,
    filling,
    filling_of_deal,
    room_counts,
    rooms_over,
)
from socialshop.rooms.service.leaving import ask_back, leave
from socialshop.rooms.service.quoting import quote_joining, quote_opening
from socialshop.rooms.service.reading import (
    MemberView,
    OpenRoom,
    OwnSeat,
    RoomEvents,
    RoomView,
    events_after,
    events_of_rooms,
    open_rooms,
    own_seat,
    share_subject,
    titles,
    version,
    view,
)
from socialshop.rooms.service.reminding import remind
from socialshop.rooms.service.session_results import SessionResults, session_results
from socialshop.rooms.service.watching import CHANNEL, rooms_named
from socialshop.rooms.store.leading import CountRow, DayRow
from socialshop.rooms.store.personal import PERSONAL
from socialshop.rooms.store.reading import EventRow

__all__ = [
    "CHANNEL",
    "PERSONAL",
    "Attribution",
    "BargainView",
    "ChopView",
    "CountRow",
    "DayRow",
    "EventRow",
    "FollowedRoom",
    "Joined",
    "MemberView",
    "OpenRoom",
    "OwnSeat",
    "RoomEvents",
    "RoomView",
    "SeatView",
    "SessionResults",
    "ask_back",
    "bargain",
    "bargain_of_room",
    "bargain_subject",
    "bargain_titles",
    "bargain_version",
    "bargains_of",
    "buy_bargain",
    "cancel",
    "chop",
    "deal_days",
    "deal_version",
    "events_after",
    "events_of_rooms",
    "expire_bargains",
    "expire_due",
    "filling",
    "filling_of_deal",
    "forget_bargain_marks",
    "forget_events",
    "join",
    "join_any",
    "leave",
    "on_capture_failed",
    "on_deal_moved",
    "on_payment_authorized",
    "on_payment_captured",
    "on_payment_late",
    "on_payment_released",
    "on_room_filled",
    "on_room_for_one_over",
    "open_room",
    "open_rooms",
    "own_seat",
    "quote_bargain",
    "quote_joining",
    "quote_opening",
    "release_lapsed_holds",
    "remind",
    "room_counts",
    "rooms_named",
    "rooms_over",
    "session_results",
    "share_subject",
    "start_bargain",
    "titles",
    "version",
    "view",
]
