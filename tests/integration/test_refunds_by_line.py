"""Refunds by line over the API: stock, shipping, points, commission and coupons follow each, to the minor unit."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coupon_shop import a_coupon, coupon_faults, give, shipping_fee, standings, stands_in_gold
from flask import Flask
from money_people import number_of
from payment_shop import rows
from points_shop import points
from room_shop import Member, RoomShop, faults, room_shop
from sample_sales import LONG_AGO, a_plan
from web_client import Person, refusal, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.outbox import payload_of
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import service as ledger
from socialshop.orders import service as orders
from socialshop.payments.events import RefundFailed, RefundPaid
from socialshop.referrals import service as referrals

GOODS, SHIPPING = 25_730, 800
BOOKS = ("shop:sales", "shop:shipping", "shop:coupon_expense", "shop:points_expense")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


class Case:
    """Somebody with a sponsor who bought three units with a coupon, points and shipping, and an admin."""

    def __init__(self, shop: RoomShop) -> None:
        self.shop = shop
        self.admin = sign_up(shop.app, role=Role.ADMIN)
        self.buyer, self.sponsor, guest = (sign_up(shop.app) for _ in range(3))
        self.member = Member(number_of(self.buyer))
        self.above = number_of(self.sponsor)
        with unit_of_work(shop.pay_shop.clock) as uow:
            plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 1_000}, hold_days=3)
            commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
            referrals.correct_sponsor(uow, member_number=self.member.number, new_sponsor=self.above, reason="t", by="t")
        give(shop, a_coupon(shop, kind="percentage", rate_bps=1_000, ceiling_minor=9_000), self.member)
        member_id = to_public("mbr", self.buyer.card.member_id)
        self.said(self.admin, f"/admin/members/{member_id}/points", points=1_000, reason="late")
        deal = to_public("deal", shop.deal(2, shipping_minor=SHIPPING))
        taken = self.said(self.buyer, f"/deals/{deal}/rooms", quantity=3, use_points=1_000)
        joined = self.said(guest, f"/rooms/{taken['room']['id']}/seats")
        for person, seat in ((self.buyer, taken), (guest, joined)):
            self.said(person, f"/sandbox/payments/{seat['payment']['id']}/pay", outcome="succeeded")
        shop.settle()
        self.order = taken["order"]["id"]

    def said(self, person: Person, path: str, **body: object) -> Any:
        """What the shop answers; it must not refuse."""
        answer = person.call("POST", path, key=secrets.token_hex(8), json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.get_json()

    def ask(self, *lines: dict[str, int]) -> Any:
        return self.said(self.buyer, f"/orders/{self.order}/refunds", reason="broken", lines=lines)

    def approve(self, refund: str, **body: object) -> Any:
        answer = self.admin.call("POST", f"/admin/refunds/{refund}/approve", json=body)
        assert answer.status_code == 200, answer.text
        self.shop.settle()
        return answer.get_json()

    def ship(self) -> None:
        self.said(self.admin, f"/admin/orders/{self.order}/shipment", carrier="SF", tracking="1")

    def stands(self) -> tuple[object, ...]:
        """Stock; the order's status and what went back; commission; points usable and on their way; the coupon."""
        order = self.buyer.call("GET", f"/orders/{self.order}").get_json()
        with unit_of_work() as uow:
            pending = ledger.wallet(uow, self.above, "CNY").pending
        own = points(self.member.number)
        back = order["refunded"]["amount_minor"]
        return (self.shop.left(), order["status"], back, pending, own.available, own.pending, *standings(self.member))

    def books(self) -> tuple[int, ...]:
        return tuple(self.shop.balance(account) for account in BOOKS)


def test_a_partial_and_a_full_refund_by_line_take_stock_points_commission_and_coupon_along(shop: RoomShop) -> None:
    # 297.00, 10 % by a coupon, 10.00 by points: 257.30 of goods; 8.00 for sending. The guest pays 99.00 and 8.00.
    case = Case(shop)
    guest = 9_900
    assert case.stands() == (996, "confirmed", 0, 2_573, 0, 257, "used")
    assert case.books() == (29_700 + guest, SHIPPING * 2, -2_970, -1_000)
    # One of three before the parcel leaves: a third of the goods, no sending; it comes back by the rule.
    first = case.ask({"line": 1, "quantity": 1})
    assert (first["amount"]["amount_minor"], first["restock"]) == (8_576, None)
    assert case.approve(first["id"])["restock"] is True
    # commission 10 % of 171.54; points back 1000 × 8576 ÷ 26530, earned 1 for each whole yuan that is left
    assert case.stands() == (997, "confirmed", 8_576, 1_715, 323, 171, "used")
    # The other two once the parcel has left: the sending was done, and what came back is not for sale again.
    case.ship()
    second = case.ask({"line": 1})
    assert (second["amount"]["amount_minor"], len(second["lines"])) == (17_154, 1)
    assert case.approve(second["id"], restock=False)["restock"] is False
    assert case.stands() == (997, "shipped", GOODS, 0, 969, 0, "used")
    # Its sending, named by its line: all of the money went back, so points are whole and the coupon is open again.
    third = case.ask({"line": 2})
    assert third["amount"]["amount_minor"] == SHIPPING
    case.approve(third["id"], restock=True)
    assert case.stands() == (997, "refunded", GOODS + SHIPPING, 0, 1_000, 0, "open")
    assert case.books() == (guest, SHIPPING, 0, 0)
    more = case.buyer.call("POST", f"/orders/{case.order}/refunds", key="more", json={"reason": "x"})
    assert refusal(more)[:2] == (409, "nothing_to_refund")
    assert rows("SELECT reason, quantity FROM stock_moves ORDER BY id") == [("first", 1_000), ("restocked", 1)]
    assert (faults(shop), coupon_faults()) == ([], [])


