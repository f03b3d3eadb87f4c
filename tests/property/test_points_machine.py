"""Points earned, matured, set aside, used, given back, refunded and ended, in any order and each fact told twice.

After every step lots and uses are what the books say, the first to expire went first, nothing is below zero, no debt
stands beside usable points, and an order keeps just what the rule gives on its net.
"""

from __future__ import annotations

import uuid

from bookkeeping import proved
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from points_shop import SHANGHAI, PointsShop, faults, points, rows
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.errors import PointsShort
from socialshop.loyalty.service import using

MEMBERS = st.integers(1, 2)
_TABLES = ("point_use_lots", "point_uses", "point_lots", "point_members", "point_counters", "orders")
_LEDGER = ("ledger_seal_queue", "ledger_postings", "ledger_entries", "ledger_balances", "ledger_accounts")
_OPEN = """
    SELECT id, left_points FROM point_lots
    WHERE member = :member AND left_points > 0 AND available_at IS NOT NULL AND expires_at > :now
    ORDER BY expires_at, id
"""


class Purses(RuleBasedStateMachine):
    """Two members of one shop."""

    shop: PointsShop

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[uuid.UUID] = []
        self.uses: list[tuple[uuid.UUID, int]] = []
        with unit_of_work() as uow:
            uow.session.execute(text("RESET ROLE"))
            uow.session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in (*_TABLES, *_LEDGER, "outbox_events"):
                uow.session.execute(text(f"DELETE FROM {table}"))

    @rule(member=MEMBERS, paid=st.integers(1, 30_000))
    def buy(self, member: int, paid: int) -> None:
        order_id = self.shop.order(member, paid)
        self.shop.confirmed(order_id)
        self.orders.append(order_id)

    @rule(member=MEMBERS, points=st.integers(1, 90), name=st.integers(1, 5))
    def finish_a_mission(self, member: int, points: int, name: int) -> None:
        self.shop.give(member, points, str(name))

    @rule(member=MEMBERS)
    def check_in(self, member: int) -> None:
        first = self.shop.do(lambda uow: loyalty.check_in(uow, member, SHANGHAI))
        again = self.shop.do(lambda uow: loyalty.check_in(uow, member, SHANGHAI))
        assert (again.points, again.new) == (first.points, False)

    @rule(member=MEMBERS, wanted=st.integers(1, 200), hold=st.booleans())
    def use(self, member: int, wanted: int, hold: bool) -> None:
        before = rows(_OPEN, member=member, now=self.shop.clock.now())
        subject = uuid.uuid4()
        try:
            for _ in range(2):
                self.shop.use(member, wanted, hold=hold, subject=subject)
        except PointsShort:
            assert sum(lot.left_points for lot in before) < wanted
            return
        after = dict(tuple(row) for row in rows(_OPEN, member=member, now=self.shop.clock.now()))
        rest = wanted
        for lot in before:
            taken = min(lot.left_points, rest)
            assert after.get(lot.id, 0) == lot.left_points - taken, "the first to expire goes first"
            rest -= taken
        assert rest == 0
        self.uses.append((subject, wanted))

    @precondition(lambda self: self.uses)
    @rule(pick=st.integers(0, 99), per_mille=st.sampled_from([0, 1, 500, 1_000]))
    def give_back(self, pick: int, per_mille: int) -> None:
        subject, used = self.uses[pick % len(self.uses)]
        for _ in range(2):
            self.shop.do(lambda uow: using.give_back(uow, using.ORDER, subject, used * per_mille // 1_000))

    @precondition(lambda self: self.uses)
    @rule(pick=st.integers(0, 99))
    def settle(self, pick: int) -> None:
        subject, _ = self.uses[pick % len(self.uses)]
        for _ in range(2):
            self.shop.do(lambda uow: using.settle(uow, using.ORDER, [subject]))

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99), amount=st.sampled_from([1, 99, 5_000, 10**6]))
    def refund(self, pick: int, amount: int) -> None:
        self.shop.refund(self.orders[pick % len(self.orders)], amount)

    @rule(days=st.sampled_from([1, 8, 200, 400]))
    def let_time_pass(self, days: int) -> None:
        self.shop.later(days=days)
        self.shop.complete_due()
        self.shop.do(loyalty.warn_expiring)
        while self.shop.do(lambda uow: loyalty.expire_due(uow, 2)):
            pass
        assert (
            rows("SELECT 1 FROM point_lots WHERE left_points > 0 AND expires_at <= :now", now=self.shop.clock.now())
            == []
        )

    @invariant()
    def lots_uses_and_books_agree(self) -> None:
        with unit_of_work() as uow:
            assert faults(uow) == []
        for member in (1, 2):
            assert min(points(member)) >= 0

    def teardown(self) -> None:
        assert proved().balanced
        assert proved().projection_ok
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            assert loyalty.liability(uow, SHANGHAI).agrees


def test_points_are_exact_whatever_happens_in_whatever_order(app: Flask) -> None:
    Purses.shop = PointsShop(app)
    Purses.shop.begin(2)
    run_state_machine_as_test(
        Purses,
        settings=settings(
            max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
