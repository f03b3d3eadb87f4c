"""Rooms from the claim to the filled room, by leaving, by time, by money that comes too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import PRICE, Member, RoomShop, faults, room_shop, statements, unsettled
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from socialshop.deals.errors import DealNotLive, OutOfStock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.orders import rules as order_rules
from socialshop.orders import service as orders
from socialshop.orders.errors import OrderNotShipped
from socialshop.payments.rules import Outcome
from socialshop.referrals import service as referrals
from socialshop.rooms import rules
from socialshop.rooms import service as rooms
from socialshop.rooms.chops import BARGAIN_TRANSITIONS
from socialshop.rooms.errors import AlreadySeated, MemberLimitReached, RoomClosed, RoomFull, SeatPaid
from socialshop.rooms.service import Attribution, Joined
from tests.due_work import one_round
from workers import jobs, relay


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _paid(shop: RoomShop, *joined: Joined) -> None:
    for one in joined:
        shop.pay(one)
    shop.work()


def _events(name: str) -> int:
    return int(rows("SELECT count(*) FROM outbox_events WHERE name = :name", name=name)[0][0])


# --- filling --------------------------------------------------------------------------------------------------------


def test_a_room_fills_at_its_last_paid_seat_and_every_order_is_confirmed(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3))
    room = host.room.id
    others = [shop.join(room), shop.join(room)]
    for joined in (host, *others):
        assert shop.seats(room)[0] == "open"
        _paid(shop, joined)
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


def test_an_order_keeps_the_uplines_that_its_buyer_had_when_the_seat_was_claimed(shop: RoomShop) -> None:
    buyer, old, new = shop.member(), shop.member(), shop.member()
    with unit_of_work() as uow:
        for member, sponsor in ((old, None), (new, None), (buyer, old.number)):
            referrals.place(uow, member_number=member.number, sponsor=sponsor, placed_at=uow.now)
    joined = shop.join(shop.open(shop.deal(size=3)).room.id, buyer)
    with unit_of_work() as uow:
        referrals.correct_sponsor(uow, member_number=buyer.number, new_sponsor=new.number, reason="misread", by="test")
    assert rows("SELECT uplines FROM orders WHERE id = :id", id=joined.order.id) == [([old.number],)]


def test_paid_and_waiting_for_the_room_is_a_state_of_its_own_and_nothing_is_taken(shop: RoomShop) -> None:
    """litemall #283."""
    host = shop.open(shop.deal(size=2))
    _paid(shop, host)
    assert (shop.seats(host.room.id), shop.order(host)) == (("open", 1, 1), "paid")
    assert shop.pay_shop.status(host.payment) == "authorized"
    assert rows("SELECT count(*) FROM ledger_entries") == [(0,)]


def test_a_room_that_several_pay_at_once_fills_once(shop: RoomShop) -> None:
    """CRMEB, likeshop: a room completed on `==` was skipped where two payments came together."""
    host = shop.open(shop.deal(size=4))
    others = [shop.join(host.room.id) for _ in range(3)]
    _paid(shop, host, *others)
    assert shop.seats(host.room.id) == ("filled", 4, 4)
    assert _events("RoomFilled") == 1
    assert faults(shop) == unsettled(shop) == []


def test_told_again_nothing_that_follows_a_payment_happens_twice(shop: RoomShop) -> None:
    """AffiliateWP #403: a second completion of one checkout made a second commission."""
    host = shop.open(shop.deal(size=2))
    other = shop.join(host.room.id)
    for joined in (host, other):
        shop.pay(joined, Outcome.DUPLICATE)
        shop.work()
    entries, confirmed = rows("SELECT count(*) FROM ledger_entries"), _events("OrdersConfirmed")
    told = [{"order_id": str(j.order.id), "payment_id": str(j.payment.id)} for j in (host, other)]
    with unit_of_work(shop.pay_shop.clock) as uow:
        rooms.on_payment_authorized(uow, told)
        rooms.on_room_filled(uow, [{"room_id": str(host.room.id)}] * 2)
        rooms.on_payment_captured(uow, told)
        rooms.on_payment_released(uow, told)
    shop.settle()
    assert shop.seats(host.room.id) == ("filled", 2, 2)
    assert (rows("SELECT count(*) FROM ledger_entries"), _events("OrdersConfirmed")) == (entries, confirmed)
    assert faults(shop) == unsettled(shop) == []


