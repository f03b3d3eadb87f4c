"""Closed days take no entries, closed months are signed over what they hold; what the books say of a time."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from bookkeeping import accrual, posted_at, proved, settlement
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from socialshop.audit import service as audit
from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.time import exact_text
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.errors import DayNotOver, DaysOpen, DifferencesOpen, MonthOutOfTurn, ProofWanted
from socialshop.ledger.service import ClosedDay, ClosedMonth, Entry, Posting

ZONE = "Asia/Shanghai"
ADA = uuid.UUID("01890000-0000-7000-8000-00000000ada0")
# Midnight in Shanghai is 16:00 of the day before.
MARCH_BEGINS = datetime(2026, 2, 28, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _close(through: date, at: datetime) -> ClosedDay:
    with unit_of_work(ManualClock(at)) as uow:
        return ledger.close_days(uow, through, actor=ADA, zone=ZONE)


def _close_month(month: date, at: datetime, differences: int = 0) -> ClosedMonth:
    with unit_of_work(ManualClock(at)) as uow:
        return ledger.close_month(uow, month, actor=ADA, differences=differences)


def _say_proved(at: datetime, difference: str | None = None) -> None:
    with unit_of_work(ManualClock(at)) as uow:
        facts: dict[str, object] = {"first_difference": difference}
        audit.record(uow, actor=ADA, action="books.proved", target="books", facts=facts)


def _dates() -> dict[str, str]:
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT reference, posted_at FROM ledger_entries ORDER BY id"))
        return {reference: exact_text(at) for reference, at in rows}


def test_a_closed_day_takes_no_entry_and_what_comes_late_stands_on_the_open_day(app: Flask) -> None:
    # given two entries of 1 March and one of the 2nd, and the 1st closed on the 2nd
    posted_at(MARCH_BEGINS + HOUR, accrual("a1", 7, 299))
    posted_at(MARCH_BEGINS + DAY - timedelta(microseconds=1), accrual("a2", 7, 1))
    posted_at(MARCH_BEGINS + DAY, accrual("a3", 7, 5))
    closed = _close(date(2026, 3, 1), MARCH_BEGINS + DAY + HOUR)
    assert (closed.entries, closed.ends_at, closed.closed_by) == (2, MARCH_BEGINS + DAY, ADA)
    # when a unit of work that began on the 1st posts only now, and posts the same again
    for _ in range(2):
        posted_at(MARCH_BEGINS + 2 * HOUR, settlement("s1", 7, 200))
    # then it is dated the first instant of the 2nd, once, under the hash of that date
    assert _dates()["s1"] == "2026-03-01T16:00:00.000000Z"
    assert proved().holds
    # and the database itself refuses what is dated earlier, and what cannot see the closed days
    insert = (
        "INSERT INTO ledger_entries (posted_at, reference, kind, posting_count, content_hash)"
        " VALUES (:at, 'x', 'x', 2, decode(repeat('00', 32), 'hex'))"
    )
    with pytest.raises(IntegrityError, match="dated into a day that is closed"), unit_of_work() as uow:
        uow.session.execute(text(insert), {"at": MARCH_BEGINS + DAY - timedelta(microseconds=1)})
    with pytest.raises(DBAPIError, match="READ COMMITTED"), unit_of_work(isolation="REPEATABLE READ") as uow:
        uow.session.execute(text(insert), {"at": MARCH_BEGINS + 5 * DAY})
    # and closing it again changes nothing, a day that is not over is not closed, and none is left out
    assert _close(date(2026, 3, 1), MARCH_BEGINS + 3 * DAY) == closed
    with pytest.raises(DayNotOver):
        _close(date(2026, 3, 2), MARCH_BEGINS + DAY + 2 * HOUR)
    skipping = "INSERT INTO ledger_closed_days VALUES ('2026-03-09', now() - interval '1 hour', 0, now(), NULL)"
    with pytest.raises(IntegrityError, match="does not follow"), unit_of_work() as uow:
        uow.session.execute(text(skipping))
    with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM ledger_closed_days"))
    assert len(_dates()) == 4


def test_days_that_are_many_are_closed_in_steps_and_none_is_passed_over(app: Flask) -> None:
    # given one day closed long before the books begin, and 9,585 open ones after it
    assert _close(date(2000, 1, 1), MARCH_BEGINS).on_day == date(2000, 1, 1)
    # when all are closed
    reached = [_close(date(2026, 3, 31), MARCH_BEGINS + 40 * DAY).on_day for _ in range(4)]
    # then each step goes on where the one before ended, and the last finds nothing to do
    assert reached == [date(2010, 12, 14), date(2021, 11, 26), date(2026, 3, 31), date(2026, 3, 31)]


def test_a_month_is_closed_in_turn_over_proved_books_and_its_hash_is_recomputed(app: Flask) -> None:
    # given an entry of February, two of March, one of April
    posted_at(MARCH_BEGINS - HOUR, accrual("f", 7, 3))
    posted_at(MARCH_BEGINS + HOUR, accrual("m1", 7, 10))
    posted_at(MARCH_BEGINS + DAY * 30, accrual("m2", 7, 20))
    later = MARCH_BEGINS + DAY * 40
    posted_at(later - DAY, accrual("a", 7, 40))
    # then March waits for its days, for differences, and for a proof made after its last day was closed
    _close(date(2026, 3, 30), later)
    with pytest.raises(DaysOpen):
        _close_month(date(2026, 3, 1), later)
    _say_proved(later)
    _close(date(2026, 3, 31), later + HOUR)
    with pytest.raises(DifferencesOpen):
        _close_month(date(2026, 3, 1), later + HOUR, differences=1)
    with pytest.raises(ProofWanted):
        _close_month(date(2026, 3, 1), later + HOUR)
    _say_proved(later + HOUR, "the balance of shop:sales is 1")
    with pytest.raises(ProofWanted):
        _close_month(date(2026, 3, 1), later + HOUR)
    _say_proved(later + HOUR)
    first = _close_month(date(2026, 2, 1), later + HOUR)
    with pytest.raises(MonthOutOfTurn):
        _close_month(date(2026, 1, 1), later + HOUR)
    march = _close_month(date(2026, 3, 1), later + HOUR)
    assert _close_month(date(2026, 3, 1), later + DAY) == march
    # and its hash is that of the documented text, its signature the shop's
    with unit_of_work() as uow:
        hashes = uow.session.execute(
            text("SELECT encode(content_hash, 'hex') FROM ledger_entries WHERE reference IN ('m1', 'm2') ORDER BY id")
        ).scalars()
        lines = ["socialshop month 1", "2026-03", first.hash.hex(), "2026-02-28T16:00:00.000000Z"]
        lines += ["2026-03-31T16:00:00.000000Z", "2", *hashes, ""]
    assert hashlib.sha256("\n".join(lines).encode()).digest() == march.hash
    said = f"socialshop closing 1\n2026-03\n{march.hash.hex()}\n2\n{exact_text(later + HOUR)}\n{ADA.hex}\n"
    Ed25519PublicKey.from_public_bytes(march.public_key).verify(march.signature, said.encode())
    assert (first.entries, march.entries, proved().holds) == (1, 2, True)
    # and whoever changes the month past the triggers is found
    with db.engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE ledger_closed_months SET entries = 3 WHERE month = '2026-03-01'"))
        connection.commit()
        connection.execute(text("SET session_replication_role = origin"))
    assert proved().first_difference == "the closed month 2026-03 does not have the hash of its entries"


def test_trial_balance_statement_ages_and_months_come_to_the_cent(app: Flask) -> None:
    # given sales in two months, commissions that mature, a debt of which a part was paid, and points
    clearing = chart.provider_clearing("import")
    sale = [Posting(clearing, -2_000, "CNY"), Posting(chart.SALES, 2_000, "CNY")]
    posted_at(MARCH_BEGINS - DAY, Entry("sale 1", "sale", sale), accrual("a1", 7, 300))
    posted_at(MARCH_BEGINS + DAY, Entry("sale 2", "sale", sale), accrual("a2", 8, 50), settlement("s1", 7, 100))

    def owes(amount: int) -> list[Posting]:
        return [
            Posting(chart.member_receivable(9), -amount, "CNY"),
            Posting(chart.COMMISSION_EXPENSE, amount, "CNY"),
        ]

    posted_at(MARCH_BEGINS - 80 * DAY, Entry("c1", "clawback", owes(500)))
    posted_at(MARCH_BEGINS - 40 * DAY, Entry("c2", "clawback", owes(70)))
    paid = [Posting(chart.member_receivable(9), 510, "CNY"), Posting(clearing, -510, "CNY")]
    posted_at(MARCH_BEGINS, Entry("c3", "repaid", paid))
    posted_at(MARCH_BEGINS + DAY, Entry("c4", "clawback", owes(9)))
    points = [Posting(chart.POINTS_LIABILITY, -5, "PTS"), Posting(chart.member_wallet(7), 5, "PTS")]
    posted_at(MARCH_BEGINS, Entry("p", "points", points))

    with unit_of_work() as uow:
        span = ledger.span_of(uow, date(2026, 3, 1), date(2026, 3, 31), ZONE)
        lines = {
            (line.account, line.currency): (
                line.opening_minor,
                line.debit_minor,
                line.credit_minor,
                line.closing_minor,
            )
            for line in ledger.trial_balance_of(uow, span)
        }
        # then the trial balance of March opens with February and sums to nothing
        assert lines[clearing, "CNY"] == (2_000, 2_510, 0, 4_510)
        assert lines["member:*:pending", "CNY"] == (-300, 100, 50, -250)
        assert lines["member:*:receivable", "CNY"] == (570, 9, 510, 69)
        assert lines[chart.COMMISSION_EXPENSE, "CNY"] == (300 - 570, 50, 9, 300 - 570 + 50 - 9)
        for currency in ("CNY", "PTS"):
            opened, debit, credit, closed = (
                sum(column) for column in zip(*[v for (_, c), v in lines.items() if c == currency], strict=True)
            )
            assert (opened, debit - credit, closed) == (0, 0, 0)
        # and an account's statement is paged with its balance carried on
        page = ledger.statement_of(uow, chart.member_pending(7), "CNY", span, after=None, limit=1)
        assert (page.opening_minor, page.closing_minor, page.more) == (300, 200, False)
        assert [(row.reference, row.amount_minor, row.balance_minor) for row in page.rows] == [("s1", -100, 200)]
        whole = ledger.span_of(uow, date(2025, 1, 1), date(2026, 3, 31), ZONE)
        seen: list[tuple[str, int]] = []
        after = None
        for _ in range(4):
            page = ledger.statement_of(uow, chart.member_receivable(9), "CNY", whole, after=after, limit=1)
            (row,) = page.rows
            seen.append((row.reference, row.balance_minor))
            after = (row.entry_id, row.line, row.balance_minor)
        assert (seen, page.more) == ([("c1", -500), ("c2", -570), ("c3", -60), ("c4", -69)], False)
        # and the debt is what came last of it: 510 paid all of the oldest and 10 of the second
        on = date(2026, 3, 3)
        owed = ledger.owed(uow, on, ZONE)
        (debt,) = owed.receivables
        assert (debt.to_30_minor, debt.to_60_minor, debt.to_90_minor, debt.older_minor) == (9, 60, 0, 0)
        assert [(each.account, each.total_minor) for each in owed.debtors] == [(chart.member_receivable(9), 69)]
        assert {each.account: each.total_minor for each in owed.payables} == {
            "member:*:pending": 250,
            "member:*:wallet": 100,
        }
        later = ledger.owed(uow, date(2026, 6, 1), ZONE).receivables[0]
        assert (later.to_90_minor, later.older_minor) == (0, 69)
        income = ledger.income_by_month(uow, whole, ZONE)
        assert [(f"{row.month:%Y-%m}", row.account, row.amount_minor) for row in income][:4] == [
            ("2026-03", chart.COMMISSION_EXPENSE, 41),
            ("2026-03", chart.SALES, 2_000),
            ("2026-02", chart.COMMISSION_EXPENSE, 300),
            ("2026-02", chart.SALES, 2_000),
        ]
