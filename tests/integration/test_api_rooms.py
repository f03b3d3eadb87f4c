"""Deals, rooms and orders over HTTP: what is answered, in which order it is refused, and what it costs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, faults, room_shop, statements
from web_client import Person, counts, refusal, sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from workers import jobs, relay

ADDED = ("rooms", "seats", "orders", "order_lines", "payments", "outbox_events", "idempotency_answers")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _key() -> str:
    return secrets.token_hex(8)


def _terms(shop: RoomShop, **changed: object) -> dict[str, object]:
    sku_id = to_public("sku", shop.sku_id)
    terms = {"sku_id": sku_id, "title": "Tea", "group_size": 2, "price_minor": 9900, "room_ttl_seconds": 3600}
    return {**terms, **changed}


def _open(person: Person, deal_id: str, **body: object) -> Any:
    answer = person.call("POST", f"/deals/{deal_id}/rooms", key=_key(), json=body)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def _deal(shop: RoomShop, **terms: object) -> str:
    return to_public("deal", shop.deal(**terms))  # type: ignore[arg-type]


# --- products and deals -------------------------------------------------------------------------------------------


def test_an_admin_puts_goods_on_sale_and_everybody_sees_them(shop: RoomShop) -> None:
    admin = sign_up(shop.app, role=Role.ADMIN)
    body = {"title": "Tea", "skus": [{"code": "A", "title": "box", "price_minor": 1, "stock": 0}]}
    made = admin.call("POST", "/admin/products", json=body)
    assert made.status_code == 201
    product = made.get_json()
    assert (product["return_days"], product["skus"][0]["price"]) == (7, {"amount_minor": 1, "currency": "CNY"})
    client = shop.app.test_client()
    assert client.get(f"/api/v1/products/{product['id']}").get_json() == product
    first = client.get("/api/v1/products?limit=1").get_json()
    assert len(first["data"]) == 1
    assert client.get(f"/api/v1/products?cursor={first['next_cursor']}").get_json()["data"] == [product]
    assert rows("SELECT action, target FROM audit_entries ORDER BY id DESC LIMIT 1") == [
        ("product.added", product["id"])
    ]


def steps(*ladder: tuple[int, int], group_size: int = 3, **more: object) -> dict[str, object]:
    """The terms of a ladder of (size, price in minor units)."""
    found = [{"size": size, "price_minor": price} for size, price in ladder]
    return {"price_steps": found, "price_minor": None, "group_size": group_size, **more}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host_perk": {"gift": 1}}, "host_perk.kind"),
        ({"host_perk": {"kind": "free_seat", "rate_bps": 1}}, "host_perk"),
        ({"host_perk": {"kind": "percentage"}}, "host_perk"),
        ({"host_perk": {"kind": "percentage", "rate_bps": 5_001}}, "host_perk.rate_bps"),
        ({"host_perk": {"kind": "commission", "rate_bps": 1, "fixed_minor": 1}}, "host_perk"),
        (steps((2, 9900)), "price_steps"),
        (steps((1, 9900), (2, 9800)), "price_steps.0.size"),
        (steps((2, 9900), (2, 9800)), "price_steps.1.size"),
        (steps((2, 9900), (3, 9900)), "price_steps.1.price_minor"),
        (steps((2, 9900), (3, 0)), "price_steps.1.price_minor"),
        (steps((2, 9900), (4, 9800)), "group_size"),
        (steps((2, 10_900), (3, 9800)), "price_steps.0.price_minor"),
        (steps((2, 9900), (3, 9800), price_minor=9900), "price_minor"),
        ({"price_minor": None}, "price_minor"),
        ({"newcomer_only": 1}, "newcomer_only"),
        ({"return_days": 6}, "return_days"),
        ({"return_days": 366}, "return_days"),
        ({"late_payer": "never"}, "late_payer"),
        ({"group_size": 1}, "group_size"),
        ({"price_minor": 0}, "price_minor"),
        ({"price_minor": 10**12 + 1}, "price_minor"),
        ({"price_minor": 1.0}, "price_minor"),
        ({"group_size": "2"}, "group_size"),
        ({"room_ttl_seconds": 0}, "room_ttl_seconds"),
        ({"room_ttl_seconds": 7 * 86_400 - 12 * 3_600 + 1}, "room_ttl_seconds"),
        ({"starts_at": "2026-01-31T12:00:00"}, "starts_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"quota": 0}, "quota"),
    ],
)
def test_only_terms_that_run_are_accepted_and_the_field_is_named(
    shop: RoomShop, changed: dict[str, object], field: str
) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    answer = leader.call("POST", "/deals", json=_terms(shop, **changed))
    assert refusal(answer) == (422, "invalid_value", field)
    assert rows("SELECT count(*) FROM deals") == [(0,)]


def test_the_longest_room_that_its_money_allows_is_accepted(shop: RoomShop) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    body = _terms(shop, room_ttl_seconds=7 * 86_400 - 12 * 3_600, newcomer_only=False, late_payer="refund")
    assert leader.call("POST", "/deals", json=body).status_code == 201


def test_an_unknown_unit_is_404(shop: RoomShop) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    for sku_id in (to_public("sku", shop.deal()), "sku_x", to_public("prd", shop.sku_id)):
        answer = leader.call("POST", "/deals", json=_terms(shop, sku_id=sku_id))
        assert refusal(answer)[:2] == (404, "not_found")


def test_a_draft_is_nobodys_until_its_leader_or_an_admin_publishes_it(shop: RoomShop) -> None:
    leader, other, admin = (sign_up(shop.app, role=role) for role in (Role.LEADER, Role.LEADER, Role.ADMIN))
    client = shop.app.test_client()
    draft = leader.call("POST", "/deals", json=_terms(shop, draft=True)).get_json()
    assert draft["status"] == "draft"
    assert client.get("/api/v1/deals").get_json()["data"] == []
    assert client.get(f"/api/v1/deals/{draft['id']}").status_code == 404
    assert refusal(admin.call("POST", f"/deals/{draft['id']}/rooms", key=_key(), json={}))[0] == 404
    assert refusal(other.call("POST", f"/deals/{draft['id']}/publish", json={}))[0] == 404
    published = leader.call("POST", f"/deals/{draft['id']}/publish", json={}).get_json()
    assert published["status"] == "live"
    assert admin.call("POST", f"/deals/{draft['id']}/publish", json={}).get_json() == published
    assert client.get("/api/v1/deals").get_json()["data"] == [published]
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'deal.published'") == [(1,)]


def test_a_deal_is_announced_before_it_is_live(shop: RoomShop) -> None:
    soon = (shop.pay_shop.clock.now() + timedelta(hours=1)).isoformat()
    deal = sign_up(shop.app, role=Role.LEADER).call("POST", "/deals", json=_terms(shop, starts_at=soon)).get_json()
    assert deal["status"] == "scheduled"
    buyer = sign_up(shop.app)
    before = buyer.call("POST", f"/deals/{deal['id']}/rooms", key=_key(), json={})
    assert refusal(before) == (409, "deal_not_live", None)
    shop.pay_shop.clock.advance(timedelta(hours=1))
    _open(buyer, deal["id"])


# --- rooms ----------------------------------------------------------------------------------------------------------


def test_opening_and_joining_answer_with_room_seat_order_and_payment(shop: RoomShop) -> None:
    host, guest = sign_up(shop.app, name="Lin"), sign_up(shop.app, name="Wei")
    opened = _open(host, _deal(shop, size=3), quantity=2)
    room = opened["room"]["id"]
    assert opened["room"] == shop.app.test_client().get(f"/api/v1/rooms/{room}").get_json()
    assert opened["order"]["total"] == opened["payment"]["amount"] == {"amount_minor": 19800, "currency": "CNY"}
    assert (opened["seat"]["status"], opened["order"]["status"]) == ("held", "awaiting_payment")
    assert opened["order"]["payment"] == opened["payment"]
    joined = guest.call("POST", f"/rooms/{room}/seats", key=_key(), json={}).get_json()
    assert joined["room"]["members"] == [
        {"display_name": "Lin", "avatar": None, "status": "held"},
        {"display_name": "Wei", "avatar": None, "status": "held"},
    ]
    assert joined["room"]["host"] == {"display_name": "Lin", "avatar": None}
    assert guest.call("GET", f"/orders/{joined['order']['id']}").get_json() == joined["order"]
    assert guest.call("GET", "/orders").get_json() == {"data": [joined["order"]], "next_cursor": None}
    assert faults(shop) == []


def test_a_room_tells_no_address_and_no_id_of_its_members(shop: RoomShop) -> None:
    people = [sign_up(shop.app), sign_up(shop.app)]
    room = _open(people[0], _deal(shop, size=3))["room"]["id"]
    people[1].call("POST", f"/rooms/{room}/seats", key=_key(), json={})
    shown = shop.app.test_client().get(f"/api/v1/rooms/{room}").text
    for person in people:
        assert to_public("mbr", person.card.member_id) not in shown
        assert str(person.card.email) not in shown
        assert person.card.invite_code not in shown


def test_polling_an_unchanged_room_is_304_and_costs_one_read_by_key(shop: RoomShop) -> None:
    host, client = sign_up(shop.app), shop.app.test_client()
    room = _open(host, _deal(shop, size=3))["room"]["id"]
    first = client.get(f"/api/v1/rooms/{room}")
    tag = first.headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        with statements() as seen:
            again = client.get(f"/api/v1/rooms/{room}", headers={"If-None-Match": sent})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert len(seen) == 1
    assert "FROM rooms r WHERE id = " in seen[0]
    sign_up(shop.app).call("POST", f"/rooms/{room}/seats", key=_key(), json={})
    changed = client.get(f"/api/v1/rooms/{room}", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.get_json()["seats_taken"]) == (200, 2)
    assert changed.headers["ETag"] != tag


def test_every_change_that_shows_in_a_room_changes_its_tag(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2, hold=60))
    seen = [shop.view(host.room.id)]

    def changed() -> bool:
        seen.append(shop.view(host.room.id))
        return seen[-1].version > seen[-2].version

    shop.pay(host)
    shop.work()
    assert changed()
    member = shop.member()
    shop.join(host.room.id, member)
    assert changed()
    shop.leave(host.room.id, member)
    assert changed()
    shop.join(host.room.id)
    assert changed()
    shop.tick(60)
    assert changed()
    shop.pay(shop.join(host.room.id))
    shop.work()
    assert changed()
    assert str(seen[-1].status) == "filled"


def test_refusals_come_in_their_order_and_change_nothing(shop: RoomShop) -> None:
    host, guest, late = sign_up(shop.app), sign_up(shop.app), sign_up(shop.app)
    room = _open(host, _deal(shop))["room"]["id"]
    guest.call("POST", f"/rooms/{room}/seats", key=_key(), json={})
    before, left = counts(*ADDED), shop.left()
    seats = f"/rooms/{room}/seats"
    tries = (
        (guest, seats, {"invite_code": "NOSUCHCODE"}, (422, "invite_code_unknown", "invite_code")),
        (guest, seats, {"quantity": 0}, (422, "invalid_value", "quantity")),
        (guest, seats, {"quantity": True}, (422, "invalid_value", "quantity")),
        (guest, seats, {}, (409, "already_seated", None)),
        (late, seats, {"quantity": 100_000}, (409, "room_full", None)),
        (late, seats, {"invite_code": "NOSUCHCODE"}, (422, "invite_code_unknown", "invite_code")),
        (late, f"/rooms/{to_public('room', shop.sku_id)}/seats", {}, (404, "not_found", None)),
        (late, f"/deals/{_deal(shop)}/rooms", {"quantity": 1_000_000}, (409, "out_of_stock", None)),
    )
    for person, path, body, expected in tries:
        assert refusal(person.call("POST", path, key=_key(), json=body)) == expected
    assert refusal(late.call("DELETE", f"{seats}/mine"))[:2] == (404, "not_found")
    finance = sign_up(shop.app, role=Role.FINANCE)
    assert refusal(finance.call("POST", seats, key=_key(), json={}))[0] == 403
    assert refusal(late.call("POST", seats, json={})) == (400, "idempotency_key_missing", None)
    assert (counts(*ADDED), shop.left(), faults(shop)) == (before, left, [])


def test_a_replayed_key_gives_the_same_answer_and_one_seat(shop: RoomShop) -> None:
    host, guest = sign_up(shop.app), sign_up(shop.app)
    room = _open(host, _deal(shop, size=3))["room"]["id"]
    first = guest.call("POST", f"/rooms/{room}/seats", key="once", json={"quantity": 2})
    again = guest.call("POST", f"/rooms/{room}/seats", key="once", json={"quantity": 2})
    assert (again.status_code, again.data) == (201, first.data)
    other = guest.call("POST", f"/rooms/{room}/seats", key="once", json={"quantity": 1})
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert (rows("SELECT count(*) FROM seats"), faults(shop)) == ([(2,)], [])


def test_a_link_used_at_joining_is_kept_with_the_order(shop: RoomShop) -> None:
    host, guest = sign_up(shop.app), sign_up(shop.app)
    room = _open(host, _deal(shop, size=3))["room"]["id"]
    body = {"invite_code": host.card.invite_code.lower()}
    joined = guest.call("POST", f"/rooms/{room}/seats", key=_key(), json=body)
    assert joined.status_code == 201
    assert rows("SELECT l.code FROM orders o JOIN invite_links l ON l.id = o.link_id") == [(host.card.invite_code,)]


def test_the_link_that_a_visitor_followed_is_kept_unless_another_is_named(shop: RoomShop) -> None:
    host, other, guest = sign_up(shop.app), sign_up(shop.app), sign_up(shop.app)
    deal = _deal(shop, size=3)
    assert guest.client.get(f"/i/{host.card.invite_code}").status_code == 200
    assert _open(guest, deal)["room"]
    _open(guest, deal, invite_code=other.card.invite_code)
    kept = rows("SELECT l.code FROM orders o JOIN invite_links l ON l.id = o.link_id ORDER BY o.id")
    assert kept == [(host.card.invite_code,), (other.card.invite_code,)]


def test_an_own_link_brings_nothing(shop: RoomShop) -> None:
    """dub #3956, Origin #4250: members who referred themselves."""
    host = sign_up(shop.app)
    _open(host, _deal(shop, size=3), invite_code=host.card.invite_code)
    assert rows("SELECT link_id FROM orders") == [(None,)]