def test_the_last_goods_before_the_parcel_leaves_take_the_sending_along_and_come_back_once(shop: RoomShop) -> None:
    case = Case(shop)
    # While others wait to be decided the last units take no sending along: what is rejected is sent.
    asked = [case.ask({"line": 1, "quantity": 1}), case.ask({"line": 1})]
    assert [len(refund["lines"]) for refund in asked] == [1, 1]
    for refund in asked:
        case.said(case.admin, f"/admin/refunds/{refund['id']}/reject", reason="not yet")
    refund = case.ask({"line": 1})
    assert [(part["line"], part["amount"]["amount_minor"]) for part in refund["lines"]] == [(1, GOODS), (2, SHIPPING)]
    clock = shop.pay_shop.clock
    refund_id, order_id = from_public("rfd", refund["id"]), from_public("ord", case.order)
    case.admin.call("POST", f"/admin/refunds/{refund['id']}/approve", json={"restock": True})
    # Approved, all of it comes back into stock: it is not sent, though its money is still on its way.
    parcel = {"carrier": "SF", "tracking": "1"}
    sent = case.admin.call("POST", f"/admin/orders/{case.order}/shipment", key="parcel", json=parcel)
    assert refusal(sent)[:2] == (409, "order_not_confirmed")
    # The provider refuses: nothing came back, and it is decided again, the other way; then the first way.
    payment_id = rows("SELECT id FROM payments WHERE order_id = :id", id=order_id)[0][0]
    amount = GOODS + SHIPPING
    failed = payload_of(RefundFailed(payment_id, order_id, refund_id, amount))
    in_unit_of_work(lambda uow: orders.on_refund_failed(uow, [failed]), clock)
    assert (shop.left(), rows("SELECT status, restock FROM refunds WHERE id = :id", id=refund_id)) == (
        996,
        [("requested", None)],
    )
    case.approve(refund["id"], restock=True)
    told = payload_of(RefundPaid(payment_id, order_id, refund_id, amount))
    in_unit_of_work(lambda uow: orders.on_refund_paid(uow, [told, told]), clock)
    assert case.stands()[:3] == (999, "refunded", amount)
    assert faults(shop) == []


def test_what_sending_costs_is_a_term_of_the_deal_that_its_rooms_keep(shop: RoomShop) -> None:
    admin, leader = (sign_up(shop.app, role=role) for role in (Role.ADMIN, Role.LEADER))
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Tea", "group_size": 2, "price_minor": 9_900}
    new = {**terms, "room_ttl_seconds": 3_600}
    sent = leader.call("POST", "/deals", json={**new, "shipping_minor": 0})
    assert refusal(sent) == (422, "invalid_value", "shipping_minor")
    with shipping_fee(shop.app, 500):
        usual, own, free = (
            admin.call("POST", "/deals", json={**new, "shipping_minor": fee}).get_json() for fee in (None, 800, 0)
        )
        assert [deal["shipping"]["amount_minor"] for deal in (usual, own, free)] == [500, 800, 0]
        opened = []
        for deal in (usual, own, free):
            path = f"/deals/{deal['id']}"
            total = leader.call("POST", f"{path}/quotes", json={}).get_json()["total"]["amount_minor"]
            room = leader.call("POST", f"{path}/rooms", key=path, json={}).get_json()
            assert room["order"]["total"]["amount_minor"] == total == 9_900 + deal["shipping"]["amount_minor"]
            opened.append(room["room"])
    # The shop's fee is another by now: rooms that are open keep theirs, and so do their quotes.
    buyer = sign_up(shop.app)
    for room, fee in zip(opened, (500, 800, 0), strict=True):
        path = f"/rooms/{room['id']}"
        assert buyer.call("GET", path).get_json()["shipping"]["amount_minor"] == fee
        assert buyer.call("POST", f"{path}/quotes", json={}).get_json()["total"]["amount_minor"] == 9_900 + fee
        joined = buyer.call("POST", f"{path}/seats", key=path, json={}).get_json()
        assert joined["order"]["total"]["amount_minor"] == 9_900 + fee


def test_relief_and_coupons_act_on_the_sending_of_a_deal(shop: RoomShop) -> None:
    gold, other = sign_up(shop.app), sign_up(shop.app)
    stands_in_gold(shop, Member(number_of(gold)), free_shipping=True)
    give(shop, a_coupon(shop, kind="shipping", amount_minor=300), Member(number_of(other)))
    deal = to_public("deal", shop.deal(2, shipping_minor=800))
    for person, left in ((gold, 0), (other, 500)):
        quote = person.call("POST", f"/deals/{deal}/quotes", json={}).get_json()
        assert quote["total"]["amount_minor"] == 9_900 + left
