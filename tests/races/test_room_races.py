"""Many at one room, at one moment. What counts is what the rows, the stock and the provider's books say afterwards."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from patience import PATIENCE
from payment_shop import rows
from room_shop import Member, RoomShop, faults, room_shop, unsettled
from sqlalchemy import text
from web_client import sign_up

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.clock import Clock, ManualClock
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import to_public
from socialshop.rooms import service as rooms
from socialshop.rooms.errors import RoomFull
from socialshop.rooms.service import Joined
from socialshop.rooms.store import claiming
from workers import jobs, relay

CLIENTS, SEATS = 64, 10


@pytest.fixture
def shop(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[RoomShop]:
    """As many connections as clients: none of them waits for anything but the room."""
    settings = Settings(
        environment="test",
        database_url=database_url,
        redis_url=redis_url,
        secret_key="test-only",
        database_pool=CLIENTS // 2,
        data_dir=tmp_path,
    )
    app = create_app(settings)
    with app.app_context():
        redis.client().flushdb()
        with room_shop(app, tmp_path) as found:
            yield found
        redis.client().close()
        db.session.remove()
        db.engine.dispose()


def _at_once(app: Flask, work: Sequence[Callable[[], object]]) -> list[object]:
    """Start all of it at one moment; returns what each returned, or the refusal that it raised."""
    start = Barrier(len(work))

    def run(one: Callable[[], object]) -> object:
        with app.app_context():
            start.wait(PATIENCE)
            try:
                return one()
            except DomainError as refusal:
                return refusal.code

    with ThreadPoolExecutor(len(work)) as pool:
        return [done.result() for done in [pool.submit(run, one) for one in work]]


def _members(shop: RoomShop, number: int) -> list[Member]:
    with db.session.begin():
        found = db.session.execute(
            text(
                "INSERT INTO members (id, joined_at) SELECT gen_random_uuid(), now() FROM generate_series(1, :n)"
                " RETURNING number"
            ),
            {"n": number},
        ).scalars()
        numbers = list(found)
    db.session.remove()
    return [Member(number) for number in numbers]


def _careless_join(uow: UnitOfWork, buyer: Member, room_id: uuid.UUID) -> None:
    """The planted fault: read how many seats are taken, then insert."""
    room = uow.session.execute(text("SELECT * FROM rooms WHERE id = :id"), {"id": room_id}).one()
    if room.seats_taken >= room.size:
        raise RoomFull("full")
    order_id = uuid.uuid4()
    uow.session.execute(
        text(
            "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, room_id,"
            " return_days) VALUES (:id, 'room', :buyer, '{}', 'awaiting_payment', 'CNY', 9900, :now, :room, 7)"
        ),
        {"id": order_id, "buyer": buyer.number, "now": uow.now, "room": room_id},
    )
    uow.session.execute(
        text(
            "INSERT INTO seats (id, room_id, member, order_id, quantity, claimed_at, hold_until)"
            " VALUES (gen_random_uuid(), :room, :member, :order, 1, :now, :now)"
        ),
        {"room": room_id, "member": buyer.number, "order": order_id, "now": uow.now},
    )
    uow.session.execute(
        text("UPDATE rooms SET seats_taken = :taken WHERE id = :id"), {"id": room_id, "taken": room.seats_taken + 1}
    )
    uow.session.execute(text("UPDATE skus SET stock = stock - 1 WHERE id = :id"), {"id": room.sku_id})


def _rush(shop: RoomShop, seed: int) -> tuple[Joined, list[Joined]]:
    """64 members at 10 seats, some for several units, on shelves that are sometimes short; then all winners pay."""
    rng = random.Random(seed)
    shop.stock_tea(stock=rng.choice([12, 18, 1000]))
    host = shop.open(shop.deal(size=SEATS + 1))
    members = _members(shop, CLIENTS)
    rng.shuffle(members)
    outcomes = _at_once(
        shop.app, [partial(shop.join, host.room.id, member, rng.choice([1, 1, 1, 2, 3])) for member in members]
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Joined)]
    assert {outcome for outcome in outcomes if not isinstance(outcome, Joined)} <= {"room_full", "out_of_stock"}
    return host, won


def _audit_rush(shop: RoomShop, seed: int) -> None:
    host, won = _rush(shop, seed)
    assert faults(shop) == [], seed
    assert shop.seats(host.room.id) == ("open", 1 + len(won), 0), seed
    assert len(won) == SEATS or shop.left() < 3, seed
    for joined in (host, *won):
        shop.pay(joined)
    shop.settle()
    assert shop.seats(host.room.id)[0] == ("filled" if len(won) == SEATS else "open"), seed
    assert faults(shop) == unsettled(shop) == [], seed


@pytest.mark.parametrize("seed", range(5))
def test_sixty_four_clients_at_ten_seats_take_ten(shop: RoomShop, seed: int) -> None:
    """macrozheng/mall #185, #353: the last seat was sold twice."""
    _audit_rush(shop, seed)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_sixty_four_clients_at_ten_seats_take_ten_over_fifty_seeds(shop: RoomShop) -> None:
    for seed in range(50):
        _audit_rush(shop, seed)


