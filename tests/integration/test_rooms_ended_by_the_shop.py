"""Rooms that the shop ends: filled at their clock by a subsidy within its budget, or cancelled for a reason."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once
from flask import Flask
from patience import PATIENCE
from room_shop import HOUR, PRICE, RoomShop, faults, room_shop, unsettled
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals import store as deals_store
from socialshop.deals.rules import Subsidy
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined, ending
from socialshop.rooms.store import changing
from tests.payment_shop import rows
from tests.web_client import Person, sign_up

# What a missing seat of the shop's tea costs: 109.00 alone, 99.00 together.
SEAT = 1000


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as shop:
        yield shop


def _room(shop: RoomShop, deal: uuid.UUID, paid: int, held: int = 0) -> list[Joined]:
    """A room in which so many have paid, the host first, and so many have not."""
    host = shop.open(deal)
    seats = [host, *(shop.join(host.room.id) for _ in range(paid + held - 1))]
    for one in seats[:paid]:
        shop.pay(one)
    shop.work()
    return seats


def _spent(deal: uuid.UUID) -> int:
    return int(rows("SELECT spent_minor FROM deal_subsidies WHERE deal_id = :id", id=deal)[0][0])


# --- the subsidy ---------------------------------------------------------------------------------------------------


def test_at_its_clock_a_room_with_enough_paid_seats_is_filled_and_the_shop_pays_the_rest(shop: RoomShop) -> None:
    deal = shop.deal(size=5, hold=HOUR, subsidy=Subsidy(3, 10_000))
    seats = _room(shop, deal, paid=3, held=1)
    shop.tick(HOUR)
    shop.settle()
    # then who paid has the goods, who did not has no seat, and nobody was invented
    assert [shop.order(one) for one in seats] == ["confirmed"] * 3 + ["cancelled"]
    assert shop.seats(seats[0].room.id) == ("filled", 3, 3)
    assert shop.view(seats[0].room.id).seats_subsidised == 2
    # and the discount of the two missing seats is posted: two times (109.00 alone - 99.00 together)
    assert (shop.balance("shop:subsidy"), shop.balance("shop:sales")) == (-2 * SEAT, 3 * PRICE + 2 * SEAT)
    assert (_spent(deal), shop.left()) == (2 * SEAT, 997)
    assert faults(shop) == unsettled(shop) == []


def test_with_fewer_paid_seats_it_expires_as_ever(shop: RoomShop) -> None:
    deal = shop.deal(size=5, subsidy=Subsidy(3, 10_000))
    seats = _room(shop, deal, paid=2)
    shop.tick(HOUR)
    shop.settle()
    assert {shop.order(one) for one in seats} == {"refunded"}
    assert (_spent(deal), shop.balance("shop:subsidy")) == (0, 0)
    assert faults(shop) == unsettled(shop) == []


def test_a_budget_is_spent_to_what_is_left_and_no_further(shop: RoomShop) -> None:
    """Two rooms lack two seats each, one lacks one; 3,000 pays the first and the last does not jump the second."""
    deal = shop.deal(size=3, hold=HOUR, subsidy=Subsidy(1, 3 * SEAT))
    first = _room(shop, deal, paid=1)
    shop.tick(1)
    second = _room(shop, deal, paid=1)
    shop.tick(HOUR)
    shop.settle()
    assert (shop.order(first[0]), shop.order(second[0])) == ("confirmed", "refunded")
    # and a room that comes later is paid from what is left
    third = _room(shop, deal, paid=2)
    shop.tick(HOUR)
    shop.settle()
    assert (shop.order(third[0]), _spent(deal)) == ("confirmed", 3 * SEAT)
    assert shop.balance("shop:subsidy") == -3 * SEAT
    assert faults(shop) == unsettled(shop) == []


def test_a_host_who_has_not_paid_is_no_host_of_a_room_that_the_shop_fills(shop: RoomShop) -> None:
    deal = shop.deal(size=4, hold=HOUR, subsidy=Subsidy(1, 10_000))
    host = shop.open(deal)
    other = shop.join(host.room.id)
    shop.pay(other)
    shop.work()
    shop.tick(HOUR)
    shop.settle()
    assert (shop.order(host), shop.order(other)) == ("cancelled", "confirmed")
    assert rows("SELECT host FROM rooms") == [(shop.pay_shop.payer(other.payment),)]
    assert faults(shop) == unsettled(shop) == []


def test_many_schedulers_at_once_spend_a_budget_to_the_minor_unit(app: Flask, shop: RoomShop) -> None:
    deal = shop.deal(size=2, subsidy=Subsidy(1, 7 * SEAT + 999))
    rooms_of = [_room(shop, deal, paid=1) for _ in range(12)]
    after = ManualClock(shop.pay_shop.clock.now() + timedelta(seconds=HOUR))
    at_once(app, after, [rooms.expire_due] * 4)
    shop.tick(HOUR)
    shop.settle()
    assert sorted(shop.order(one[0]) for one in rooms_of) == ["confirmed"] * 7 + ["refunded"] * 5
    assert (_spent(deal), shop.balance("shop:subsidy")) == (7 * SEAT, -7 * SEAT)
    assert faults(shop) == unsettled(shop) == []


def test_a_budget_that_is_read_and_then_written_is_seen(
    app: Flask, shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: two schedulers read what is left before either writes."""
    deal = shop.deal(size=2, subsidy=Subsidy(1, SEAT))
    for _ in range(2):
        _room(shop, deal, paid=1)
    both_have_read = threading.Barrier(2)

    def believed(session: Session, deal_ids: object, room_ids: list[uuid.UUID], costs: tuple[int, ...]) -> object:
        statement = text("SELECT budget_minor - spent_minor FROM deal_subsidies WHERE deal_id = :id")
        left = session.execute(statement, {"id": deal}).scalar_one()
        both_have_read.wait(PATIENCE)
        session.execute(text("UPDATE deal_subsidies SET spent_minor = budget_minor - :left"), {"left": left - SEAT})
        return room_ids if left >= SEAT else []

    monkeypatch.setattr(deals_store, "spend_subsidies", believed)
    monkeypatch.setattr(ending, "_SEATS_A_STEP", 1)
    after = ManualClock(shop.pay_shop.clock.now() + timedelta(seconds=HOUR))
    at_once(app, after, [rooms.expire_due] * 2)
    assert (_spent(deal), shop.balance("shop:subsidy")) == (SEAT, -2 * SEAT)