def test_quantity_counts_units_of_the_goods_and_one_seat(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2), quantity=5)
    other = shop.join(host.room.id, quantity=7)
    _paid(shop, host, other)
    assert (shop.seats(host.room.id), shop.left()) == (("filled", 2, 2), 988)
    assert shop.balance("shop:sales") == 12 * PRICE
    assert faults(shop) == []


# --- what is refused, in its order, and that nothing changed ------------------------------------------------------


def test_a_second_seat_is_refused_before_a_full_room_and_a_full_room_before_empty_shelves(shop: RoomShop) -> None:
    shop.stock_tea(stock=3)
    deal = shop.deal(size=2)
    member, host = shop.member(), shop.open(deal)
    room = host.room.id
    shop.join(room, member, quantity=2)
    with pytest.raises(AlreadySeated):
        shop.join(room, member)
    with pytest.raises(RoomFull):
        shop.join(room)
    with pytest.raises(OutOfStock):
        shop.open(deal)
    other = shop.view(room)
    assert (other.seats_taken, shop.left()) == (2, 0)
    assert rows("SELECT count(*) FROM orders") == rows("SELECT count(*) FROM payments") == [(2,)]
    assert faults(shop) == []


def test_a_seat_without_goods_is_refused_and_takes_no_place(shop: RoomShop) -> None:
    shop.stock_tea(stock=2)
    host = shop.open(shop.deal(size=3))
    with pytest.raises(OutOfStock):
        shop.join(host.room.id, quantity=2)
    assert (shop.seats(host.room.id), shop.left()) == (("open", 1, 0), 1)
    assert shop.join(host.room.id).room.seats_taken == 2
    assert faults(shop) == []


def test_a_filled_room_is_full_and_an_expired_one_is_closed(shop: RoomShop) -> None:
    deal = shop.deal(size=2, ttl=60)
    filled, over = shop.open(deal), shop.open(deal)
    _paid(shop, filled, shop.join(filled.room.id))
    shop.pay_shop.clock.advance(timedelta(seconds=61))
    with pytest.raises(RoomFull):
        shop.join(filled.room.id)
    with pytest.raises(RoomClosed):  # by the clock, before anybody has swept
        shop.join(over.room.id)
    shop.tick()
    with pytest.raises(RoomClosed):
        shop.join(over.room.id)
    assert faults(shop) == []


def test_what_is_unknown_is_told_before_any_conflict(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2))
    shop.join(host.room.id)
    nobody = Attribution(code="NOSUCHCODE")

    def joined(uow: Any, member: Member = shop.member()) -> object:  # noqa: B008
        return rooms.join(uow, member, host.room.id, 1, nobody)

    with pytest.raises(InviteCodeUnknown):
        in_unit_of_work(joined, shop.pay_shop.clock)
    ended = shop.deal(size=2, ends_at=shop.pay_shop.clock.now() + timedelta(seconds=5))
    shop.pay_shop.clock.advance(timedelta(seconds=6))
    with pytest.raises(InviteCodeUnknown):
        in_unit_of_work(lambda uow: rooms.open_room(uow, shop.member(uow), ended, 1, nobody), shop.pay_shop.clock)
    with pytest.raises(DealNotLive):
        shop.open(ended)
    with pytest.raises(NotFound):
        shop.join(host.order.id)
    with pytest.raises(NotFound):
        shop.open(host.order.id)
    assert faults(shop) == []


def test_an_amount_past_the_largest_is_refused_by_its_quantity(shop: RoomShop) -> None:
    with pytest.raises(InvalidValue) as refused:
        shop.open(shop.deal(), quantity=101_010_102)
    assert refused.value.field == "quantity"
    assert faults(shop) == []


def test_a_limit_a_member_counts_all_rooms_of_the_deal(shop: RoomShop) -> None:
    deal, member = shop.deal(size=3, per_member_limit=3), shop.member()
    shop.open(deal, member, quantity=2)
    room = shop.open(deal).room.id
    with pytest.raises(MemberLimitReached):
        shop.join(room, member, quantity=2)
    shop.join(room, member, quantity=1)
    assert faults(shop) == []


def test_a_quota_ends_a_deal_while_there_is_stock(shop: RoomShop) -> None:
    deal = shop.deal(size=3, quota=2)
    room = shop.open(deal).room.id
    member = shop.member()
    shop.join(room, member)
    with pytest.raises(OutOfStock):
        shop.join(room)
    shop.leave(room, member)
    shop.join(room)
    assert (rows("SELECT taken FROM deals WHERE quota = 2"), faults(shop)) == ([(2,)], [])