def test_the_same_rush_on_a_join_that_reads_and_then_inserts_oversells_and_is_seen(shop: RoomShop) -> None:
    for _ in range(5):
        host = shop.open(shop.deal(size=SEATS + 1))

        def careless(member: Member, room_id: uuid.UUID = host.room.id) -> None:
            in_unit_of_work(lambda uow: _careless_join(uow, member, room_id), shop.pay_shop.clock)

        _at_once(shop.app, [partial(careless, member) for member in _members(shop, CLIENTS)])
        sold = rows("SELECT count(*) FROM seats WHERE room_id = :id", id=host.room.id)[0][0]
        if sold > SEATS + 1:
            break
    assert sold > SEATS + 1
    assert "counters" in {fault[0] for fault in faults(shop)}  # type: ignore[index]


def test_a_double_click_takes_one_seat(shop: RoomShop) -> None:
    host, member = shop.open(shop.deal(size=5)), shop.member()
    outcomes = _at_once(shop.app, [partial(shop.join, host.room.id, member)] * 16)
    assert sorted(str(o) for o in outcomes if not isinstance(o, Joined)) == ["already_seated"] * 15
    assert (shop.seats(host.room.id), shop.left(), faults(shop)) == (("open", 2, 0), 998, [])


def test_a_replayed_key_takes_one_seat_and_gives_one_answer(shop: RoomShop) -> None:
    host, guest = sign_up(shop.app), sign_up(shop.app)
    deal = to_public("deal", shop.deal(size=5))
    room = host.call("POST", f"/deals/{deal}/rooms", key="open", json={}).get_json()["room"]["id"]

    def click() -> object:
        headers = {"Authorization": f"Bearer {guest.token}", "Idempotency-Key": "join"}
        answer = shop.app.test_client().post(f"/api/v1/rooms/{room}/seats", headers=headers, json={})
        return answer.status_code, answer.get_json().get("code") or answer.get_json()["seat"]["id"]

    outcomes = set(_at_once(shop.app, [click] * 16))
    assert len({told for status, told in outcomes if status == 201}) == 1  # type: ignore[misc]
    assert {told for status, told in outcomes if status != 201} <= {"idempotency_in_progress"}  # type: ignore[misc]
    assert (rows("SELECT count(*) FROM seats"), faults(shop)) == ([(2,)], [])


def test_a_member_at_two_rooms_of_a_limited_deal_gets_one(shop: RoomShop) -> None:
    deal, member = shop.deal(size=5, per_member_limit=1), shop.member()
    open_rooms = [shop.open(deal).room.id for _ in range(8)]
    outcomes = _at_once(shop.app, [partial(shop.join, room, member) for room in open_rooms])
    assert sorted(str(o) for o in outcomes if not isinstance(o, Joined)) == ["member_limit_reached"] * 7
    assert faults(shop) == []


