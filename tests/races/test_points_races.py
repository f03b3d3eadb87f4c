"""Many at once at one member's points, at one cap, at one reward's last pieces: exact, and seen to be what holds it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from at_once import at_once, together
from flask import Flask
from points_shop import PointsShop, faults, points, rows
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.rules import Part
from socialshop.loyalty.service import NewReward, using
from socialshop.loyalty.store import lots, rewards
from socialshop.loyalty.store.rewards import RewardRow
from socialshop.loyalty.store.uses import Purpose

AT_ONCE = 8


@pytest.fixture
def shop(app: Flask) -> PointsShop:
    shop = PointsShop(app)
    shop.begin(AT_ONCE)
    return shop


def a_use() -> Callable[[UnitOfWork], Any]:
    """A use of 30 points of the first member's."""
    purpose = Purpose(using.ORDER, uuid.uuid4(), {})
    return lambda uow: using.use(uow, 1, purpose, 30)


def spend(shop: PointsShop) -> Counter[str]:
    """Eight uses of 30 at once, of 100 points in ten lots."""
    for number in range(10):
        shop.give(1, 10, str(number))
    return at_once(shop.app, shop.clock, [a_use() for _ in range(AT_ONCE)])


def test_of_eight_uses_at_once_just_those_that_the_points_cover_go_through(shop: PointsShop) -> None:
    assert spend(shop) == {"done": 3, "points_short": 5}
    assert points(1).available == 10
    with unit_of_work() as uow:
        assert faults(uow) == []