# --- leaving, lapsing, handing on ---------------------------------------------------------------------------------


def test_leaving_before_paying_frees_the_seat_once(shop: RoomShop) -> None:
    """emfcamp/Website #638: the seat was given back twice on cancel."""
    host, member = shop.open(shop.deal(size=2)), shop.member()
    room = host.room.id
    left = shop.join(room, member, quantity=3)
    shop.leave(room, member)
    with pytest.raises(NotFound):
        shop.leave(room, member)
    assert (shop.seats(room), shop.order(left), shop.left()) == (("open", 1, 0), "cancelled", 999)
    again = shop.join(room, member)
    assert (again.order.id != left.order.id, faults(shop)) == (True, [])


def test_a_paid_seat_is_not_left(shop: RoomShop) -> None:
    member = shop.member()
    host = shop.open(shop.deal(size=2), member)
    _paid(shop, host)
    with pytest.raises(SeatPaid):
        shop.leave(host.room.id, member)
    assert (shop.seats(host.room.id), faults(shop)) == (("open", 1, 1), [])


def test_a_hold_lapses_alone_and_not_before_its_time(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=3, hold=60))
    _paid(shop, host)
    shop.tick(30)
    later = shop.join(host.room.id)
    lapsed = shop.join(host.room.id)
    shop.tick(59)
    assert shop.seats(host.room.id) == ("open", 3, 1)
    _paid(shop, later)
    shop.tick(1)
    assert (shop.seats(host.room.id), shop.order(lapsed)) == (("open", 2, 2), "cancelled")
    assert faults(shop) == []


def test_a_hold_ends_at_the_latest_with_its_room(shop: RoomShop) -> None:
    host = shop.open(shop.deal(ttl=60, hold=900))
    assert host.seat.hold_until == host.room.expires_at == shop.pay_shop.clock.now() + timedelta(seconds=60)


def test_the_member_who_paid_first_takes_over_from_a_host_whose_hold_lapses(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=4, hold=60))
    room = host.room.id
    shop.tick(1)
    early, first, second = (shop.member() for _ in range(3))
    shop.join(room, early)
    _paid(shop, shop.join(room, first))
    shop.tick(1)
    _paid(shop, shop.join(room, second))
    shop.tick(58)
    assert shop.seats(room) == ("open", 3, 2)
    assert rows("SELECT host FROM rooms") == [(first.number,)]
    assert (shop.order(host), faults(shop)) == ("cancelled", [])


def test_a_room_whose_host_is_gone_is_cancelled_where_nobody_has_paid(shop: RoomShop) -> None:
    member = shop.member()
    host = shop.open(shop.deal(size=3), member)
    other = shop.join(host.room.id)
    shop.leave(host.room.id, member)
    assert shop.seats(host.room.id) == ("cancelled", 0, 0)
    assert (shop.order(host), shop.order(other), shop.left()) == ("cancelled", "cancelled", 1000)
    assert (_events("RoomCancelled"), faults(shop)) == (1, [])


def test_commissions_go_to_the_host_at_the_filling(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2, hold=60))
    heir = shop.member()
    _paid(shop, shop.join(host.room.id, heir))
    shop.tick(60)
    _paid(shop, shop.join(host.room.id))
    assert rows("SELECT DISTINCT host FROM orders WHERE status = 'confirmed'") == [(heir.number,)]


# --- expiry and late money ----------------------------------------------------------------------------------------


def test_an_expired_room_gives_up_every_seat_and_all_money_goes_back_by_itself(shop: RoomShop) -> None:
    """litemall #159: an expired room was treated as a success."""
    host = shop.open(shop.deal(size=3, ttl=60))
    unpaid = shop.join(host.room.id)
    _paid(shop, host)
    shop.tick(60)
    assert shop.seats(host.room.id) == ("expired", 0, 0)
    assert (shop.order(host), shop.order(unpaid), shop.left()) == ("paid", "cancelled", 1000)
    shop.settle()
    assert (shop.order(host), shop.pay_shop.status(host.payment)) == ("refunded", "released")
    assert rows("SELECT refunded_minor = total_minor FROM orders WHERE status = 'refunded'") == [(True,)]
    assert rows("SELECT count(*) FROM ledger_entries") == [(0,)]
    assert (_events("RoomExpired"), faults(shop), unsettled(shop)) == (1, [], [])


