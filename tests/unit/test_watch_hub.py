"""The hub's bookkeeping, with a reader of the test's own: nobody misses an event, whoever comes or goes meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from socialshop.kernel.ids import new_id
from socialshop.rooms.service import EventRow, RoomEvents
from socialshop.watch import hub as module
from socialshop.watch.hub import Hub, Unreadable

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_MOST = 3


class Someone:
    def __init__(self, after: int = 0) -> None:
        self.after = after
        self.heard: list[int] = []
        self.end = ""

    def tell(self, events: bytes) -> None:
        self.heard += [int(line[4:]) for line in events.split(b"\n") if line.startswith(b"id: ")]

    def finish(self) -> None:
        self.end = "finished"

    def refuse(self) -> None:
        self.end = "refused"


class Rooms:
    """What PostgreSQL would answer; `meanwhile` runs while it is asked."""

    def __init__(self) -> None:
        self.ids: dict[uuid.UUID, list[int]] = {}
        self.over: set[uuid.UUID] = set()
        self.asked: list[dict[uuid.UUID, int]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.is_away = 0

    async def read(self, after: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, RoomEvents]:
        self.asked.append(dict(after))
        found = {}
        for room, seen in after.items():
            if room in self.ids:
                new = [number for number in self.ids[room] if number > seen][:_MOST]
                rows = tuple(EventRow(number, "seat_held", _AT, None) for number in new)
                found[room] = RoomEvents(rows, room in self.over, len(rows) == _MOST)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.is_away:
            self.is_away -= 1
            raise Unreadable
        return found


def run(play: Callable[[Hub, Rooms, uuid.UUID], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0)
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0)

    async def play_all() -> None:
        rooms, room = Rooms(), new_id()
        rooms.ids[room] = [1, 2]
        hub = Hub(rooms.read)
        running = asyncio.create_task(hub.run())
        await play(hub, rooms, room)
        running.cancel()

    asyncio.run(play_all())


async def settled() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def test_one_query_reads_all_rooms_and_each_watcher_hears_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(hub: Hub, rooms: Rooms, room: uuid.UUID) -> None:
        other = new_id()
        rooms.ids[other] = [3]
        new, back, aside, lost = Someone(), Someone(1), Someone(), Someone()
        for place, who in ((room, new), (room, back), (other, aside), (new_id(), lost)):
            hub.join(place, who)
        await settled()
        assert len(rooms.asked) == 1
        assert (new.heard, back.heard, aside.heard, lost.end) == ([1, 2], [2], [3], "refused")
        hub.leave(room, back)
        rooms.ids[room].append(4)
        hub.note([room, room, new_id()])
        await settled()
        assert rooms.asked[1:] == [{room: 2}]
        assert (new.heard, back.heard) == ([1, 2, 4], [2])

    run(play, monkeypatch)


def test_who_comes_while_a_room_is_read_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(hub: Hub, rooms: Rooms, room: uuid.UUID) -> None:
        first, late = Someone(2), Someone(0)
        rooms.ids[room].append(3)
        rooms.meanwhile = lambda: hub.join(room, late)
        hub.join(room, first)
        await settled()
        assert (first.heard, late.heard) == ([3], [1, 2, 3])

    run(play, monkeypatch)


def test_a_long_story_is_told_in_parts_and_a_room_at_rest_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(hub: Hub, rooms: Rooms, room: uuid.UUID) -> None:
        rooms.ids[room] = list(range(1, 9))
        rooms.over.add(room)
        new, done = Someone(), Someone(8)
        hub.join(room, new)
        hub.join(room, done)
        await settled()
        assert (new.heard, new.end) == (list(range(1, 9)), "finished")
        assert (done.heard, done.end) == ([], "finished")
        assert [asked[room] for asked in rooms.asked] == [0, 3, 6]

    run(play, monkeypatch)


def test_while_postgresql_is_away_it_is_asked_again_and_nobody_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(hub: Hub, rooms: Rooms, room: uuid.UUID) -> None:
        rooms.is_away = 2
        who = Someone()
        hub.join(room, who)
        await settled()
        assert (who.heard, who.end, len(rooms.asked)) == ([1, 2], "", 3)

    run(play, monkeypatch)
