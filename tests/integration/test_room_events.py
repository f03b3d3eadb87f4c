"""The event stream of a room: everything in its order, resumable, and over when the room is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, faults, room_shop, statements
from sqlalchemy import text
from web_client import refusal

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.rooms.service import Joined


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


class Watcher:
    """An EventSource: it sends the last id that it has seen."""

    def __init__(self, shop: RoomShop, room: Joined) -> None:
        self.client = shop.app.test_client()
        self.path = f"/api/v1/rooms/{to_public('room', room.room.id)}/events"
        self.seen: str | None = None
        self.ids: list[int] = []

    def ask(self, last: str | None = None) -> Any:
        last = last if last is not None else self.seen
        return self.client.get(self.path, headers={} if last is None else {"Last-Event-ID": last})

    def hear(self) -> list[str]:
        """The kinds of the events that are new."""
        answer = self.ask()
        assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        first, *events = answer.text.removesuffix("\n\n").split("\n\n")
        assert first == "retry: 2000"
        kinds = []
        for each in events:
            fields = dict(line.split(": ", 1) for line in each.split("\n"))
            assert set(json.loads(fields["data"])) == {"at", "display_name"}
            self.seen = fields["id"]
            self.ids.append(int(fields["id"]))
            kinds.append(fields["event"])
        return kinds


def test_a_watcher_hears_everything_once_and_in_order(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3))
    watcher, latecomer = Watcher(shop, host), Watcher(shop, host)
    assert watcher.hear() == ["seat_held"]
    assert watcher.hear() == []
    member = shop.member()
    joined = shop.join(host.room.id, member)
    shop.leave(host.room.id, member)
    shop.pay(host)
    shop.work()
    assert watcher.hear() == ["seat_held", "seat_released", "seat_paid"]
    joined = [shop.join(host.room.id), shop.join(host.room.id)]
    for each in joined:
        shop.pay(each)
    shop.settle()
    heard = watcher.hear()
    assert heard[:4] == ["seat_held", "seat_held", "seat_paid", "seat_paid"]
    assert heard[4:] == ["filled", "seat_confirmed", "seat_confirmed", "seat_confirmed"]
    assert watcher.ask().status_code == 204
    assert len(latecomer.hear()) == 12
    assert latecomer.ids == watcher.ids == sorted(set(watcher.ids))
    assert faults(shop) == []


def test_a_room_that_is_handed_on_and_expires_says_so_and_ends(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3, hold=60))
    watcher = Watcher(shop, host)
    shop.tick(30)
    shop.pay(shop.join(host.room.id))
    shop.work()
    shop.tick(30)
    assert watcher.hear() == ["seat_held", "seat_held", "seat_paid", "seat_released", "host_changed"]
    shop.tick(3_600)
    assert watcher.hear() == ["seat_released", "expired"]
    assert watcher.ask().status_code == 204
    alone = shop.open(shop.deal(size=3, hold=60))
    shop.tick(60)
    assert Watcher(shop, alone).hear() == ["seat_held", "seat_released", "cancelled"]
    assert faults(shop) == []


def test_an_answer_costs_one_read_however_much_is_new_and_holds_nobody_up(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=20))
    watcher = Watcher(shop, host)
    for _ in range(10):
        with statements() as seen:
            watcher.hear()
        assert len(seen) == 1
        shop.join(host.room.id)


def test_a_name_is_told_while_its_person_is_here(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3))
    number = rows("SELECT host FROM rooms")[0][0]
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO member_profiles (member_id, display_name, locale, time_zone)"
                " SELECT id, '林小满', 'zh', 'UTC' FROM members WHERE number = :n"
            ),
            {"n": number},
        )
    assert "林小满" in Watcher(shop, host).ask().text
    with unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM member_profiles"))
    assert '"display_name":null' in Watcher(shop, host).ask().text


@pytest.mark.parametrize("last", ["", "x", "-1", "9" * 19, "1.0", "１"])
def test_an_id_that_was_never_told_begins_anew(shop: RoomShop, last: str) -> None:
    host = shop.open(shop.deal(size=3))
    answer = Watcher(shop, host).ask(last.encode().decode("latin-1"))
    assert answer.text.count("event: seat_held") == 1


def test_an_unknown_room_is_404(shop: RoomShop) -> None:
    client = shop.app.test_client()
    assert refusal(client.get(f"/api/v1/rooms/{to_public('room', new_id())}/events"))[:2] == (404, "not_found")
    assert refusal(client.get("/api/v1/rooms/deal_x/events"))[:2] == (404, "not_found")