def test_a_claim_costs_eight_statements_and_a_whole_paid_join_at_most_thirty(shop: RoomShop) -> None:
    host, guest = sign_up(shop.app), sign_up(shop.app)
    deal = _deal(shop, size=2)
    with statements() as opening:
        opened = _open(host, deal)
    assert len(opening) == 8
    room = opened["room"]["id"]
    body = {"invite_code": host.card.invite_code}
    with statements() as joining:
        joined = guest.call("POST", f"/rooms/{room}/seats", key=_key(), json=body).get_json()
    # Token, lock of the key, answer under it, claim, payment, event, the room as it is now, the kept answer.
    assert len(joining) == 8
    host.call("POST", f"/sandbox/payments/{opened['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.work()
    with statements() as paying:
        guest.call("POST", f"/sandbox/payments/{joined['payment']['id']}/pay", json={"outcome": "succeeded"})
    relay.relay()
    with statements() as calling:
        jobs.drain("make_payment_call")
    relay.relay()
    with statements() as seating:
        jobs.drain("pay_seats")
    assert rows("SELECT status FROM rooms") == [("filled",)]
    assert len(joining) + len(paying) + len(calling) + len(seating) <= 30


def test_a_full_room_refuses_in_five_statements(shop: RoomShop) -> None:
    room = _open(sign_up(shop.app), _deal(shop))["room"]["id"]
    sign_up(shop.app).call("POST", f"/rooms/{room}/seats", key=_key(), json={})
    late = sign_up(shop.app)
    with statements() as seen:
        late.call("POST", f"/rooms/{room}/seats", key=_key(), json={})
    assert len(seen) == 5


# --- orders -------------------------------------------------------------------------------------------------------


def test_an_order_is_its_buyers_and_finance_and_admins_may_read_it(shop: RoomShop) -> None:
    people = {role: sign_up(shop.app, role=role) for role in Role}
    order = _open(sign_up(shop.app), _deal(shop))["order"]
    found = {role: person.call("GET", f"/orders/{order['id']}").status_code for role, person in people.items()}
    assert found == {Role.MEMBER: 404, Role.LEADER: 404, Role.FINANCE: 200, Role.ADMIN: 200}
    for role in (Role.MEMBER, Role.LEADER, Role.ADMIN):
        answer = people[role].call("POST", f"/orders/{order['id']}/receipt", json={})
        assert refusal(answer)[:2] == (404, "not_found")


def test_shipment_waits_for_the_confirmed_order_and_happens_once(shop: RoomShop) -> None:
    admin, host, guest = sign_up(shop.app, role=Role.ADMIN), sign_up(shop.app), sign_up(shop.app)
    opened = _open(host, _deal(shop))
    order = opened["order"]["id"]
    shipment = f"/admin/orders/{order}/shipment"
    body = {"carrier": "SF", "tracking": "1"}
    assert refusal(admin.call("POST", shipment, json=body)) == (409, "order_not_confirmed", None)
    assert refusal(host.call("POST", f"/orders/{order}/receipt", json={})) == (409, "order_not_shipped", None)
    joined = guest.call("POST", f"/rooms/{opened['room']['id']}/seats", key=_key(), json={}).get_json()
    for person, held in ((host, opened), (guest, joined)):
        person.call("POST", f"/sandbox/payments/{held['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.work()
    shipped = admin.call("POST", shipment, json=body).get_json()
    assert (shipped["status"], shipped["carrier"], shipped["payment"]["status"]) == ("shipped", "SF", "captured")
    assert admin.call("POST", shipment, json={"carrier": "XX", "tracking": "2"}).get_json() == shipped
    received = host.call("POST", f"/orders/{order}/receipt", json={}).get_json()
    assert received["status"] == "received"
    assert host.call("POST", f"/orders/{order}/receipt", json={}).get_json() == received
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'order.shipped'") == [(1,)]
    assert faults(shop) == []
