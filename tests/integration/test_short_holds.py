"""A room ends while the money of its members can still be taken, whatever a provider says how long it holds some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import HOUR, RoomShop, faults, room_shop

from socialshop.rooms.service import Joined

DAY = 24 * HOUR


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def pays(shop: RoomShop, joined: Joined, monkeypatch: pytest.MonkeyPatch, *, held_for: timedelta) -> None:
    """The provider holds this money for so long, and other money for seven days."""
    with monkeypatch.context() as patched:
        patched.setattr("socialshop.payments.sandbox.server._LONGEST_HOLD", held_for)
        shop.pay(joined)
        shop.work()


def ends(shop: RoomShop, joined: Joined) -> timedelta:
    """How long from now the room of this seat is open."""
    return shop.view(joined.room.id).expires_at - shop.pay_shop.clock.now()


def late(joined: Joined) -> list[tuple[object, ...]]:
    found = rows("SELECT decision, to_room, reason FROM late_payments WHERE order_id = :id", id=joined.order.id)
    return [tuple(row) for row in found]


def test_a_rooms_clock_is_cut_to_twelve_hours_before_its_money_must_be_taken(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a room of six days in which one has paid, money that is held for seven, and one has yet to pay
    host = shop.open(shop.deal(4, ttl=6 * DAY, hold=DAY))
    shop.pay(host)
    shop.work()
    waits, joined = shop.join(host.room.id), shop.join(host.room.id)
    assert ends(shop, host) == timedelta(days=6)
    # when the money of a third is held for two days alone
    pays(shop, joined, monkeypatch, held_for=timedelta(days=2))
    # then the room ends in a day and a half, later than the seat that is held in it
    assert ends(shop, host) == timedelta(hours=36)
    assert (shop.seats(host.room.id), shop.order(joined)) == (("open", 3, 2), "paid")
    # and the money that comes after takes it no further than that
    shop.pay(waits)
    shop.work()
    assert ends(shop, host) == timedelta(hours=36)
    shop.tick(36 * HOUR)
    shop.settle()
    assert shop.seats(host.room.id) == ("expired", 0, 0)
    assert rows("SELECT DISTINCT status FROM payments") == [("released",)]
    assert faults(shop) == []


def test_money_that_cannot_wait_for_the_others_cuts_nothing_and_is_late_money(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = shop.deal(3, ttl=5 * DAY)
    host = shop.open(deal)
    shop.pay(host)
    shop.work()
    left, ended = shop.left(), shop.view(host.room.id).expires_at
    joined = shop.join(host.room.id)
    pays(shop, joined, monkeypatch, held_for=timedelta(hours=12, minutes=14))
    shop.settle()
    assert (shop.seats(host.room.id), shop.view(host.room.id).expires_at) == (("open", 1, 1), ended)
    assert (shop.order(joined), late(joined)) == ("refunded", [("refunded", None, "hold_too_short")])
    assert shop.left() == left
    assert faults(shop) == []


def test_money_that_fills_the_room_need_not_wait(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    host = shop.open(shop.deal(2, ttl=5 * DAY))
    shop.pay(host)
    shop.work()
    joined = shop.join(host.room.id)
    pays(shop, joined, monkeypatch, held_for=timedelta(hours=1))
    shop.settle()
    assert (shop.seats(host.room.id), shop.order(joined)) == (("filled", 2, 2), "confirmed")
    assert faults(shop) == []