def test_a_use_that_reads_before_it_locks_is_seen(shop: PointsShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody waits, and what is taken is written from what was read."""

    def read(session: Session, member: int, **_: object) -> list[Part]:
        query = "SELECT id, left_points FROM point_lots WHERE member = :m AND left_points > 0 ORDER BY expires_at, id"
        return [Part(*row) for row in session.execute(text(query), {"m": member})]

    def write(session: Session, parts: Sequence[Part]) -> None:
        for part in parts:
            query = "UPDATE point_lots SET left_points = greatest(left_points - :p, 0) WHERE id = :id"
            session.execute(text(query), {"p": part.points, "id": part.lot_id})

    for number in range(10):
        shop.give(1, 10, str(number))
    monkeypatch.setattr(lots, "lock_members", lambda *_: None)
    monkeypatch.setattr(lots, "lock_open", together(read, 3))
    monkeypatch.setattr(lots, "take", write)
    at_once(shop.app, shop.clock, [a_use() for _ in range(3)])
    with unit_of_work() as uow:
        assert faults(uow) != []


def test_expiry_passes_over_a_member_whose_points_are_moving_and_takes_the_rest(shop: PointsShop) -> None:
    """Whoever moves points holds the member first: expiry, that held lots alone, could wait for who waited for it."""
    for member in (1, 2):
        shop.give(member, 10, "one")
    shop.later(days=4_000)
    with unit_of_work(shop.clock) as uow:
        lots.lock_members(uow.session, [1])
        with shop.app.app_context():
            in_unit_of_work(loyalty.expire_due, shop.clock)
            assert [points(member).available for member in (1, 2)] == [10, 0]
    in_unit_of_work(loyalty.expire_due, shop.clock)
    assert points(1).available == 0
    with unit_of_work() as uow:
        assert faults(uow) == []


def farm(shop: PointsShop) -> int:
    """Twelve reviews at once by one member, 20 points each, at most 60 a day; returns what they gave."""
    at_once(shop.app, shop.clock, [lambda uow, name=str(n): loyalty.earn(uow, 1, "review", name) for n in range(12)])
    return points(1).available


def test_a_cap_holds_to_the_point_however_many_events_come_at_once(shop: PointsShop) -> None:
    assert farm(shop) == 60
    assert rows("SELECT span, points FROM point_counters ORDER BY span") == [("day", 60), ("month", 60)]
    assert rows("SELECT count(*) FILTER (WHERE points = 0) FROM point_lots") == [(9,)]


def test_a_cap_that_is_read_and_then_written_is_seen(shop: PointsShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody waits for the member, and the counter takes whatever comes."""
    monkeypatch.setattr(lots, "counted", together(lots.counted, 4))
    monkeypatch.setattr(lots, "count", lambda *_: None)
    monkeypatch.setattr(lots, "lock_members", lambda *_: None)
    assert farm(shop) > 60


def test_the_counter_itself_refuses_who_counts_without_the_lock(
    shop: PointsShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: nobody waits for the member; the conditional statement behind still lets no cap be passed."""
    monkeypatch.setattr(lots, "counted", lambda *_: {})
    for name in "abc":
        shop.do(lambda uow, n=name: loyalty.earn(uow, 1, "review", n))
    with pytest.raises(RuntimeError, match="past a cap"):
        shop.do(lambda uow: loyalty.earn(uow, 1, "review", "d"))
    assert points(1).available == 60


def test_one_event_told_by_many_at_once_gives_its_points_once(shop: PointsShop) -> None:
    at_once(shop.app, shop.clock, [lambda uow: loyalty.earn(uow, 1, "share", "visit 7")] * AT_ONCE)
    at_once(shop.app, shop.clock, [lambda uow: loyalty.check_in(uow, 1, "Asia/Shanghai")] * AT_ONCE)
    assert points(1).available == 5 + 2


def take_rewards(shop: PointsShop) -> Counter[str]:
    """Eight members, each with the points for it, at the last three of a reward."""
    for member in range(1, AT_ONCE + 1):
        shop.give(member, 40, "one")
    new = NewReward("Cup", 40, stock=3, per_member=None)
    reward = shop.do(lambda uow: loyalty.add_reward(uow, uuid.uuid4(), new))
    works = [lambda uow, m=member: loyalty.redeem(uow, m, reward.id) for member in range(1, AT_ONCE + 1)]
    return at_once(shop.app, shop.clock, works)


def test_the_last_three_of_a_reward_go_to_three(shop: PointsShop) -> None:
    assert take_rewards(shop) == {"done": 3, "reward_gone": 5}
    assert sum(points(member).available for member in range(1, AT_ONCE + 1)) == 5 * 40
    assert rows("SELECT left_stock FROM rewards") == [(0,)]


def test_a_stock_that_is_read_and_then_written_is_seen(shop: PointsShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: what is left is looked at first, and then lowered."""

    read = together(rewards.find, AT_ONCE)

    def naive(session: Session, reward_id: uuid.UUID) -> RewardRow | None:
        found = read(session, reward_id)
        if found is None or found.left_stock == 0:
            return None
        session.execute(text("UPDATE rewards SET left_stock = greatest(left_stock - 1, 0)"))
        return found

    monkeypatch.setattr(rewards, "claim", naive)
    assert take_rewards(shop) == {"done": AT_ONCE}


def test_two_sweeps_at_once_end_every_lot_once(shop: PointsShop) -> None:
    for member in range(1, AT_ONCE + 1):
        for number in range(5):
            shop.give(member, 7, str(number))
    shop.later(days=366)

    def sweep(uow: UnitOfWork) -> None:
        for _ in range(AT_ONCE):
            loyalty.expire_due(uow, 6)

    at_once(shop.app, shop.clock, [sweep, sweep])
    while shop.do(loyalty.expire_due):
        pass
    assert [points(member).available for member in range(1, AT_ONCE + 1)] == [0] * AT_ONCE
    with unit_of_work() as uow:
        assert faults(uow) == []
    given = "SELECT -sum(amount_minor) FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id"
    assert rows(given + " WHERE e.kind = 'points_expired' AND p.amount_minor < 0")[0][0] == AT_ONCE * 5 * 7


def test_a_refund_a_use_and_a_sweep_at_once_leave_the_books_exact(shop: PointsShop) -> None:
    first, second = shop.order(1, 9_900), shop.order(1, 5_000)
    shop.later(days=8)
    shop.complete_due()
    shop.give(1, 20, "mission")
    shop.do(
        lambda uow: uow.session.execute(text("UPDATE orders SET refunded_minor = 4000 WHERE id = :id"), {"id": first})
    )
    told = [{"order_id": str(first)}]
    at_once(
        shop.app,
        shop.clock,
        [
            lambda uow: loyalty.on_order_refunded(uow, told),
            lambda uow: loyalty.on_order_refunded(uow, told),
            lambda uow: using.use(uow, 1, Purpose(using.ORDER, second, {}), 100),
            lambda uow: loyalty.earn(uow, 1, "review", "r"),
            lambda uow: loyalty.expire_due(uow, 10),
        ],
    )
    with unit_of_work() as uow:
        assert faults(uow) == []