def test_money_for_a_lapsed_seat_goes_back(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2, hold=60))
    _paid(shop, host)
    late = shop.join(host.room.id)
    shop.tick(60)
    assert shop.order(late) == "cancelled"
    _paid(shop, late)
    shop.settle()
    assert (shop.order(late), shop.seats(host.room.id)) == ("refunded", ("open", 1, 1))
    assert rows("SELECT refunded_minor FROM orders WHERE id = :id", id=late.order.id) == [(PRICE,)]
    assert faults(shop) == unsettled(shop) == []


def test_money_that_comes_after_the_room_was_over_fills_nothing_though_nobody_swept(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2, ttl=60))
    last = shop.join(host.room.id)
    _paid(shop, host)
    shop.pay_shop.clock.advance(timedelta(seconds=60))
    _paid(shop, last)
    shop.settle()
    assert shop.seats(host.room.id) == ("expired", 0, 0)
    assert (shop.order(host), shop.order(last)) == ("refunded", "refunded")
    assert faults(shop) == unsettled(shop) == []


def test_money_for_a_hold_past_its_time_is_good_until_the_seat_is_given_up(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2, hold=60))
    shop.pay_shop.clock.advance(timedelta(seconds=61))
    _paid(shop, host)
    shop.tick()
    assert (shop.seats(host.room.id), shop.order(host)) == (("open", 1, 1), "paid")


def test_money_that_cannot_be_taken_gives_up_its_seat_alone(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2))
    other = shop.join(host.room.id)
    for joined in (host, other):
        shop.pay(joined)
    # The fill is decided, and one capture is then refused by the provider for good.
    while one_round(("make_payment_call", "pay_seats", "capture_room")):
        if shop.seats(host.room.id)[0] == "filled":
            break
    with unit_of_work(shop.pay_shop.clock) as uow:
        rooms.on_room_filled(uow, [{"room_id": str(host.room.id)}])
        uow.session.execute(
            text(
                "UPDATE payment_calls SET status = 'failed', finished_at = now(), last_error = 'hold_lapsed'"
                " WHERE kind = 'capture' AND payment_id = :id"
            ),
            {"id": other.payment.id},
        )
        rooms.on_capture_failed(uow, [{"order_id": str(other.order.id), "payment_id": str(other.payment.id)}])
    shop.settle()
    assert shop.seats(host.room.id) == ("filled", 1, 1)
    assert (shop.order(host), shop.order(other), shop.left()) == ("confirmed", "refunded", 999)
    assert faults(shop) == unsettled(shop) == []


# --- after the fill -----------------------------------------------------------------------------------------------


def _ship(shop: RoomShop, joined: Joined) -> None:
    with unit_of_work(shop.pay_shop.clock) as uow:
        orders.ship(uow, joined.order.id, joined.order.id, "SF", "1")


def test_an_order_is_shipped_received_and_completed_after_its_time_to_send_back(shop: RoomShop) -> None:
    buyer = shop.member()
    host = shop.open(shop.deal(size=2), buyer)
    _paid(shop, host, shop.join(host.room.id))
    with pytest.raises(OrderNotShipped), unit_of_work(shop.pay_shop.clock) as uow:
        orders.receive(uow, buyer.number, host.order.id)
    _ship(shop, host)
    _ship(shop, host)
    clock = shop.pay_shop.clock
    for _ in range(2):
        with unit_of_work(clock) as uow:
            assert orders.receive(uow, buyer.number, host.order.id).status == "received"
    assert rows("SELECT payload ->> 'return_days' FROM outbox_events WHERE name = 'OrderReceived'") == [("7",)]
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    in_unit_of_work(orders.complete_due, clock)
    assert shop.order(host) == "received"
    clock.advance(timedelta(seconds=1))
    in_unit_of_work(orders.complete_due, clock)
    assert (shop.order(host), faults(shop)) == ("completed", [])


def test_an_order_of_which_nobody_says_a_word_counts_as_received_after_fourteen_days(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=2))
    _paid(shop, host, shop.join(host.room.id))
    _ship(shop, host)
    clock, after = shop.pay_shop.clock, timedelta(days=14)
    clock.advance(after - timedelta(seconds=1))
    assert in_unit_of_work(lambda uow: orders.receive_overdue(uow, after), clock) is False
    assert shop.order(host) == "shipped"
    clock.advance(timedelta(seconds=1))
    in_unit_of_work(lambda uow: orders.receive_overdue(uow, after), clock)
    assert (shop.order(host), _events("OrderReceived")) == ("received", 1)


