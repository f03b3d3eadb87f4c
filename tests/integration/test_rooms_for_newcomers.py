"""Rooms for newcomers: who joins has not bought before; the host may have."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import HOUR, Member, RoomShop, faults, room_shop, statements
from web_client import counts, refusal, sign_up

from socialshop.kernel.ids import to_public
from socialshop.rooms.errors import AlreadySeated, NewcomersOnly


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def buys(shop: RoomShop, member: Member, size: int = 2) -> None:
    """A seat in a room for everybody, paid; of two it is filled."""
    host = shop.open(shop.deal(size))
    shop.pay(host)
    shop.pay(shop.join(host.room.id, member))
    shop.settle()


def test_who_has_bought_opens_such_a_room_and_only_who_has_not_joins_it(shop: RoomShop) -> None:
    old, new, another = (shop.member() for _ in range(3))
    buys(shop, old)
    host, usual = shop.open(shop.deal(3, newcomer_only=True), old), shop.open(shop.deal(3))
    with statements() as seen:
        shop.join(host.room.id, new)
    with statements() as as_ever:
        shop.join(usual.room.id, another)
    assert len(seen) == len(as_ever)
    buys(shop, another)
    before = counts("seats", "orders", "payments"), shop.left()
    with pytest.raises(NewcomersOnly):
        shop.join(host.room.id, another)
    assert (counts("seats", "orders", "payments"), shop.left()) == before
    assert faults(shop) == []


def test_an_order_that_waits_for_its_room_counts_and_one_whose_room_never_came_does_not(shop: RoomShop) -> None:
    member = shop.member()
    buys(shop, member, size=3)
    room = shop.open(shop.deal(3, newcomer_only=True, ttl=5 * HOUR)).room.id
    with pytest.raises(NewcomersOnly):
        shop.join(room, member)
    shop.tick(HOUR)
    shop.settle()
    assert rows("SELECT count(*) FROM orders WHERE buyer = :m AND status = 'refunded'", m=member.number) == [(1,)]
    assert shop.join(shop.open(shop.deal(3, newcomer_only=True)).room.id, member).seat


def test_a_newcomer_has_one_such_seat_at_a_time_and_another_once_it_is_left(shop: RoomShop) -> None:
    member = shop.member()
    first, second = (shop.open(shop.deal(3, newcomer_only=True)).room.id for _ in range(2))
    shop.join(first, member)
    with pytest.raises(NewcomersOnly):
        shop.join(second, member)
    with pytest.raises(AlreadySeated):
        shop.join(first, member)
    # A room for everybody is another matter.
    shop.join(shop.open(shop.deal(3)).room.id, member)
    shop.leave(first, member)
    shop.join(second, member)
    assert faults(shop) == []


def test_a_newcomer_who_opens_such_a_room_joins_no_other_and_who_has_bought_opens_more(shop: RoomShop) -> None:
    deal, member = shop.deal(3, newcomer_only=True), shop.member()
    other = shop.open(deal).room.id
    own = shop.open(deal, member)
    before = counts("seats", "rooms", "orders"), shop.left()
    for refused in (lambda: shop.join(other, member), lambda: shop.open(deal, member)):
        with pytest.raises(NewcomersOnly):
            refused()
    assert (counts("seats", "rooms", "orders"), shop.left()) == before
    shop.pay(own)
    shop.work()
    assert shop.open(deal, member).room.status == "open"
    with pytest.raises(NewcomersOnly):
        shop.join(other, member)
    assert faults(shop) == []


def test_the_rule_is_the_rooms_own_and_told_over_http(shop: RoomShop) -> None:
    deal = to_public("deal", shop.deal(3, newcomer_only=True, return_days=30))
    old = sign_up(shop.app)
    buys(shop, Member(rows("SELECT max(number) FROM members")[0][0]))
    host = sign_up(shop.app).call("POST", f"/deals/{deal}/rooms", key="a", json={}).get_json()
    assert host["room"]["newcomer_only"] is True
    assert old.call("GET", f"/deals/{deal}").get_json()["return_days"] == 30
    before = counts("seats")
    answer = old.call("POST", f"/rooms/{host['room']['id']}/seats", key=uuid.uuid4().hex, json={})
    assert (refusal(answer)[:2], counts("seats")) == ((403, "newcomers_only"), before)
    assert rows("SELECT return_days FROM orders WHERE room_id IS NOT NULL ORDER BY id DESC LIMIT 1") == [(30,)]