def test_a_subsidy_is_an_admins_to_give_and_its_terms_must_fit(shop: RoomShop) -> None:
    admin, leader = sign_up(shop.app, role=Role.ADMIN), sign_up(shop.app, role=Role.LEADER)
    body = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Tea",
        "group_size": 4,
        "price_minor": 9900,
        "room_ttl_seconds": HOUR,
    }
    subsidy = {"fill_policy": "subsidy", "subsidy_from": 2, "subsidy_budget_minor": 5000}
    ladder = {"price_minor": None, "price_steps": [{"size": 2, "price_minor": 9900}, {"size": 4, "price_minor": 9000}]}
    refused: list[tuple[Person, dict[str, Any], str]] = [
        (leader, subsidy, "fill_policy"),
        (admin, {"fill_policy": "subsidy"}, "fill_policy"),
        (admin, {"subsidy_from": 2}, "fill_policy"),
        (admin, {**subsidy, "subsidy_from": 4}, "subsidy_from"),
        (admin, {**subsidy, **ladder}, "fill_policy"),
    ]
    for person, changed, field in refused:
        answer = person.call("POST", "/deals", json={**body, **changed})
        assert (answer.status_code, answer.get_json()["field"]) == (422, field), changed
    assert rows("SELECT count(*) FROM deals") == [(0,)]
    made = admin.call("POST", "/deals", json={**body, **subsidy}).get_json()
    assert (made["fill_policy"], made["subsidy_from"]) == ("subsidy", 2)


