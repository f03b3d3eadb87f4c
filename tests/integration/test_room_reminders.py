"""A reminder reaches who still has to pay, once a member, room and day; the host and the leader alone send one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop, statements
from web_client import Person, refusal, sign_up

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms

ZONE = "Asia/Shanghai"


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _room(shop: RoomShop, leader: Person, host: Person, size: int = 5) -> str:
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "茶", "group_size": size, "price_minor": 9900}
    deal = leader.call("POST", "/deals", json={**terms, "room_ttl_seconds": 3600}).get_json()
    opened = host.call("POST", f"/deals/{deal['id']}/rooms", key=secrets.token_hex(8), json={})
    assert opened.status_code == 201, opened.text
    return str(opened.get_json()["room"]["id"])


def _join(person: Person, room: str) -> Person:
    assert person.call("POST", f"/rooms/{room}/seats", key=secrets.token_hex(8), json={}).status_code == 201
    return person


def _remind(person: Person, room: str, **body: object) -> int:
    answer = person.call("POST", f"/rooms/{room}/reminders", json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.get_json()["told"])


def test_host_and_leader_remind_who_has_to_pay_and_on_wish_who_has_paid(shop: RoomShop) -> None:
    leader, host, paid, unpaid = (sign_up(shop.app, role=role) for role in (Role.LEADER, *[Role.MEMBER] * 3))
    room = _room(shop, leader, host)
    for guest in (paid, unpaid):
        _join(guest, room)
    order = paid.call("GET", "/orders").get_json()["data"][0]
    paid.call("POST", f"/sandbox/payments/{order['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    assert _remind(host, room) == 1
    assert _remind(leader, room, also_paid=True) == 2
    assert _remind(leader, room, also_paid=True) == 0
    until = "截止。"
    for person, begins in (
        (unpaid, "你在「茶」的名额还未付款"),
        (paid, "「茶」还差 2 人，邀请一位朋友吧"),
        (host, "你在"),
    ):
        (notice,) = (n for n in person.call("GET", "/me/notices").get_json()["data"] if n["kind"] == "room_reminder")
        assert notice["text"].startswith(begins)
        assert notice["text"].endswith(until)
        assert notice["target"] == room


def test_a_member_who_pays_after_the_reminder_hears_no_second_on_that_day(shop: RoomShop) -> None:
    host, guest = shop.open(shop.deal(5, ttl=200_000, hold=100_000)), None
    guest = shop.join(host.room.id)
    send = lambda: in_unit_of_work(  # noqa: E731
        lambda uow: rooms.remind(uow, host.order.buyer, host.room.id, also_paid=True, zone=ZONE), shop.pay_shop.clock
    )
    assert send() == 1
    shop.pay(guest)
    shop.pay(host)
    shop.work()
    assert send() == 0
    shop.pay_shop.clock.advance(timedelta(days=1))
    assert send() == 1
    days = rows("SELECT split_part(subject, ' ', 2) FROM notices WHERE kind = 'room_reminder' ORDER BY 1")
    assert len(set(days)) == 2


def test_nobody_else_reminds_and_nothing_is_told(shop: RoomShop) -> None:
    leader, host = sign_up(shop.app, role=Role.LEADER), sign_up(shop.app)
    room = _room(shop, leader, host)
    guest = _join(sign_up(shop.app), room)
    for other in (guest, sign_up(shop.app, role=Role.LEADER), sign_up(shop.app, role=Role.ADMIN)):
        assert refusal(other.call("POST", f"/rooms/{room}/reminders", json={}))[:2] == (404, "not_found")
    shop.pay_shop.clock.advance(timedelta(hours=2))
    assert refusal(host.call("POST", f"/rooms/{room}/reminders", json={}))[:2] == (409, "room_closed")
    assert rows("SELECT count(*) FROM notices WHERE kind = 'room_reminder'") == [(0,)]


def test_a_hold_that_has_lapsed_is_not_asked_to_pay(shop: RoomShop) -> None:
    host = shop.open(shop.deal(5, hold=60))
    shop.pay(host)
    shop.work()
    shop.join(host.room.id)
    shop.pay_shop.clock.advance(timedelta(seconds=61))
    told = in_unit_of_work(
        lambda uow: rooms.remind(uow, host.order.buyer, host.room.id, also_paid=False, zone=ZONE), shop.pay_shop.clock
    )
    assert told == 0


def test_host_and_leader_at_once_tell_each_member_once_in_three_statements(shop: RoomShop) -> None:
    host = shop.open(shop.deal(9))
    for _ in range(6):
        shop.join(host.room.id)

    def send(_: int) -> int:
        with shop.app.app_context():
            return in_unit_of_work(
                lambda uow: rooms.remind(uow, host.order.buyer, host.room.id, also_paid=True, zone=ZONE)
            )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send, range(4))) == 6
    assert rows("SELECT count(*), count(DISTINCT member) FROM notices") == [(6, 6)]
    with statements() as ran:
        send(0)
    assert len(ran) == 3
