"""A shop's members, their tree and their sales, set down in a few lines: what tests of commissions stand on."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from socialshop.commissions.plan import Plan, parse_plan
from socialshop.infra.uow import UnitOfWork

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

Forest = Mapping[int, int | None]


@dataclass(frozen=True)
class Sale:
    """An order of one line or several: `lines` are (amount in minor units, quantity)."""

    buyer: int
    lines: tuple[tuple[int, int], ...] = ((10_000, 1),)
    host: int | None = None
    currency: str = "CNY"
    ordered_at: datetime = NEW_YEAR
    received_at: datetime | None = NEW_YEAR


def a_plan(*legs: dict[str, Any], currency: str = "CNY", hold_days: int = 0, name: str = "test") -> Plan:
    """A plan with these legs, by default 8 % and 3 % on two levels."""
    two_levels = ({"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "sale", "level": 2, "rate_bps": 300})
    document = {"name": name, "currency": currency, "hold_days": hold_days, "legs": list(legs or two_levels)}
    return parse_plan(document)


def uplines_in(forest: Forest, member: int) -> list[int]:
    """The nearest 8 uplines, sponsor first."""
    found: list[int] = []
    above = forest[member]
    while above is not None and len(found) < 8:
        found.append(above)
        above = forest[above]
    return found


def a_forest(size: int, seed: int) -> dict[int, int | None]:
    """Members 1 to `size`, each brought in by an earlier one, or by nobody (one in six)."""
    chance = random.Random(seed)
    return {n: None if n == 1 or chance.random() < 1 / 6 else chance.randint(1, n - 1) for n in range(1, size + 1)}


def some_sales(forest: Forest, count: int, seed: int) -> list[Sale]:
    """Sales to members of the forest: some of nothing, of several lines, hosted by somebody or by the buyer."""
    chance = random.Random(seed)
    members = list(forest)
    return [
        Sale(
            buyer=(buyer := chance.choice(members)),
            lines=tuple(
                (chance.choice((0, 1, 33, 9_999, chance.randint(1, 10**7))), chance.randint(1, 5))
                for _ in range(chance.randint(1, 3))
            ),
            host=chance.choice((None, buyer, chance.choice(members))),
            ordered_at=NEW_YEAR + timedelta(hours=number),
            received_at=NEW_YEAR + timedelta(hours=number + 1),
        )
        for number in range(count)
    ]


def place(uow: UnitOfWork, forest: Forest) -> None:
    """Make the members and their tree. Sponsors come before those they brought in."""
    for number, sponsor in forest.items():
        uplines = uplines_in(forest, number)
        uow.session.execute(
            text("INSERT INTO members (id, number, external_id, joined_at) VALUES (:id, :number, :name, :at)"),
            {"id": uuid.uuid4(), "number": number, "name": f"m{number}", "at": LONG_AGO},
        )
        uow.session.execute(
            text("INSERT INTO referral_nodes VALUES (:number, :sponsor, :depth, :uplines, :at)"),
            {"number": number, "sponsor": sponsor, "depth": len(uplines), "uplines": uplines, "at": LONG_AGO},
        )


def sell(uow: UnitOfWork, sales: Sequence[Sale], *, prefix: str = "o") -> list[uuid.UUID]:
    """Land the sales as received orders `o1`, `o2`, …; returns the orders' ids."""
    ids = [uuid.uuid4() for _ in sales]
    for number, (order_id, sale) in enumerate(zip(ids, sales, strict=True), 1):
        uow.session.execute(
            text(
                """
                INSERT INTO orders (id, external_id, source, buyer, uplines, host, status, currency, total_minor,
                                    ordered_at, received_at)
                VALUES (:id, :name, 'import', :buyer,
                        coalesce((SELECT uplines FROM referral_nodes WHERE member_number = :buyer), '{}'),
                        :host, :status, :currency, :total, :ordered, :received)
                """
            ),
            {
                "id": order_id,
                "name": f"{prefix}{number}",
                "buyer": sale.buyer,
                "host": sale.host,
                "status": "received" if sale.received_at else "confirmed",
                "currency": sale.currency,
                "total": sum(amount for amount, _ in sale.lines),
                "ordered": sale.ordered_at,
                "received": sale.received_at,
            },
        )
        for line, (amount, quantity) in enumerate(sale.lines, 1):
            uow.session.execute(
                text("INSERT INTO order_lines VALUES (:id, :order_id, :line, :quantity, :amount)"),
                {"id": uuid.uuid4(), "order_id": order_id, "line": line, "quantity": quantity, "amount": amount},
            )
    return ids


def confirmed(*order_ids: uuid.UUID) -> list[dict[str, Any]]:
    """The payload of OrdersConfirmed, as a handler gets it."""
    return [{"order_ids": [str(order_id) for order_id in order_ids]}]


# What every order must have earned under ORACLE_PLAN, said by SQL alone: (line, member, kind, level, amount).
ORACLE_PLAN = a_plan(
    {"kind": "sale", "level": 1, "rate_bps": 777},
    {"kind": "sale", "level": 2, "fixed_minor": 19},
    {"kind": "host", "rate_bps": 3},
)
ORACLE = """
    WITH RECURSIVE climbed AS (
        SELECT l.id AS line, o.buyer AS member, 0 AS level, l.amount_minor::numeric AS amount, l.quantity
        FROM orders o JOIN order_lines l ON l.order_id = o.id
        UNION ALL
        SELECT c.line, n.sponsor, c.level + 1, c.amount, c.quantity
        FROM climbed c JOIN referral_nodes n ON n.member_number = c.member
        WHERE n.sponsor IS NOT NULL AND c.level < 2
    ), earned AS (
        SELECT line, member, 'sale' AS kind, level, floor(amount * 777 / 10000) AS amount FROM climbed WHERE level = 1
        UNION ALL
        SELECT line, member, 'sale', level, 19 * quantity FROM climbed WHERE level = 2 AND amount > 0
        UNION ALL
        SELECT l.id, o.host, 'host', 0, floor(l.amount_minor::numeric * 3 / 10000)
        FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.host <> o.buyer
    )
    SELECT line, member, kind, level, amount::bigint FROM earned WHERE amount > 0
"""