def test_a_newcomer_at_many_rooms_for_newcomers_gets_one_joined_or_opened(shop: RoomShop) -> None:
    member, deals = shop.member(), [shop.deal(size=5, newcomer_only=True) for _ in range(2)]
    open_rooms = [shop.open(deal).room.id for deal in deals * 2]
    opens = [partial(shop.open, deal, member) for deal in deals * 2]
    outcomes = _at_once(shop.app, [*(partial(shop.join, room, member) for room in open_rooms), *opens])
    assert sorted(str(o) for o in outcomes if not isinstance(o, Joined)) == ["newcomers_only"] * 7
    assert (shop.left(), faults(shop)) == (1_000 - 5, [])


def test_a_join_that_only_looks_for_earlier_orders_gives_a_newcomer_several(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive version: seats that do not meet in the index, and the test above would see it."""
    careless = claiming._JOIN._sql.replace(b"newcomer_only AND NOT (opens", b"false AND NOT (opens")
    assert careless != claiming._JOIN._sql
    monkeypatch.setattr(claiming._JOIN, "_sql", careless)
    member, deal = shop.member(), shop.deal(size=5, newcomer_only=True)
    open_rooms = [shop.open(deal).room.id for _ in range(8)]
    outcomes = _at_once(shop.app, [partial(shop.join, room, member) for room in open_rooms])
    assert len([one for one in outcomes if isinstance(one, Joined)]) > 1


def test_leaving_and_joining_at_once_neither_loses_nor_sells_a_seat_twice(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=9))
    leaving = [shop.member() for _ in range(8)]
    for member in leaving:
        shop.join(host.room.id, member)
    work = [
        *(partial(shop.leave, host.room.id, member) for member in leaving for _ in range(2)),
        *(partial(shop.join, host.room.id, member) for member in _members(shop, 24)),
    ]
    random.Random(1).shuffle(work)
    outcomes = _at_once(shop.app, work)
    won = [outcome for outcome in outcomes if isinstance(outcome, Joined)]
    assert shop.seats(host.room.id) == ("open", 1 + len(won), 0)
    assert rows("SELECT count(*) FROM orders WHERE status = 'cancelled'") == [(8,)]
    assert (shop.left(), faults(shop)) == (999 - len(won), [])


def _later(shop: RoomShop, seconds: int) -> ManualClock:
    return ManualClock(shop.pay_shop.clock.now() + timedelta(seconds=seconds))


def _authorized(*joined: Joined) -> Callable[[Clock], None]:
    """What the handler is told of these payments."""
    told = [{"order_id": str(one.order.id), "payment_id": str(one.payment.id)} for one in joined]
    return lambda clock: in_unit_of_work(lambda uow: rooms.on_payment_authorized(uow, told), clock)


def _hold_money(shop: RoomShop, *joined: Joined) -> None:
    """Their money is held at the provider, and rooms have not heard of it."""
    for one in joined:
        shop.pay(one)
    relay.relay()
    while jobs.drain("make_payment_call"):
        pass


@pytest.mark.parametrize("seed", range(4))
def test_a_room_that_expires_while_its_last_seat_is_paid_is_filled_or_over_for_everybody(
    shop: RoomShop, seed: int
) -> None:
    deal = shop.deal(size=2, ttl=60)
    pairs = []
    for _ in range(8):
        host = shop.open(deal)
        pairs.append((host, shop.join(host.room.id)))
    _hold_money(shop, *(one for pair in pairs for one in pair))
    now, after = _later(shop, 59), _later(shop, 60)
    work: list[Callable[[], object]] = [partial(_authorized(one), now) for pair in pairs for one in pair]
    work += [partial(in_unit_of_work, rooms.expire_due, after) for _ in range(4)]
    random.Random(seed).shuffle(work)
    _at_once(shop.app, work)
    shop.tick(60)
    shop.settle()
    for host, last in pairs:
        found = shop.seats(host.room.id), shop.order(host), shop.order(last)
        assert found in (
            (("filled", 2, 2), "confirmed", "confirmed"),
            (("expired", 0, 0), "refunded", "refunded"),
        )
    assert faults(shop) == unsettled(shop) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_hold_that_lapses_while_it_is_paid_is_paid_or_lost_and_never_both(shop: RoomShop, seed: int) -> None:
    host = shop.open(shop.deal(size=20, hold=60))
    shop.pay(host)
    shop.work()
    joined = [shop.join(host.room.id) for _ in range(12)]
    _hold_money(shop, *joined)
    after = _later(shop, 61)
    work: list[Callable[[], object]] = [partial(_authorized(one), after) for one in joined]
    work += [partial(in_unit_of_work, rooms.release_lapsed_holds, after) for _ in range(4)]
    random.Random(seed).shuffle(work)
    _at_once(shop.app, work)
    shop.settle()
    paid = [one for one in joined if shop.order(one) == "paid"]
    assert shop.seats(host.room.id) == ("open", 1 + len(paid), 1 + len(paid))
    assert {shop.order(one) for one in joined if one not in paid} <= {"refunded"}
    assert (shop.left(), faults(shop), unsettled(shop)) == (999 - len(paid), [], [])


@pytest.mark.parametrize("seed", range(4))
def test_who_asks_the_money_back_while_the_last_seat_is_paid_is_out_of_the_room_or_in_a_filled_one(
    shop: RoomShop, seed: int
) -> None:
    deal = shop.deal(size=2)
    pairs = []
    for _ in range(8):
        leaver = shop.member()
        host = shop.open(deal, leaver)
        shop.pay(host)
        pairs.append((leaver, host, shop.join(host.room.id)))
    shop.work()
    _hold_money(shop, *(last for _, _, last in pairs))
    clock = shop.pay_shop.clock

    def ask(leaver: Member, order_id: uuid.UUID) -> object:
        return in_unit_of_work(lambda uow: rooms.ask_back(uow, leaver, order_id, "over"), clock).status

    work: list[Callable[[], object]] = [partial(ask, leaver, host.order.id) for leaver, host, _ in pairs for _ in "ab"]
    work += [partial(_authorized(last), clock) for _, _, last in pairs]
    random.Random(seed).shuffle(work)
    told = _at_once(shop.app, work)
    shop.settle()
    asked = [answer for answer in told if answer is not None]
    assert sorted(asked.count(answer) for answer in set(asked) - {"approved", "requested"}) == [8]
    for _, host, last in pairs:
        refund = rows("SELECT status FROM refunds WHERE order_id = :id", id=host.order.id)
        found = shop.seats(host.room.id), shop.order(host), shop.order(last), refund
        assert found in (
            (("filled", 2, 2), "confirmed", "confirmed", [("requested",)]),
            (("open", 1, 1), "refunded", "paid", [("refunded",)]),
            # The last seat was not paid yet: without a paid member the room cannot go on, and the late money went back.
            (("cancelled", 0, 0), "refunded", "refunded", [("refunded",)]),
        )
    assert faults(shop) == unsettled(shop) == []


def test_payments_that_arrive_at_once_fill_a_room_once(shop: RoomShop) -> None:
    host = shop.open(shop.deal(size=8))
    joined = [host, *(shop.join(host.room.id) for _ in range(7))]
    _hold_money(shop, *joined)
    clock = shop.pay_shop.clock
    _at_once(shop.app, [partial(_authorized(*random.Random(n).sample(joined, 5)), clock) for n in range(12)])
    shop.settle()
    assert shop.seats(host.room.id) == ("filled", 8, 8)
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'RoomFilled'") == [(1,)]
    assert faults(shop) == unsettled(shop) == []


def test_two_schedulers_that_expire_at_once_give_everything_back_once(shop: RoomShop) -> None:
    deal = shop.deal(size=3, ttl=60)
    hosts = [shop.open(deal) for _ in range(30)]
    for host in hosts:
        shop.join(host.room.id)
        shop.pay(host)
    shop.work()
    after = _later(shop, 60)
    _at_once(
        shop.app,
        [partial(in_unit_of_work, step, after) for step in (rooms.expire_due, rooms.release_lapsed_holds) * 4],
    )
    shop.tick(60)
    shop.settle()
    assert {shop.seats(host.room.id) for host in hosts} == {("expired", 0, 0)}
    assert {shop.order(host) for host in hosts} == {"refunded"}
    assert rows("SELECT kind, count(*) FROM payment_calls WHERE kind <> 'pay' GROUP BY kind") == [("release", 30)]
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'RoomExpired'") == [(30,)]
    assert (shop.left(), faults(shop), unsettled(shop)) == (1000, [], [])
