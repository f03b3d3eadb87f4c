"""The address book, and the copy that an order keeps: one's own alone, until it leaves, erased with the person."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from web_client import Person, counts, refusal, sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

HOME = {"recipient": "Lin", "phone": "+86 138 0000 0000", "region": "Shanghai", "street": "1 Home Road"}
WORK = {**HOME, "street": "2 Work Road", "postcode": "200030"}


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def keep(person: Person, address: dict[str, Any], **more: object) -> str:
    answer = person.call("POST", "/me/addresses", json={**address, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def book(person: Person) -> list[tuple[str, bool]]:
    data = person.call("GET", "/me/addresses").get_json()["data"]
    return [(one["street"], one["is_default"]) for one in data]


def order(shop: RoomShop, person: Person, **body: object) -> Any:
    deal = to_public("deal", shop.deal())
    return person.call("POST", f"/deals/{deal}/rooms", key=secrets.token_hex(8), json=body)


def choose(person: Person, order_id: str, address_id: str) -> Any:
    return person.call("POST", f"/orders/{order_id}/address", json={"address_id": address_id})


def goes_to(person: Person, order_id: str) -> Any:
    return person.call("GET", f"/orders/{order_id}/address").get_json()["address"]


def test_the_first_is_the_default_and_one_is_at_a_time(app: Flask) -> None:
    lin = sign_up(app)
    home = keep(lin, HOME)
    assert book(lin) == [("1 Home Road", True)]
    keep(lin, WORK, is_default=True)
    assert book(lin) == [("2 Work Road", True), ("1 Home Road", False)]
    changed = {**HOME, "street": "3 Home Road", "is_default": True}
    assert lin.call("POST", f"/me/addresses/{home}", json=changed).status_code == 200
    assert book(lin) == [("3 Home Road", True), ("2 Work Road", False)]
    assert lin.call("DELETE", f"/me/addresses/{home}").status_code == 204
    assert book(lin) == [("2 Work Road", False)]


@pytest.mark.parametrize(("field", "value"), [("street", "  "), ("recipient", "a\nb"), ("region", "x" * 101)])
def test_a_part_that_is_missing_or_no_text_is_named(app: Flask, field: str, value: str) -> None:
    answer = sign_up(app).call("POST", "/me/addresses", json={**HOME, field: value})
    assert refusal(answer)[::2] == (422, field)
    assert counts("member_addresses") == {"member_addresses": 0}


def test_a_book_has_twenty_entries_at_most(app: Flask) -> None:
    lin = sign_up(app)
    for _ in range(20):
        keep(lin, HOME)
    assert refusal(lin.call("POST", "/me/addresses", json=HOME))[:2] == (409, "address_book_full")


def test_a_seat_is_taken_with_an_address_and_the_order_keeps_its_copy(shop: RoomShop) -> None:
    lin = sign_up(shop.app)
    home, work = keep(lin, HOME), keep(lin, WORK)
    placed = order(shop, lin, address_id=home).get_json()["order"]["id"]
    assert goes_to(lin, placed)["street"] == "1 Home Road"
    lin.call("DELETE", f"/me/addresses/{home}")
    assert goes_to(lin, placed)["street"] == "1 Home Road"
    assert choose(lin, placed, work).status_code == 200
    assert goes_to(lin, placed) == WORK
    assert choose(lin, placed, home).status_code == 404
    without = order(shop, lin).get_json()["order"]["id"]
    assert goes_to(lin, without) is None


def test_anothers_address_and_anothers_order_are_not_there(shop: RoomShop) -> None:
    lin, chen = sign_up(shop.app), sign_up(shop.app)
    home = keep(lin, HOME)
    placed = order(shop, lin, address_id=home).get_json()["order"]["id"]
    before = counts("orders", "seats", "order_addresses")
    assert order(shop, chen, address_id=home).status_code == 404
    assert choose(chen, placed, keep(chen, WORK)).status_code == 404
    assert chen.call("GET", f"/orders/{placed}/address").status_code == 404
    assert counts("orders", "seats", "order_addresses") == before


def test_staff_see_it_the_buyer_sees_that_they_looked_and_what_has_left_is_not_redirected(shop: RoomShop) -> None:
    lin, chen, admin = sign_up(shop.app), sign_up(shop.app), sign_up(shop.app, role=Role.ADMIN)
    home, work = keep(lin, HOME), keep(lin, WORK)
    joined = order(shop, lin, address_id=home).get_json()
    other = chen.call("POST", f"/rooms/{joined['room']['id']}/seats", key="j", json={}).get_json()
    for person, taken in ((lin, joined), (chen, other)):
        person.call("POST", f"/sandbox/payments/{taken['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    placed = joined["order"]["id"]
    seen = admin.call("GET", f"/admin/orders/{placed}/address").get_json()
    assert seen["address"]["street"] == "1 Home Road"
    looks = lin.call("GET", "/me/access-log").get_json()["data"]
    assert [look["saw"] for look in looks] == ["show_order_address"]
    admin.call("POST", f"/admin/orders/{placed}/shipment", key="s", json={"carrier": "SF", "tracking": "1"})
    assert refusal(choose(lin, placed, work))[:2] == (409, "order_has_left")
    assert goes_to(lin, placed)["street"] == "1 Home Road"


def test_leaving_takes_book_and_copies_along(shop: RoomShop) -> None:
    lin = sign_up(shop.app)
    order(shop, lin, address_id=keep(lin, HOME))
    assert lin.call("DELETE", "/me").status_code in (200, 204)
    assert counts("member_addresses", "order_addresses", "orders") == {
        "member_addresses": 0,
        "order_addresses": 0,
        "orders": 1,
    }
    assert rows("SELECT count(*) FROM seats") == [(1,)]
