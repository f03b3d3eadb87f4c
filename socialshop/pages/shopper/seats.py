"""The seat that somebody wants who is no member yet: offered beside the form to join, taken in the same step."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from flask_babel import gettext, ngettext

from socialshop.deals import service as deals
from socialshop.deals.service import DealView
from socialshop.invites import service as invites
from socialshop.invites import visitors
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages.visit import Visit
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Attribution, Joined, RoomView

_ROOM, _DEAL = "room", "deal"
_ROOMS_OFFERED = 3


class Buyer(NamedTuple):
    """Who takes the seat."""

    number: int


class Offer(NamedTuple):
    """What may be taken: the deal, the room if it is about one, and the ways to take a seat (`room_…`, `deal_…`)."""

    deal: DealView
    room: RoomView | None
    ways: list[tuple[str, str]]


def offer(visit: Visit, wanted: str) -> Offer | None:
    """The seat behind a public id as it stands now; None where none can be taken any more. Raises NotFound."""
    kind, target = _read(wanted)
    if kind == _ROOM:
        room = rooms.view(visit.uow, target)
        if room.status != "open" or room.seats_taken >= room.size or room.expires_at <= visit.uow.now:
            return None
        deal = deals.deal(visit.uow, room.deal_id)
        return None if deal.status == "paused" else Offer(deal, room, [(wanted, "")])
    deal = deals.deal(visit.uow, target)
    if deal.status != "live" or not deal.left:
        return None
    waiting = rooms.open_rooms(visit.uow, deal.id, _ROOMS_OFFERED)
    ways = [(to_public(_ROOM, one.id), _room_words(one.host_name, one.seats_left)) for one in waiting]
    return Offer(deal, None, [*ways, (wanted, gettext("A new room of your own"))])


def take(visit: Visit, number: int, wanted: str, code: str | None) -> Joined:
    """Take one unit at the seat. Raises NotFound, and what rooms' `join` and `open_room` raise."""
    kind, target = _read(wanted)
    take_it = rooms.join if kind == _ROOM else rooms.open_room
    return take_it(visit.uow, Buyer(number), target, 1, attribution(visit, code))


def attribution(visit: Visit, code: str | None = None) -> Attribution:
    """The code that was typed, else the link that the visitor followed with this browser or another of theirs."""
    if code is not None:
        return Attribution(code=code)
    now = visit.uow.now
    followed = visitors.touch(now)
    return Attribution(link_id=None if followed is None else followed.link_id, elsewhere=invites.window(now))


def _read(wanted: str) -> tuple[str, uuid.UUID]:
    kind = wanted.partition("_")[0]
    if kind not in (_ROOM, _DEAL):
        raise NotFound("a seat is in a room, or in a new room of a deal")
    return kind, from_public(kind, wanted)


def _room_words(host: str, left: int) -> str:
    seats = ngettext("%(num)s seat left", "%(num)s seats left", left)
    room = gettext("%(name)s’s room", name=host or gettext("Somebody who has left"))
    return f"{room} · {seats}"
