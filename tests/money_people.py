"""People with money in their wallets, earned by commissions that settled: what payout tests begin with."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import text

from socialshop.identity.service import open_session
from socialshop.infra import wired
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import new_id
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import WalletBalances
from socialshop.payouts import service as payouts
from socialshop.payouts.gateway import SandboxPayees
from socialshop.payouts.rules import Channel
from tests.web_client import Person

IBAN = "DE89370400440532013000"


def number_of(person: Person) -> int:
    """The member's number."""
    return in_unit_of_work(
        lambda uow: int(
            uow.session.execute(
                text("SELECT number FROM members WHERE id = :id"), {"id": person.card.member_id}
            ).scalar_one()
        )
    )


def earn(number: int, *amounts: int, at: datetime | None = None) -> list[uuid.UUID]:
    """Settled commissions of these sums, one after the other: rows and books as accrual and settlement leave them."""

    def land(uow: UnitOfWork) -> list[uuid.UUID]:
        return [
            _settled(uow, number, amount, (at or uow.now) + timedelta(microseconds=n))
            for n, amount in enumerate(amounts)
        ]

    return in_unit_of_work(land)


def _settled(uow: UnitOfWork, number: int, amount: int, at: datetime) -> uuid.UUID:
    order, line, accrual = new_id(), new_id(), new_id()
    values = {"order": order, "line": line, "accrual": accrual, "number": number, "amount": amount, "at": at}
    for statement in (
        "INSERT INTO orders (id, external_id, source, buyer, uplines, status, currency, total_minor, ordered_at,"
        " received_at) VALUES (:order, :external, 'import', :number, '{}', 'received', 'CNY', :amount, :at, :at)",
        "INSERT INTO order_lines (id, order_id, line, quantity, amount_minor) VALUES (:line, :order, 1, 1, :amount)",
        "INSERT INTO accrued_lines (order_line_id, order_id, buyer, uplines, base_minor, quantity, currency, sale_at,"
        " received_at, accrued_at) VALUES (:line, :order, :number, '{}', :amount, 1, 'CNY', :at, :at, :at)",
        "INSERT INTO accruals (id, order_line_id, beneficiary, kind, level, leg, amount_minor, currency, accrued_at,"
        " matures_at) VALUES (:accrual, :line, :number, 'sale', 1, 0, :amount, 'CNY', :at, :at)",
        "UPDATE accruals SET status = 'settled', settled_at = :at WHERE id = :accrual",
    ):
        uow.session.execute(text(statement), values | {"external": secrets.token_hex(8)})
    pending, wallet = chart.member_pending(number), chart.member_wallet(number)
    ledger.post(
        uow,
        [
            Entry(
                f"accrual:{accrual}",
                "accrual",
                (
                    Posting(chart.COMMISSION_EXPENSE, -amount, "CNY", accrual),
                    Posting(pending, amount, "CNY", accrual),
                ),
            )
        ],
    )
    ledger.post(
        uow,
        [
            Entry(
                f"settlement:{accrual}",
                "settlement",
                (Posting(pending, -amount, "CNY", accrual), Posting(wallet, amount, "CNY", accrual)),
            )
        ],
    )
    return accrual


def wallet_of(number: int) -> WalletBalances:
    """The wallet as it stands."""
    return in_unit_of_work(lambda uow: ledger.wallet(uow, number, "CNY"))


def balance_of(account: str) -> int:
    """An account's balance in CNY, in the ledger's sign."""
    return in_unit_of_work(lambda uow: ledger.balance(uow, account, "CNY"))


def statuses(*, table: str, ids: Sequence[uuid.UUID]) -> list[str]:
    """The statuses of these rows, in the order given."""
    query = text(f"SELECT id, status FROM {table} WHERE id = ANY(CAST(:ids AS uuid[]))")
    found = dict(in_unit_of_work(lambda uow: uow.session.execute(query, {"ids": list(ids)}).all()))
    return [found[one] for one in ids]


def clock_of(app: Flask, at: datetime) -> ManualClock:
    """Put a hand-moved clock into the app."""
    clock = ManualClock(at)
    app.extensions["socialshop_clock"] = clock
    return clock


def account_of(member_id: uuid.UUID, holder: str = "Lin") -> uuid.UUID:
    """An account of the member's to be paid on, with the name verified; the destination's id."""
    place = in_unit_of_work(
        lambda uow: payouts.add_destination(uow, member_id, channel=Channel.BANK, holder=holder, account=IBAN).id
    )
    payouts.check_payees(wired.clock(), SandboxPayees(), member_id)
    return place


_STAY_STEPPED_UP = text("UPDATE member_sessions SET stepped_up_at = '2200-01-01' WHERE member_id = ANY(:ids)")


def plain_members(count: int, role: str = "member") -> list[tuple[uuid.UUID, int]]:
    """Members without a name or a password, as (id, number): quick to make where only their money matters.

    Admins show codes all day, as those of `sign_up` do.
    """
    add = text(
        "INSERT INTO members (id, role, joined_at) SELECT unnest(CAST(:ids AS uuid[])), :role, now()"
        " RETURNING id, number"
    )

    def made(uow: UnitOfWork) -> list[tuple[uuid.UUID, int]]:
        ids = [new_id() for _ in range(count)]
        found = [(row.id, row.number) for row in uow.session.execute(add, {"ids": ids, "role": role})]
        for member_id in ids if role == "admin" else ():
            open_session(uow, member_id, days=1)
        uow.session.execute(_STAY_STEPPED_UP, {"ids": ids})
        return found

    return in_unit_of_work(made)
