"""Rooms from the claim to the filled room, by leaving, by time, by money that comes too late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import PRICE, RoomShop, faults, room_shop, unsettled


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def test_a_room_fills_at_its_last_paid_seat_and_every_order_is_confirmed(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3))
    room = host.room.id
    others = [shop.join(room), shop.join(room)]
    for joined in (host, *others):
        assert shop.seats(room)[0] == "open"
        shop.pay(joined)
        shop.work()
    assert shop.seats(room) == ("filled", 3, 3)
    assert [shop.order(joined) for joined in (host, *others)] == ["confirmed"] * 3
    assert [str(member.status) for member in shop.view(room).members] == ["confirmed"] * 3
    assert (shop.balance(f"room:{room}:escrow"), shop.balance("shop:sales")) == (0, 3 * PRICE)
    assert shop.balance("provider:sandbox:clearing") == -3 * PRICE
    assert shop.left() == 997
    assert faults(shop) == unsettled(shop) == []
    confirmed = rows("SELECT payload -> 'order_ids' FROM outbox_events WHERE name = 'OrdersConfirmed'")
    assert sorted(order for (ids,) in confirmed for order in ids) == sorted(
        str(joined.order.id) for joined in (host, *others)
    )
