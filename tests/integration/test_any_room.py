"""Joining any open room of a deal, and where a full room sends those who come too late."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from room_shop import HOUR, RoomShop, faults, room_shop, statements

from socialshop.kernel.ids import to_public
from tests.payment_shop import rows
from tests.web_client import Person, sign_up


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as shop:
        yield shop


@pytest.fixture
def lin(shop: RoomShop) -> Person:
    return sign_up(shop.app)


def _any(person: Person, deal: uuid.UUID, **body: Any) -> Any:
    path = f"/deals/{to_public('deal', deal)}/rooms/any"
    return person.call("POST", path, key=secrets.token_hex(8), json=body)


def test_the_room_that_lacks_the_fewest_is_joined_and_of_equals_the_one_that_ends_first(
    shop: RoomShop, lin: Person
) -> None:
    deal = shop.deal(size=4)
    shop.open(deal)
    shop.tick(1)
    first = shop.open(deal)
    shop.tick(1)
    second = shop.open(deal)
    for room in (first, second):
        shop.join(room.room.id)
    answer = _any(lin, deal, quantity=2)
    assert (answer.status_code, answer.get_json()["room"]["id"]) == (201, to_public("room", first.room.id))
    assert answer.get_json()["seat"]["quantity"] == 2
    # and the next time another one, for in that room Lin sits
    assert _any(lin, deal).get_json()["room"]["id"] == to_public("room", second.room.id)
    assert faults(shop) == []


def test_without_an_open_room_none_is_opened_unless_that_was_asked(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2)
    host = shop.open(deal)
    shop.join(host.room.id)
    refused = _any(lin, deal)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "no_open_room")
    assert rows("SELECT count(*) FROM rooms") == [(1,)]
    opened = _any(lin, deal, or_open=True).get_json()
    assert (opened["room"]["host"]["display_name"], opened["room"]["seats_taken"]) == ("Lin", 1)
    assert faults(shop) == []


def test_rooms_that_are_over_are_passed_over_though_nobody_swept(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2)
    shop.open(deal)
    shop.pay_shop.clock.advance(timedelta(hours=1))
    assert _any(lin, deal).get_json()["code"] == "no_open_room"


def test_what_is_unknown_is_told_before_that_no_room_is_open(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2)
    assert _any(lin, uuid.uuid4()).status_code == 404
    assert _any(lin, deal, invite_code="NOPE2345").get_json()["code"] == "invite_code_unknown"
    assert _any(lin, deal, invite_code="NOPE2345", or_open=True).get_json()["code"] == "invite_code_unknown"


def test_limits_hold_in_any_room_as_in_a_named_one(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=3, per_member_limit=1)
    for _ in range(2):
        shop.open(deal)
    assert _any(lin, deal).status_code == 201
    assert _any(lin, deal).get_json()["code"] == "member_limit_reached"
    assert faults(shop) == []


def test_joining_any_room_costs_one_statement_more_than_joining_one(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=9)
    shop.open(deal)
    _any(lin, deal)
    shop.open(deal)
    with statements() as seen:
        assert _any(lin, deal).status_code == 201
    assert len(seen) == 9


# --- where a full room leads ---------------------------------------------------------------------------------------


def _join(person: Person, room: uuid.UUID) -> Any:
    path = f"/rooms/{to_public('room', room)}/seats"
    return person.call("POST", path, key=secrets.token_hex(8), json={}).get_json()


def test_a_full_room_names_the_open_one_that_is_nearest_to_filling(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=3)
    full, far, near = (shop.open(deal) for _ in range(3))
    for room in (full, full, near):
        shop.join(room.room.id)
    refused = _join(lin, full.room.id)
    assert (refused["code"], refused["next"]) == ("room_full", {"room_id": to_public("room", near.room.id)})
    assert shop.seats(far.room.id) == ("open", 1, 0)


def test_a_full_room_says_to_open_one_where_none_is_open(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2)
    full = shop.open(deal)
    shop.join(full.room.id)
    assert _join(lin, full.room.id)["next"] == {"deal_id": to_public("deal", deal)}


def test_a_room_of_a_deal_that_is_over_leads_nowhere(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2, ends_at=shop.pay_shop.clock.now() + timedelta(seconds=5))
    room = shop.open(deal)
    shop.join(room.room.id)
    shop.pay_shop.clock.advance(timedelta(seconds=5))
    assert _join(lin, room.room.id)["next"] is None


def test_a_closed_room_leads_on_too(shop: RoomShop, lin: Person) -> None:
    deal = shop.deal(size=2)
    room = shop.open(deal)
    shop.tick(HOUR)
    refused = _join(lin, room.room.id)
    assert (refused["code"], refused["next"]) == ("room_closed", {"deal_id": to_public("deal", deal)})