# --- cancelled by an admin -----------------------------------------------------------------------------------------


def _cancel(shop: RoomShop, joined: Joined, person: Person | None = None) -> Any:
    admin = person or sign_up(shop.app, role=Role.ADMIN)
    path = f"/admin/rooms/{to_public('room', joined.room.id)}/cancel"
    return admin.call("POST", path, key=secrets.token_hex(4), json={"reason": "the goods are recalled"})


def test_a_room_that_an_admin_cancels_gives_every_seat_and_all_money_back(shop: RoomShop) -> None:
    seats = _room(shop, shop.deal(size=4), paid=2, held=1)
    answer = _cancel(shop, seats[0])
    assert (answer.status_code, answer.get_json()["status"]) == (200, "cancelled")
    shop.settle()
    assert [shop.order(one) for one in seats] == ["refunded", "refunded", "cancelled"]
    assert shop.left() == 1000
    # then it is in the record, each member reads why, and said again nothing changes
    assert rows("SELECT facts ->> 'reason' FROM audit_entries WHERE action = 'room.cancelled'") == [
        ("the goods are recalled",)
    ]
    told = rows("SELECT facts ->> 'say', facts ->> 'reason' FROM notices WHERE kind = 'room_cancelled' ORDER BY 1")
    assert [say for say, _ in told] == ["by_shop", "by_shop_paid", "by_shop_paid"]
    assert {reason for _, reason in told} == {"the goods are recalled"}
    assert _cancel(shop, seats[0]).status_code == 200
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'room.cancelled'") == [(1,)]
    assert faults(shop) == unsettled(shop) == []


def test_a_room_that_is_filled_or_over_is_not_cancelled(shop: RoomShop) -> None:
    filled = _room(shop, shop.deal(size=2), paid=2)
    expired = _room(shop, shop.deal(size=3), paid=1)
    shop.tick(HOUR)
    for seats in (filled, expired):
        assert _cancel(shop, seats[0]).get_json()["code"] == "room_closed"
    assert _cancel(shop, filled[0], sign_up(shop.app, role=Role.FINANCE)).status_code == 403
    assert shop.order(filled[0]) == "confirmed"


def test_of_a_cancel_and_the_last_payment_whichever_comes_first_decides(app: Flask, shop: RoomShop) -> None:
    pairs = [_room(shop, shop.deal(size=2), paid=1, held=1) for _ in range(6)]
    actor = uuid.uuid4()
    works = []
    for host, last in pairs:
        shop.pay(last)
        told = [{"order_id": str(last.order.id), "payment_id": str(last.payment.id)}]
        works += [partial(rooms.cancel, actor=actor, room_id=host.room.id, reason="recalled")]
        works += [partial(rooms.on_payment_authorized, payloads=told)]
    in_unit_of_work(lambda uow: None, shop.pay_shop.clock)
    shop.work()
    at_once(app, shop.pay_shop.clock, works)
    shop.settle()
    assert faults(shop) == unsettled(shop) == []


def test_a_cancel_that_reads_the_room_without_its_lock_empties_a_filled_room(
    app: Flask, shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the last seat is paid between the look and the cancel."""
    host, last = _room(shop, shop.deal(size=2), paid=1, held=1)
    shop.pay(last)

    def looked_at(session: Session, room_id: uuid.UUID) -> str:
        found = session.execute(text("SELECT status FROM rooms WHERE id = :id"), {"id": room_id}).scalar_one()
        told = [{"order_id": str(last.order.id), "payment_id": str(last.payment.id)}]
        at_once(app, shop.pay_shop.clock, [partial(rooms.on_payment_authorized, payloads=told)])
        return str(found)

    monkeypatch.setattr(changing, "lock_room", looked_at)
    cancel = partial(rooms.cancel, actor=uuid.uuid4(), room_id=host.room.id, reason="recalled")
    in_unit_of_work(cancel, shop.pay_shop.clock)
    shop.settle()
    assert (shop.seats(host.room.id), shop.order(host)) == (("filled", 0, 0), "refunded")
