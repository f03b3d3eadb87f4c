"""Late money, expiry, the last seat and the same news told twice, at one moment: one outcome for each, books agree."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from payment_shop import rows
from room_shop import Member, RoomShop, faults, unsettled
from sqlalchemy import text
from test_room_races import _at_once, _authorized, _hold_money, _later, shop

from socialshop.deals.rules import LatePayer
from socialshop.infra.uow import in_unit_of_work
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined, late_paying
from socialshop.rooms.store import reseating

__all__ = ["shop"]


def _lost(shop: RoomShop, number: int, policy: LatePayer = LatePayer.REROUTE, **terms: int) -> list[Joined]:
    """Seats whose hold lapsed, and whose money is held by now; rooms have not heard of it."""
    deal = shop.deal(**{"size": 40, "hold": 60, "late_payer": policy, **terms})  # type: ignore[arg-type]
    host = shop.open(deal)
    shop.pay(host)
    shop.work()
    lost = [shop.join(host.room.id) for _ in range(number)]
    shop.tick(61)
    _hold_money(shop, *lost)
    return lost


def _late(shop: RoomShop, one: Joined, seconds: int = 0) -> Callable[[], object]:
    told = [{"order_id": str(one.order.id), "payment_id": str(one.payment.id)}]
    clock = _later(shop, seconds)
    return lambda: in_unit_of_work(lambda uow: rooms.on_payment_late(uow, told), clock)


def _decided(joined: list[Joined]) -> list[str]:
    found = rows(
        "SELECT decision FROM late_payments WHERE order_id = ANY(:ids) ORDER BY decision",
        ids=[one.order.id for one in joined],
    )
    return [str(decision) for (decision,) in found]


@pytest.mark.parametrize("seed", range(3))
def test_late_payers_at_the_last_seats_take_as_many_as_there_are(shop: RoomShop, seed: int) -> None:
    lost = _lost(shop, 10, size=11)
    # given three free seats: the room they lost theirs in has taken others meanwhile
    for _ in range(7):
        shop.join(lost[0].room.id)
    work = [_late(shop, one) for one in lost for _ in "ab"]
    random.Random(seed).shuffle(work)
    _at_once(shop.app, work)
    shop.settle()
    assert _decided(lost) == ["refunded"] * 7 + ["rerouted"] * 3
    assert shop.seats(lost[0].room.id) == ("open", 11, 4)
    assert sorted(shop.order(one) for one in lost) == ["paid"] * 3 + ["refunded"] * 7
    assert faults(shop) == unsettled(shop) == []


@pytest.mark.parametrize("seed", range(3))
def test_late_money_and_joiners_at_one_moment_fill_a_room_once(shop: RoomShop, seed: int) -> None:
    lost = _lost(shop, 6, size=8)
    room = lost[0].room.id
    work: list[Callable[[], object]] = [_late(shop, one) for one in lost]
    work += [partial(shop.join, room, Member(member.number)) for member in (shop.member() for _ in range(8))]
    random.Random(seed).shuffle(work)
    told = _at_once(shop.app, work)
    joined = [one for one in told if isinstance(one, Joined)]
    for one in joined:
        shop.pay(one)
    shop.settle()
    rerouted = _decided(lost).count("rerouted")
    assert rerouted + len(joined) == 7
    assert shop.seats(room) == ("filled", 8, 8)
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'RoomFilled'") == [(1,)]
    assert faults(shop) == unsettled(shop) == []


@pytest.mark.parametrize("seed", range(3))
def test_late_money_for_a_room_that_expires_is_in_it_or_not_and_goes_back_once(shop: RoomShop, seed: int) -> None:
    lost = _lost(shop, 8, ttl=120)
    work: list[Callable[[], object]] = [_late(shop, one, 58) for one in lost]
    work += [partial(in_unit_of_work, rooms.expire_due, _later(shop, 59)) for _ in range(4)]
    random.Random(seed).shuffle(work)
    _at_once(shop.app, work)
    shop.tick(60)
    shop.settle()
    assert shop.seats(lost[0].room.id) == ("expired", 0, 0)
    assert {shop.order(one) for one in lost} == {"refunded"}
    assert rows("SELECT count(*) FROM payment_calls WHERE kind = 'release'") == [(9,)]
    assert (shop.left(), faults(shop), unsettled(shop)) == (1000, [], [])


def test_late_money_told_of_by_many_opens_one_room(shop: RoomShop) -> None:
    lost = _lost(shop, 1, LatePayer.NEW_ROOM)
    _at_once(shop.app, [_late(shop, lost[0]) for _ in range(8)])
    shop.settle()
    assert (rows("SELECT count(*) FROM rooms"), shop.order(lost[0])) == ([(2,)], "paid")
    assert faults(shop) == unsettled(shop) == []


def test_late_payers_and_a_hold_that_is_paid_at_last_meet_in_no_circle(shop: RoomShop) -> None:
    """Each room's late payers find a seat in the other: locks of both rooms are wanted from both sides."""
    lost, deal = [], shop.deal(size=30, hold=60, late_payer=LatePayer.REROUTE)
    for _ in range(2):
        host = shop.open(deal)
        shop.pay(host)
        lost += [shop.join(host.room.id) for _ in range(6)]
    shop.work()
    shop.tick(61)
    waiting = [shop.join(one.room.id) for one in lost]
    _hold_money(shop, *lost, *waiting)
    work: list[Callable[[], object]] = [_late(shop, one) for one in lost]
    work += [partial(_authorized(*waiting[n::3]), shop.pay_shop.clock) for n in range(3)]
    _at_once(shop.app, work)
    shop.settle()
    assert _decided(lost) == ["rerouted"] * 12
    assert {shop.order(one) for one in (*lost, *waiting)} == {"paid"}
    assert faults(shop) == unsettled(shop) == []


