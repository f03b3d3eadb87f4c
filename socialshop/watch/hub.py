"""Who watches which room, and the reading for all of them: one query for all rooms that changed, never one a watcher.

Each watcher counts for itself how far it was told, by the number of its last event. So a word of Valkey that comes
twice, late or never changes nothing but the time: what is read from PostgreSQL is told once and in order.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Protocol

import structlog

from socialshop.rooms.schemas import sent_event
from socialshop.rooms.service import RoomEvents

# What a read brings lies in memory until it is told: so many rooms, each with a bounded number of events.
_ROOMS_AT_ONCE = 500
# Under load a round takes what came within this time: fewer queries, and nobody waits noticeably longer.
_GATHER_SECONDS = 0.01
# So many are told before others have their turn: some 10 ms.
_TOLD_AT_ONCE = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0

_log = structlog.get_logger(__name__)

Read = Callable[[Mapping[uuid.UUID, int]], Awaitable[Mapping[uuid.UUID, RoomEvents]]]


class Unreadable(Exception):
    """PostgreSQL does not answer."""


class Watcher(Protocol):
    """Somebody who watches a room and was told everything up to the event `after`."""

    after: int

    def tell(self, events: bytes) -> None:
        """The room is there, and this is new in it; nothing, where it is looked at for the first time."""

    def finish(self) -> None:
        """Nothing will happen in the room any more."""

    def refuse(self) -> None:
        """There is no such room."""


class Hub:
    """The watchers by room, and what has to be read for them."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._rooms: dict[uuid.UUID, set[Watcher]] = {}
        # In the order in which they were noted.
        self._changed: dict[uuid.UUID, None] = {}
        self._wake = asyncio.Event()

    def join(self, room_id: uuid.UUID, watcher: Watcher) -> None:
        """Watch a room from the event `watcher.after` on."""
        self._rooms.setdefault(room_id, set()).add(watcher)
        self.note([room_id])

    def leave(self, room_id: uuid.UUID, watcher: Watcher) -> None:
        """Watch it no longer."""
        watchers = self._rooms.get(room_id, set())
        watchers.discard(watcher)
        if not watchers:
            self._rooms.pop(room_id, None)

    def note(self, rooms: Iterable[uuid.UUID]) -> None:
        """Something may have happened in these rooms; those that nobody watches are passed over."""
        self._changed.update(dict.fromkeys(room for room in rooms if room in self._rooms))
        if self._changed:
            self._wake.set()

    def note_all(self) -> None:
        """Something may have happened anywhere."""
        self.note(self._rooms)

    async def run(self) -> None:
        """Read and tell, for ever. While PostgreSQL is away it is asked again, and nobody is let go."""
        pause = 0.0
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._wake.clear()
            try:
                while self._changed:
                    await self._round()
            except Unreadable:
                if not pause:
                    _log.warning("watchers wait for PostgreSQL")
                pause = min(_LONGEST_PAUSE, pause * 2 or _FIRST_PAUSE)
                self._wake.set()
                await asyncio.sleep(pause)
            else:
                if pause:
                    _log.info("watchers have PostgreSQL again")
                pause = 0.0

    async def _round(self) -> None:
        rooms = list(islice(self._changed, _ROOMS_AT_ONCE))
        for room in rooms:
            del self._changed[room]
        after = {room: min(each.after for each in self._rooms[room]) for room in rooms if room in self._rooms}
        try:
            found = await self._read(after)
        except Unreadable:
            self.note(after)
            raise
        for room, read_after in after.items():
            await self._tell(room, read_after, found.get(room))

    async def _tell(self, room: uuid.UUID, read_after: int, found: RoomEvents | None) -> None:
        # Who came meanwhile and lacks more than was read has noted the room anew.
        watchers = [each for each in self._rooms.get(room, ()) if each.after >= read_after]
        events = [] if found is None else [(event.id, sent_event(event)) for event in found.events]
        is_last = found is not None and found.at_rest and not found.cut
        new: dict[int, bytes] = {}
        for place, watcher in enumerate(watchers, start=1):
            if place % _TOLD_AT_ONCE == 0:
                await asyncio.sleep(0)
            if found is None:
                watcher.refuse()
                continue
            after = watcher.after
            if after not in new:
                new[after] = b"".join(sent for number, sent in events if number > after)
            if new[after] or not is_last:
                watcher.tell(new[after])
            if events:
                watcher.after = max(after, events[-1][0])
            if is_last:
                watcher.finish()
        if found is not None and found.cut:
            self.note([room])
