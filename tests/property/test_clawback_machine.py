"""Refunds at every state, none, partial, full and twice: an oracle that knows only the net of each line.

After every step what a beneficiary has (pending + wallet + paid out − owed) is the rule on each net line, summed. Every
entry sums to zero, replay agrees, and no debt stands beside money in a wallet.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import floor

from after_sales import claw_back, replayed, rows, settle, wallet
from bookkeeping import proved
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from sqlalchemy import text

from socialshop.commissions import service
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import post
from socialshop.orders import service as orders
from socialshop.orders.errors import AmountTooLarge, NothingToRefund

ADMIN = uuid.UUID(int=1)
RATES = {2: Fraction(777, 10_000), 1: Fraction(333, 10_000)}
FIXED = 19  # for the buyer, a unit
HOLD = timedelta(days=7)
LINES = st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 3)), min_size=1, max_size=3)


@dataclass
class OrderBook:
    """What the oracle knows of an order: what each line cost, and what went back of the whole and of which units."""

    id: uuid.UUID
    lines: list[tuple[int, int]]
    open: list[uuid.UUID] = field(default_factory=list)
    unclawed: list[uuid.UUID] = field(default_factory=list)


class Aftersales(RuleBasedStateMachine):
    """One buyer (3) under two uplines (2, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.books: list[OrderBook] = []
        self.paid_out = {1: 0, 2: 0, 3: 0}
        with unit_of_work() as uow:
            for table in _TABLES:
                uow.session.execute(text("RESET ROLE"))
                uow.session.execute(text("SET LOCAL session_replication_role = replica"))
                uow.session.execute(text(f"DELETE FROM {table}"))

    @rule(lines=LINES)
    def buy(self, lines: list[tuple[int, int]]) -> None:
        with unit_of_work() as uow:
            (order_id,) = sell(uow, [Sale(buyer=3, lines=tuple(lines))], prefix=uuid.uuid4().hex)
        with unit_of_work() as uow:
            service.accrue_orders(uow, confirmed(order_id))
        self.books.append(OrderBook(order_id, lines))

    @precondition(lambda self: self.books)
    @rule(pick=st.integers(0, 99), share=st.sampled_from([0, 1, 333, 500, 1_000]), by_units=st.booleans())
    def ask(self, pick: int, share: int, by_units: bool) -> None:
        book = self.books[pick % len(self.books)]
        amount = max(1, sum(amount for amount, _ in book.lines) * share // 1_000)
        more = {"units": {1: 1}} if by_units else {"amount_minor": None if share == 1_000 else amount}
        with suppress(AmountTooLarge, NothingToRefund), unit_of_work() as uow:
            book.open.append(orders.request_refund(uow, 3, book.id, "broken", **more).id)  # type: ignore[arg-type]

    @precondition(lambda self: any(book.open for book in self.books))
    @rule(pick=st.integers(0, 99), yes=st.integers(0, 3))
    def decide(self, pick: int, yes: int) -> None:
        book = [book for book in self.books if book.open][pick % sum(1 for book in self.books if book.open)]
        refund_id = book.open.pop(0)
        with unit_of_work() as uow:
            if yes:
                orders.approve_refund(uow, ADMIN, refund_id, None)
                book.unclawed.append(refund_id)
            else:
                orders.reject_refund(uow, ADMIN, refund_id, "no")

    @precondition(lambda self: any(book.unclawed for book in self.books))
    @rule(pick=st.integers(0, 99), last=st.booleans(), twice=st.booleans())
    def follow(self, pick: int, last: bool, twice: bool) -> None:
        book = [b for b in self.books if b.unclawed][pick % sum(1 for b in self.books if b.unclawed)]
        refund_id = book.unclawed.pop(-1 if last else 0)
        for _ in range(1 + twice):
            claw_back(refund_id)

    @rule()
    def settle(self) -> None:
        settle(NEW_YEAR + HOLD)

    @rule(member=st.sampled_from([1, 2]), share=st.integers(1, 4))
    def pay_out(self, member: int, share: int) -> None:
        amount = wallet(member).available * share // 4
        if amount:
            postings = (
                Posting(chart.member_wallet(member), -amount, "CNY"),
                Posting("payout:bank:clearing", amount, "CNY"),
            )
            with unit_of_work() as uow:
                post(uow, [Entry(f"out:{uuid.uuid4()}", "payout", postings)])
            self.paid_out[member] += amount

    @invariant()
    def commission_is_the_rule_on_the_net(self) -> None:
        expected = {1: 0, 2: 0, 3: 0}
        for book in self.books:
            for place_, (amount, quantity) in enumerate(book.lines, 1):
                gone, units = self._gone(book, place_)
                net = amount - gone
                for member, rate in RATES.items():
                    expected[member] += floor(rate * net)
                expected[3] += FIXED * (quantity - units if net else 0)
        for member, total in expected.items():
            has = wallet(member)
            assert has.pending + has.available - has.owed + self.paid_out[member] == total, member
            assert has.owed == 0 or has.available == 0, "a debt stands beside money"

    def _gone(self, book: OrderBook, line: int) -> tuple[int, int]:
        """By the refunds that were followed."""
        found = rows(
            """
            SELECT coalesce(sum(p.amount_minor), 0), coalesce(sum(p.quantity), 0)
            FROM refunds r JOIN refund_lines p ON p.refund_id = r.id JOIN order_lines l ON l.id = p.order_line_id
            WHERE r.order_id = :order_id AND l.line = :line AND r.status = 'refunded' AND r.id <> ALL(:waiting)
            """,
            order_id=book.id,
            line=line,
            waiting=book.unclawed,
        )
        return int(found[0][0]), int(found[0][1])

    def teardown(self) -> None:
        assert proved().balanced
        assert proved().projection_ok
        assert replayed() is None
        assert rows("SELECT count(*) FROM orders WHERE refunded_minor > total_minor") == [(0,)]


_TABLES = (
    *("clawbacks", "clawed_refunds", "refund_lines", "refunds", "accrual_maturities", "accrual_skips", "accruals"),
    *("accrued_lines", "order_lines", "orders", "ledger_seal_queue", "ledger_postings", "ledger_entries"),
    *("ledger_balances", "ledger_accounts"),
)


def test_net_commission_is_the_rule_on_the_net_at_every_state(app: Flask) -> None:
    plan = a_plan(
        {"kind": "sale", "level": 1, "rate_bps": 777},
        {"kind": "sale", "level": 2, "rate_bps": 333},
        {"kind": "self", "fixed_minor": FIXED},
        hold_days=HOLD.days,
    )
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        service.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
    run_state_machine_as_test(
        Aftersales,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