def test_joining_any_room_at_once_fills_all_seats_and_nobody_hears_of_a_full_room(shop: RoomShop) -> None:
    deal = shop.deal(size=5)
    hosts = [shop.open(deal) for _ in range(8)]
    members = [shop.member() for _ in range(32)]

    def join_any(member: Member) -> object:
        return in_unit_of_work(lambda uow: rooms.join_any(uow, member, deal), shop.pay_shop.clock)

    told = _at_once(shop.app, [partial(join_any, member) for member in members])
    assert [one for one in told if not isinstance(one, Joined)] == []
    assert {shop.seats(host.room.id) for host in hosts} == {("open", 5, 0)}
    assert _at_once(shop.app, [partial(join_any, shop.member())] * 2) == ["no_open_room"] * 2
    assert faults(shop) == []


def test_picking_a_room_without_its_lock_tells_of_full_rooms_and_is_seen(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: the pick reads and does not lock, so that all run to the same room."""
    careless = text(reseating._NEAREST.removesuffix(" FOR NO KEY UPDATE"))
    monkeypatch.setattr(reseating, "_NEAREST_FREE", careless)
    deal = shop.deal(size=5)
    for _ in range(8):
        shop.open(deal)
    members = [shop.member() for _ in range(32)]

    def join_any(member: Member) -> object:
        return in_unit_of_work(lambda uow: rooms.join_any(uow, member, deal), shop.pay_shop.clock)

    told = _at_once(shop.app, [partial(join_any, member) for member in members])
    assert "room_full" in told


def test_a_late_payment_decided_without_its_lock_is_released_though_its_seat_is_paid(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: two who are told at once both find the seat lost, and the slower gives the money back."""
    lost = _lost(shop, 6)
    monkeypatch.setattr(late_paying, "advisory_lock", lambda *_: True)
    _at_once(shop.app, [_late(shop, one) for one in lost for _ in range(5)])
    shop.settle()
    assert faults(shop) or unsettled(shop) or _decided(lost) != ["rerouted"] * 6
