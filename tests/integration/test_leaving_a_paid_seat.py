"""Money asked back while the room still waits: the buyer is let out, the seat is free, the hold goes back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import PRICE, RoomShop, faults, room_shop, statements, unsettled
from web_client import Person, refusal, sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from workers import jobs, relay


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


class Buyer:
    """Somebody who took a seat over HTTP."""

    def __init__(self, shop: RoomShop, path: str, quantity: int = 1) -> None:
        self.shop = shop
        self.person: Person = sign_up(shop.app)
        answer = self.person.call("POST", path, key=secrets.token_hex(8), json={"quantity": quantity})
        assert answer.status_code == 201, answer.text
        self.joined: Any = answer.get_json()
        self.room = f"/rooms/{self.joined['room']['id']}"
        self.orders = f"/orders/{self.joined['order']['id']}"

    def pay(self) -> None:
        self.person.call("POST", f"/sandbox/payments/{self.joined['payment']['id']}/pay", json={"outcome": "succeeded"})
        self.shop.work()

    def ask(self, key: str | None = None, **body: object) -> Any:
        sent = {"reason": "changed my mind", **body}
        return self.person.call("POST", f"{self.orders}/refunds", key=key or secrets.token_hex(8), json=sent)

    def order(self) -> tuple[str, int]:
        found = self.person.call("GET", self.orders).get_json()
        return found["status"], found["refunded"]["amount_minor"]

    def refunds(self) -> list[str]:
        return [each["status"] for each in self.person.call("GET", f"{self.orders}/refunds").get_json()["data"]]


Join = Callable[..., Buyer]


@pytest.fixture
def host(shop: RoomShop) -> Buyer:
    """Of a room for three, paid."""
    opened = Buyer(shop, f"/deals/{to_public('deal', shop.deal(size=3))}/rooms")
    opened.pay()
    return opened


def test_who_has_paid_and_waits_gets_all_back_and_the_seat_is_free_at_once(shop: RoomShop, host: Buyer) -> None:
    guest = Buyer(shop, f"{host.room}/seats", quantity=2)
    guest.pay()
    assert (guest.order(), shop.left()) == (("paid", 0), 997)
    asked = guest.ask(key="once")
    assert asked.status_code == 201
    told = asked.get_json()
    assert (told["status"], told["amount"]["amount_minor"]) == ("approved", 2 * PRICE)
    assert shop.left() == 999
    found = guest.person.call("GET", host.room).get_json()
    assert (found["seats_taken"], found["seats_paid"], found["status"]) == (1, 1, "open")
    assert refusal(guest.ask())[:2] == (409, "nothing_to_refund")
    assert guest.ask(key="once").data == asked.data
    shop.settle()
    assert (guest.order(), guest.refunds()) == (("refunded", 2 * PRICE), ["refunded"])
    assert rows("SELECT kind, count(*) FROM payment_calls WHERE kind <> 'pay' GROUP BY kind") == [("release", 1)]
    for another in (Buyer(shop, f"{host.room}/seats"), Buyer(shop, f"{host.room}/seats")):
        another.pay()
    shop.settle()
    assert host.order() == ("confirmed", 0)
    assert faults(shop) == unsettled(shop) == []


def test_the_host_who_asks_the_money_back_hands_the_room_on(shop: RoomShop, host: Buyer) -> None:
    first, second = Buyer(shop, f"{host.room}/seats"), Buyer(shop, f"{host.room}/seats")
    first.pay()
    assert host.ask().get_json()["status"] == "approved"
    assert rows(
        "SELECT m.id = :id FROM rooms r JOIN members m ON m.number = r.host", id=first.person.card.member_id
    ) == [(True,)]
    shop.settle()
    assert (host.order(), first.order(), second.order()) == (("refunded", PRICE), ("paid", 0), ("awaiting_payment", 0))
    assert faults(shop) == unsettled(shop) == []


def test_the_last_who_paid_and_asks_the_money_back_cancels_the_room_of_a_host(shop: RoomShop, host: Buyer) -> None:
    waiting = Buyer(shop, f"{host.room}/seats")
    assert host.ask().status_code == 201
    shop.settle()
    assert host.person.call("GET", host.room).get_json()["status"] == "cancelled"
    assert (host.order(), waiting.order()) == (("refunded", PRICE), ("cancelled", 0))
    assert faults(shop) == unsettled(shop) == []


def test_before_paying_nothing_is_there_to_ask_back(shop: RoomShop, host: Buyer) -> None:
    waiting = Buyer(shop, f"{host.room}/seats")
    assert refusal(waiting.ask())[:2] == (409, "nothing_to_refund")
    assert (waiting.order(), waiting.refunds()) == (("awaiting_payment", 0), [])


def test_a_part_asked_back_waits_for_the_room_and_the_rest_lets_out(shop: RoomShop, host: Buyer) -> None:
    admin = sign_up(shop.app, role=Role.ADMIN)
    part = host.ask(amount_minor=900).get_json()
    assert part["status"] == "requested"
    assert host.order() == ("paid", 0)
    decide = f"/admin/refunds/{part['id']}/approve"
    assert refusal(admin.call("POST", decide, json={}))[:2] == (409, "order_not_confirmed")
    assert refusal(host.ask(amount_minor=PRICE))[:2] == (422, "amount_too_large")
    assert host.ask(amount_minor=PRICE - 900).get_json()["status"] == "approved"
    shop.settle()
    assert (host.order(), host.refunds()) == (("refunded", PRICE), ["refunded", "refunded"])
    assert faults(shop) == unsettled(shop) == []


def test_once_the_room_is_filled_an_admin_decides(shop: RoomShop, host: Buyer) -> None:
    others = [Buyer(shop, f"{host.room}/seats"), Buyer(shop, f"{host.room}/seats")]
    others[0].pay()
    last = others[1]
    last.person.call("POST", f"/sandbox/payments/{last.joined['payment']['id']}/pay", json={"outcome": "succeeded"})
    for name in ("make_payment_call", "pay_seats"):
        relay.relay()
        jobs.drain(name)
    assert (host.order(), rows("SELECT status FROM rooms")) == (("paid", 0), [("filled",)])
    asked = host.ask().get_json()
    assert asked["status"] == "requested"
    shop.settle()
    assert (host.order(), shop.left()) == (("confirmed", 0), 997)
    admin = sign_up(shop.app, role=Role.ADMIN)
    assert admin.call("POST", f"/admin/refunds/{asked['id']}/approve", json={}).status_code == 200
    shop.settle()
    assert (host.order(), host.refunds()) == (("refunded", PRICE), ["refunded"])
    assert faults(shop) == []


def test_a_part_asked_back_of_a_room_that_expires_goes_back_with_the_rest(shop: RoomShop, host: Buyer) -> None:
    assert host.ask(amount_minor=900).get_json()["status"] == "requested"
    shop.tick(3_601)
    shop.settle()
    assert (host.order(), host.refunds()) == (("refunded", PRICE), ["refunded"])
    assert faults(shop) == unsettled(shop) == []


def test_another_members_order_is_404_and_stays(shop: RoomShop, host: Buyer) -> None:
    stranger = sign_up(shop.app)
    body = {"reason": "mine"}
    answer = stranger.call("POST", f"{host.orders}/refunds", key=secrets.token_hex(8), json=body)
    assert refusal(answer)[:2] == (404, "not_found")
    assert (host.order(), host.refunds()) == (("paid", 0), [])


def test_being_let_out_costs_a_constant_number_of_statements(shop: RoomShop) -> None:
    counted = []
    for size in (3, 12):
        opened = Buyer(shop, f"/deals/{to_public('deal', shop.deal(size=size))}/rooms")
        opened.pay()
        for _ in range(size - 2):
            shop.pay(shop.join(rows("SELECT id FROM rooms ORDER BY opened_at DESC, id DESC LIMIT 1")[0][0]))
        shop.work()
        with statements() as seen:
            assert opened.ask().get_json()["status"] == "approved"
        counted.append(len(seen))
    assert counted[0] == counted[1]
