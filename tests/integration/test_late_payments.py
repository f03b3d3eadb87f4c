"""Money that comes for a lost seat: another room, a new one, or back, each by the deal's terms and once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from room_shop import HOUR, Member, RoomShop, faults, room_shop, statements, unsettled
from sqlalchemy import text

from socialshop.deals import service as deals
from socialshop.deals.rules import LatePayer
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined
from tests.payment_shop import rows
from tests.web_client import Person, sign_up


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as shop:
        yield shop


def _deal(shop: RoomShop, late_payer: LatePayer = LatePayer.REROUTE, **terms: Any) -> uuid.UUID:
    return shop.deal(**{"size": 3, "hold": 60, "late_payer": late_payer, **terms})


def _lost(shop: RoomShop, deal: uuid.UUID, member: Member | None = None, quantity: int = 1) -> Joined:
    """A seat beside a paid host whose hold has lapsed."""
    host = shop.open(deal)
    shop.pay(host)
    shop.work()
    joined = shop.join(host.room.id, member, quantity)
    shop.tick(61)
    assert shop.order(joined) == "cancelled"
    return joined


def _pay_late(shop: RoomShop, joined: Joined) -> None:
    shop.pay(joined)
    shop.work()


def _late(joined: Joined) -> tuple[object, ...]:
    """The decision, the room that it led to, and the reason."""
    found = rows("SELECT decision, to_room, reason FROM late_payments WHERE order_id = :id", id=joined.order.id)
    assert len(found) == 1
    return tuple(found[0])


def _seat(joined: Joined) -> tuple[object, ...]:
    return tuple(rows("SELECT room_id, status FROM seats WHERE order_id = :id", id=joined.order.id)[0])


def _run(statement: str) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text(statement))


# --- another room -------------------------------------------------------------------------------------------------


def test_late_money_sits_down_in_the_open_room_that_is_nearest_to_filling(shop: RoomShop) -> None:
    deal = _deal(shop)
    joined = _lost(shop, deal)
    # given two more rooms, one of which lacks a single seat; the lost seat's own room lacks two
    far, near = shop.open(deal), shop.open(deal)
    other = shop.join(near.room.id)
    for one in (far, near, other):
        shop.pay(one)
    shop.work()
    left = shop.left()
    _pay_late(shop, joined)
    # then the near room fills with it, on the same order, and the units are taken again
    assert _seat(joined) == (near.room.id, "confirmed")
    assert (shop.order(joined), shop.seats(near.room.id)) == ("confirmed", ("filled", 3, 3))
    assert (_late(joined), shop.left()) == (("rerouted", near.room.id, None), left - 1)
    assert rows("SELECT room_id FROM orders WHERE id = :id", id=joined.order.id) == [(near.room.id,)]
    assert faults(shop) == unsettled(shop) == []


def test_the_room_that_the_seat_was_lost_in_is_as_good_as_another(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop))
    _pay_late(shop, joined)
    assert (_seat(joined), shop.order(joined)) == ((joined.room.id, "paid"), "paid")
    assert shop.seats(joined.room.id) == ("open", 2, 2)
    assert faults(shop) == unsettled(shop) == []


def test_money_that_comes_after_the_room_was_over_is_rerouted_too(shop: RoomShop) -> None:
    deal = _deal(shop, ttl=120, hold=120)
    joined = shop.open(deal)
    shop.tick(60)
    other = shop.open(deal)
    shop.pay(other)
    shop.work()
    shop.pay_shop.clock.advance(timedelta(seconds=60))
    _pay_late(shop, joined)
    assert shop.seats(joined.room.id) == ("expired", 0, 0)
    assert (_seat(joined), shop.order(joined)) == ((other.room.id, "paid"), "paid")
    assert faults(shop) == unsettled(shop) == []


def test_a_rerouted_seat_whose_room_expires_gets_all_back(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop))
    _pay_late(shop, joined)
    shop.tick(HOUR)
    shop.settle()
    assert (shop.order(joined), shop.pay_shop.status(joined.payment)) == ("refunded", "released")
    assert (shop.left(), faults(shop), unsettled(shop)) == (1000, [], [])


def test_told_again_a_late_payment_is_decided_once(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop))
    _pay_late(shop, joined)
    told = [{"order_id": str(joined.order.id), "payment_id": str(joined.payment.id)}]
    with unit_of_work(shop.pay_shop.clock) as uow:
        rooms.on_payment_authorized(uow, told)
        rooms.on_payment_late(uow, told * 2)
    shop.settle()
    assert (shop.seats(joined.room.id), _seat(joined)) == (("open", 2, 2), (joined.room.id, "paid"))
    assert faults(shop) == unsettled(shop) == []


# --- a new room ---------------------------------------------------------------------------------------------------


def test_late_money_opens_a_room_with_who_paid_as_its_host(shop: RoomShop) -> None:
    deal = _deal(shop, LatePayer.NEW_ROOM)
    joined = _lost(shop, deal, quantity=2)
    open_before = shop.open(deal)
    _pay_late(shop, joined)
    decision, to_room, reason = _late(joined)
    assert (decision, reason) == ("new_room", None)
    assert to_room not in (joined.room.id, open_before.room.id)
    assert rows("SELECT host, status, seats_taken, seats_paid FROM rooms WHERE id = :id", id=to_room) == [
        (shop.pay_shop.payer(joined.payment), "open", 1, 1)
    ]
    # and others fill it
    for _ in range(2):
        shop.pay(shop.join(uuid.UUID(str(to_room))))
    shop.work()
    assert (shop.order(joined), shop.seats(uuid.UUID(str(to_room)))) == ("confirmed", ("filled", 3, 3))
    assert faults(shop) == unsettled(shop) == []


def test_a_new_room_ends_twelve_hours_before_its_first_money_must_be_taken(shop: RoomShop) -> None:
    """The longest room a deal may have is cut by as much as the money was held before it was opened."""
    longest = 561_600
    deal = _deal(shop, LatePayer.NEW_ROOM, ttl=longest)
    joined = _lost(shop, deal)
    paid_at = shop.pay_shop.clock.now()
    shop.pay(joined)
    shop.pay_shop.work()
    (expires_at, capture_before), *_ = rows(
        "SELECT r.expires_at, p.capture_before FROM orders o JOIN rooms r ON r.id = o.room_id"
        " JOIN payments p ON p.order_id = o.id WHERE o.id = :id",
        id=joined.order.id,
    )
    assert capture_before == paid_at + timedelta(days=7)
    assert expires_at == capture_before - timedelta(hours=12)


# --- back: each reason, and that nothing else changed --------------------------------------------------------------


def _is_given_back(shop: RoomShop, joined: Joined, reason: str) -> None:
    left = shop.left()
    before = rows("SELECT id, seats_taken, seats_paid FROM rooms ORDER BY id")
    _pay_late(shop, joined)
    shop.settle()
    assert _late(joined) == ("refunded", None, reason)
    assert (shop.order(joined), shop.pay_shop.status(joined.payment)) == ("refunded", "released")
    assert (shop.left(), rows("SELECT id, seats_taken, seats_paid FROM rooms ORDER BY id")) == (left, before)
    assert faults(shop) == unsettled(shop) == []


def test_by_the_terms_of_most_deals_late_money_goes_back(shop: RoomShop) -> None:
    _is_given_back(shop, _lost(shop, _deal(shop, LatePayer.REFUND)), "by_terms")


def test_without_an_open_room_late_money_goes_back(shop: RoomShop) -> None:
    deal = _deal(shop, size=2)
    joined = _lost(shop, deal)
    shop.pay(shop.join(joined.room.id))
    shop.work()
    _is_given_back(shop, joined, "no_open_room")


@pytest.mark.parametrize("policy", [LatePayer.REROUTE, LatePayer.NEW_ROOM])
def test_without_goods_late_money_goes_back(shop: RoomShop, policy: LatePayer) -> None:
    shop.stock_tea(stock=3)
    deal = _deal(shop, policy)
    joined = _lost(shop, deal, quantity=2)
    shop.join(joined.room.id, quantity=2)
    _is_given_back(shop, joined, "out_of_stock")


@pytest.mark.parametrize("policy", [LatePayer.REROUTE, LatePayer.NEW_ROOM])
def test_past_the_deals_quota_late_money_goes_back(shop: RoomShop, policy: LatePayer) -> None:
    deal = _deal(shop, policy, quota=3)
    joined = _lost(shop, deal)
    shop.join(joined.room.id, quantity=2)
    _is_given_back(shop, joined, "out_of_stock")


@pytest.mark.parametrize("policy", [LatePayer.REROUTE, LatePayer.NEW_ROOM])
def test_past_what_a_member_may_have_late_money_goes_back(shop: RoomShop, policy: LatePayer) -> None:
    deal, member = _deal(shop, policy, per_member_limit=1), shop.member()
    joined = _lost(shop, deal, member)
    shop.open(deal, member)
    shop.open(deal)
    _is_given_back(shop, joined, "member_limit_reached")


def test_a_deal_that_is_over_opens_no_room_for_late_money(shop: RoomShop) -> None:
    deal = _deal(shop, LatePayer.NEW_ROOM)
    joined = _lost(shop, deal)
    _run("UPDATE deals SET ended_at = now() - interval '1 hour', starts_at = now() - interval '2 hours'")
    _is_given_back(shop, joined, "deal_not_live")


@pytest.mark.parametrize("policy", [LatePayer.REROUTE, LatePayer.NEW_ROOM])
def test_while_a_deal_is_paused_late_money_goes_back(shop: RoomShop, policy: LatePayer) -> None:
    deal = _deal(shop, policy)
    joined = _lost(shop, deal)
    with unit_of_work(shop.pay_shop.clock) as uow:
        deals.pause(uow, Admin(), deal)
    _is_given_back(shop, joined, "deal_paused")


class Admin:
    """Somebody who may pause any deal."""

    member_id, number, role = uuid.uuid4(), 0, Role.ADMIN


def test_a_room_that_outlives_the_money_is_no_room_for_it(shop: RoomShop) -> None:
    """The payment was held long before the shop heard of it: no open room ends in time for the money to be taken."""
    deal = _deal(shop, ttl=24 * HOUR)
    joined = _lost(shop, deal)
    shop.open(deal)
    shop.pay(joined)
    shop.pay_shop.clock.advance(timedelta(days=6, hours=1))
    shop.tick()
    other = shop.open(deal)
    with unit_of_work(shop.pay_shop.clock) as uow:
        uow.session.execute(
            text(
                "UPDATE payments SET status = 'authorized', provider_ref = 'x', capture_before = :until WHERE id = :id"
            ),
            {"id": joined.payment.id, "until": shop.pay_shop.clock.now() + timedelta(hours=23)},
        )
        rooms.on_payment_late(uow, [{"order_id": str(joined.order.id), "payment_id": str(joined.payment.id)}])
    assert (_late(joined), _seat(joined)) == (("refunded", None, "no_open_room"), (joined.room.id, "released"))
    assert shop.seats(other.room.id) == ("open", 1, 0)


def test_what_points_paid_went_back_with_the_seat_and_so_does_the_money(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop))
    _run(
        "INSERT INTO order_price_lines (order_id, line, kind, amount_minor)"
        f" VALUES ('{joined.order.id}', 1, 'goods', 9901), ('{joined.order.id}', 2, 'points', -1)"
    )
    _is_given_back(shop, joined, "means_returned")


# --- what the member sees ------------------------------------------------------------------------------------------


def _buyer(shop: RoomShop) -> tuple[Person, Member]:
    person = sign_up(shop.app)
    number = rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0]
    return person, Member(int(number))


@pytest.mark.parametrize(
    ("policy", "said"),
    [(LatePayer.REROUTE, "rerouted"), (LatePayer.NEW_ROOM, "new_room"), (LatePayer.REFUND, "refunded")],
)
def test_the_member_is_told_and_the_order_says_what_became_of_the_money(
    shop: RoomShop, policy: LatePayer, said: str
) -> None:
    person, member = _buyer(shop)
    joined = _lost(shop, _deal(shop, policy), member)
    _pay_late(shop, joined)
    told = rows(
        "SELECT facts ->> 'say' FROM notices WHERE member = :member AND kind = 'late_payment'", member=member.number
    )
    assert told == [(said,)]
    order = person.call("GET", f"/orders/{to_public('ord', joined.order.id)}").get_json()
    room = rows("SELECT to_room FROM late_payments")[0][0]
    assert order["late_payment"] == {
        "decision": said,
        "room_id": to_public("room", room) if room else None,
        "reason": None if room else "by_terms",
    }


def test_a_late_payment_costs_at_most_twelve_statements_beside_what_the_payment_itself_costs(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop))
    shop.pay(joined)
    told = [{"order_id": str(joined.order.id), "payment_id": str(joined.payment.id)}]
    _run(
        "UPDATE payments SET status = 'authorized', provider_ref = 'x', capture_before = now() + interval '7 d'"
        f" WHERE id = '{joined.payment.id}'"
    )
    with unit_of_work(shop.pay_shop.clock) as uow, statements() as authorized:
        rooms.on_payment_authorized(uow, told)
    with unit_of_work(shop.pay_shop.clock) as uow, statements() as late:
        rooms.on_payment_late(uow, told)
    assert len(authorized) <= 5
    assert len([s for s in late if "SAVEPOINT" not in s]) <= 12


def test_a_room_for_newcomers_takes_late_money_of_who_has_bought_meanwhile_no_more(shop: RoomShop) -> None:
    deal, member = _deal(shop, newcomer_only=True), shop.member()
    joined = _lost(shop, deal, member)
    bought = shop.open(shop.deal(size=2), member)
    shop.pay(bought)
    shop.work()
    _is_given_back(shop, joined, "newcomers_only")


def test_a_newcomer_who_sits_in_another_room_for_newcomers_gets_late_money_back(shop: RoomShop) -> None:
    deal, member = _deal(shop, newcomer_only=True), shop.member()
    joined = _lost(shop, deal, member)
    shop.join(shop.open(deal).room.id, member)
    _is_given_back(shop, joined, "newcomers_only")


def test_a_newcomer_gets_a_newcomers_seat_again(shop: RoomShop) -> None:
    joined = _lost(shop, _deal(shop, newcomer_only=True))
    _pay_late(shop, joined)
    assert rows("SELECT newcomer, status FROM seats WHERE order_id = :id", id=joined.order.id) == [(True, "paid")]