# --- costs and guards ---------------------------------------------------------------------------------------------


def test_a_payment_costs_at_most_twelve_statements_also_the_one_that_fills(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=5))
    others = [shop.join(host.room.id) for _ in range(4)]
    _paid(shop, host, *others[:3])
    shop.pay(others[3])
    relay.relay()
    jobs.drain("make_payment_call")
    relay.relay()
    with statements() as seen:
        jobs.drain("pay_seats")
    assert shop.seats(host.room.id)[0] == "filled"
    # Claim, room, overdue, seat and room, order, event, done.
    assert len(seen) == 7


def test_what_follows_a_fill_and_an_expiry_costs_the_same_whatever_the_size_of_the_group(shop: RoomShop) -> None:
    counted = []
    # The first fill of a shop makes the accounts that the others find.
    for size in (2, 2, 12):
        filled = [host := shop.open(shop.deal(size=size)), *(shop.join(host.room.id) for _ in range(size - 1))]
        waiting = [host := shop.open(shop.deal(size=20, ttl=60)), *(shop.join(host.room.id) for _ in range(size - 1))]
        _paid(shop, *waiting)
        for joined in filled:
            shop.pay(joined)
        relay.relay()
        jobs.drain("make_payment_call")
        relay.relay()
        jobs.drain("pay_seats")
        relay.relay()
        with statements() as fill:
            jobs.drain("capture_room")
        relay.relay()
        jobs.drain("make_payment_call")
        relay.relay()
        with statements() as confirm:
            jobs.drain("confirm_seats")
        shop.pay_shop.clock.advance(timedelta(seconds=60))
        with statements() as expire:
            in_unit_of_work(rooms.expire_due, shop.pay_shop.clock)
        shop.settle()
        assert [shop.order(filled[-1]), shop.order(waiting[-1])] == ["confirmed", "refunded"]
        counted.append((len(fill), len(confirm), len(expire)))
    assert counted[1] == counted[2]
    assert faults(shop) == unsettled(shop) == []


def test_a_lapse_and_an_expiry_cost_a_constant_number_of_statements(shop: RoomShop) -> None:
    deal = shop.deal(size=2, ttl=600, hold=60)
    counted = []
    for number in (1, 10):
        hosts = [shop.open(deal) for _ in range(number)]
        _paid(shop, *hosts)
        for host in hosts:
            shop.join(host.room.id)
        shop.pay_shop.clock.advance(timedelta(seconds=60))
        with statements() as lapse:
            in_unit_of_work(rooms.release_lapsed_holds, shop.pay_shop.clock)
        counted.append(len(lapse))
        shop.tick(600)
    assert counted[0] == counted[1] <= 5


def test_the_declared_steps_are_those_of_the_database(shop: RoomShop) -> None:
    declared = {
        *(("rooms", before, after) for before, after in rules.ROOM_TRANSITIONS),
        *(("seats", before, after) for before, after in rules.SEAT_TRANSITIONS),
        *(("orders", before, after) for before, after in order_rules.TRANSITIONS),
        *(("bargains", before, after) for before, after in BARGAIN_TRANSITIONS),
    }
    assert set(rows("SELECT kind, before, after FROM room_transitions")) == declared


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rooms SET seats_taken = size + 1",
        "UPDATE rooms SET seats_paid = seats_taken + 1",
        "UPDATE rooms SET seats_taken = -1",
        "UPDATE skus SET stock = -1",
        "UPDATE seats SET status = 'confirmed'",
        "UPDATE orders SET status = 'confirmed'",
        "UPDATE rooms SET status = 'filled', closed_at = now() WHERE status = 'cancelled'",
        "INSERT INTO seats (id, room_id, member, order_id, quantity, claimed_at, hold_until)"
        " SELECT gen_random_uuid(), room_id, member, gen_random_uuid(), 1, now(), now() FROM seats"
        " WHERE status = 'held'",
    ],
)
def test_the_database_refuses_what_no_rule_allows(shop: RoomShop, statement: str) -> None:
    shop.open(shop.deal(size=2, ttl=60))
    shop.tick(60)
    assert shop.seats(shop.open(shop.deal(size=2)).room.id) == ("open", 1, 0)
    with pytest.raises(IntegrityError), unit_of_work() as uow:
        uow.session.execute(text(statement))
    assert faults(shop) == []
