"""Benches of accrual and settlement, each against the least work that leaves the same rows."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine

from socialshop.bench import processor
from socialshop.bench.worlds import World, generate
from socialshop.commissions import service
from socialshop.commissions.plan import parse_plan
from socialshop.commissions.service.settling import CHAINS
from socialshop.infra.db import copy_rows, driver
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import new_ids
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.referrals import service as referrals
from socialshop.referrals.tree import TOP

_SEED = 20
_BEGINNING = datetime(2019, 1, 1, tzinfo=UTC)
_CHUNK = 1 << 20
_MEMBERS_PER_UNIT = 10_000
_PLAN = {
    "name": "bench",
    "currency": "CNY",
    "hold_days": 0,
    "legs": [{"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "sale", "level": 2, "rate_bps": 300}],
}
# What an accrual writes, in an order in which it can be copied back.
_ACCRUED = (
    "accrued_lines",
    "accruals",
    "accrual_maturities",
    "accrual_skips",
    "ledger_accounts",
    "ledger_entries",
    "ledger_postings",
    "ledger_balances",
    "ledger_seal_queue",
)
# Empty here, but no table is emptied without those that refer to it.
_REFERRING = (
    *("clawbacks", "payout_parts", "returned_commissions"),
    *("accrued_facts", "accrual_terms", "accrual_passes"),
)


def accrue(app: Flask, members: int = 1_000_000, orders: int = 100_000, batch: int = 4_000) -> dict[str, Any]:
    """Accrue `orders` on two levels of a tree of `members`, against copying the very rows into the same tables.

    Ours builds the sub-trees, applies the rules, and writes claims, accruals, skips and journal entries.
    `batch` is what a job drains at once. Both sides have every constraint, trigger and index.
    """
    world = generate(members, orders, _SEED)
    in_unit_of_work(lambda uow: service.publish_plan(uow, parse_plan(_PLAN), country="CN", effective_at=_BEGINNING))
    in_unit_of_work(lambda uow: _place(uow, world))
    order_ids = in_unit_of_work(lambda uow: _sell(uow, world))
    ours = _timed(lambda: _accrue_all(order_ids, batch))
    with _owner(app) as owner, tempfile.TemporaryDirectory() as folder:
        rows = sum(_copy_out(owner, table, Path(folder) / table) for table in _ACCRUED)
        _empty(owner, (*_ACCRUED, *_REFERRING))
        copied = _timed(lambda: _copy_in(owner, Path(folder)))
    return {
        "members": members,
        "orders": orders,
        "rows": rows,
        "seconds": round(ours, 2),
        "copy_seconds": round(copied, 2),
        "orders_per_second": round(orders / ours),
        "ratio": round(copied / ours, 3),
    }


def settle(app: Flask, members: int = 1_000_000, orders: int = 660_000) -> dict[str, Any]:
    """Settle every accrual of `orders` (about a million), against one INSERT … SELECT of the same postings.

    Ours runs as the shop does, in as many chains of batches as `begin_settlement` starts; each claims accruals, writes
    their status, journal entries, postings and balances, and makes the wallets that are not there yet.
    """
    world = generate(members, orders, _SEED)
    in_unit_of_work(lambda uow: service.publish_plan(uow, parse_plan(_PLAN), country="CN", effective_at=_BEGINNING))
    in_unit_of_work(lambda uow: _place(uow, world))
    in_unit_of_work(lambda uow: _sell(uow, world))
    with _owner(app) as owner:
        accruals = _hold(owner)
        with processor.measured(owner) as used:
            ours = _timed(lambda: _settle_all(app))
        _run(
            owner,
            """
            CREATE TABLE bench_postings AS SELECT * FROM ledger_postings
            WHERE entry_id IN (SELECT id FROM ledger_entries WHERE kind = 'settlement')
            """,
        )
        _empty(owner, ("ledger_postings",))
        with processor.measured(owner) as used_by_insert:
            inserted = _timed(lambda: _run(owner, "INSERT INTO ledger_postings SELECT * FROM bench_postings"))
        postings = owner.exec_driver_sql("SELECT count(*) FROM ledger_postings").scalar_one()
    return {
        "accruals": accruals,
        "chains": CHAINS,
        "postings": postings,
        "seconds": round(ours, 2),
        "insert_select_seconds": round(inserted, 2),
        "accruals_per_second": round(accruals / ours),
        "processor_seconds": used,
        "insert_select_processor_seconds": used_by_insert[processor.POSTGRESQL],
        "load_average": round(os.getloadavg()[0], 1),
        "ratio": round(inserted / ours, 3),
    }


def simulate(app: Flask, members: int = 1_000_000, orders: int = 200_000, batch: int = 4_000) -> dict[str, Any]:
    """Try a plan of three levels on `orders` that accrued on two, as the jobs do it, against the plan in force."""
    world = generate(members, orders, _SEED)
    in_unit_of_work(lambda uow: service.publish_plan(uow, parse_plan(_PLAN), country="CN", effective_at=_BEGINNING))
    in_unit_of_work(lambda uow: _place(uow, world))
    _accrue_all(in_unit_of_work(lambda uow: _sell(uow, world)), batch)
    legs = [{"kind": "sale", "level": level, "rate_bps": 500} for level in (1, 2, 3)]
    plan = parse_plan({**_PLAN, "name": "three levels", "legs": legs})
    actor = new_ids(1)[0]
    draft = in_unit_of_work(lambda uow: service.draft_plan(uow, actor, plan))
    question = service.Question(_BEGINNING, datetime.now(UTC))
    asked = in_unit_of_work(lambda uow: service.simulate(uow, actor, draft.id, question))
    taken = _timed(lambda: _carry_on(draft.id, asked.id))
    found = in_unit_of_work(lambda uow: service.simulated(uow, draft.id, asked.id))
    return {
        "members": members,
        "orders": orders,
        "lines": found.row.lines,
        "cost_minor": found.here_minor,
        "in_force_minor": found.there_minor,
        "earners": found.spread.earners if found.spread else 0,
        "seconds": round(taken, 2),
        "load_average": round(os.getloadavg()[0], 1),
        "aim": "minutes, memory < 1 GB",
    }


def _carry_on(plan: uuid.UUID, simulation: uuid.UUID) -> None:
    payloads = [{"simulation_id": str(simulation)}]
    while in_unit_of_work(lambda uow: service.simulated(uow, plan, simulation)).spread is None:
        in_unit_of_work(lambda uow: service.on_simulation_due(uow, payloads))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _place(uow: UnitOfWork, world: World) -> None:
    """Member i of the world has the number i + 1."""
    count = len(world.sponsor)
    joined = world.joined_at.astype("datetime64[us]")
    rows = zip(new_ids(count), range(1, count + 1), (f"{at}Z" for at in joined), strict=True)
    copy_rows(uow.session, "members", ("id", "number", "joined_at"), rows)
    referrals.place_many(
        uow,
        numbers=np.arange(1, count + 1),
        sponsors=np.where(world.sponsor == TOP, 0, world.sponsor + 1),
        placed_at=joined.astype(np.int64),
    )


def _sell(uow: UnitOfWork, world: World) -> list[uuid.UUID]:
    """The world's orders, one line each, received when they were placed."""
    ids = new_ids(len(world.buyer))
    amounts = world.amount_minor.tolist()
    ordered = [f"{at}Z" for at in world.ordered_at]
    above = referrals.uplines_of(uow, [buyer + 1 for buyer in set(world.buyer.tolist())])
    uplines = dict(zip(above.members, above.uplines, strict=True))
    orders = (
        (id_, "import", buyer + 1, uplines[buyer + 1], "received", "CNY", amount, at, at)
        for id_, buyer, amount, at in zip(ids, world.buyer.tolist(), amounts, ordered, strict=True)
    )
    columns = ("id", "source", "buyer", "uplines", "status", "currency", "total_minor", "ordered_at", "received_at")
    copy_rows(uow.session, "orders", columns, orders)
    lines = ((line, id_, 1, 1, amount) for line, id_, amount in zip(new_ids(len(ids)), ids, amounts, strict=True))
    copy_rows(uow.session, "order_lines", ("id", "order_id", "line", "quantity", "amount_minor"), lines)
    return ids


def _accrue_all(order_ids: Sequence[uuid.UUID], batch: int) -> None:
    rest = iter(order_ids)
    while chunk := [str(order_id) for order_id in islice(rest, batch)]:
        payloads = [{"order_ids": chunk}]
        in_unit_of_work(lambda uow, payloads=payloads: service.accrue_orders(uow, payloads))  # type: ignore[misc]


def _settle_all(app: Flask) -> None:
    def chain() -> None:
        with app.app_context():
            while in_unit_of_work(lambda uow: service.settle_due(uow, uow.now)):
                pass

    with ThreadPoolExecutor(CHAINS) as pool:
        for done in [pool.submit(chain) for _ in range(CHAINS)]:
            done.result()


def _hold(owner: Connection) -> int:
    """Accruals as they stand after accrual, made by SQL alone: a world to settle in, not what is measured."""
    for statement in (
        """
        INSERT INTO accrued_lines
        SELECT l.id, o.id, (SELECT id FROM commission_plan_versions), o.buyer, NULL, o.uplines, l.amount_minor, 1,
               o.currency, o.ordered_at, o.received_at, o.ordered_at
        FROM orders o JOIN order_lines l ON l.order_id = o.id
        """,
        """
        INSERT INTO accruals (id, order_line_id, beneficiary, kind, level, leg, amount_minor, currency, accrued_at,
                              matures_at)
        SELECT gen_random_uuid(), order_line_id, u.member, 'sale', u.level, u.level - 1, base_minor * 800 / 10000 + 1,
               currency, accrued_at, received_at
        FROM accrued_lines, unnest(uplines[1:2]) WITH ORDINALITY AS u (member, level)
        """,
        "INSERT INTO accrual_maturities SELECT matures_at, id FROM accruals",
    ):
        _run(owner, statement)
    _run(owner, "ANALYZE accruals, accrual_maturities")
    pending = owner.exec_driver_sql("SELECT beneficiary, sum(amount_minor)::bigint FROM accruals GROUP BY 1").all()
    for start in range(0, len(pending), _MEMBERS_PER_UNIT):
        entry = _owed(start, [(member, amount) for member, amount in pending[start : start + _MEMBERS_PER_UNIT]])
        in_unit_of_work(lambda uow, entry=entry: ledger.post(uow, [entry]))  # type: ignore[misc]
    return int(owner.exec_driver_sql("SELECT count(*) FROM accruals").scalar_one())


def _owed(number: int, pending: Sequence[tuple[int, int]]) -> Entry:
    """What the members have pending, in one entry."""
    postings = [Posting(chart.member_pending(member), amount, "CNY") for member, amount in pending]
    expense = Posting(chart.COMMISSION_EXPENSE, -sum(amount for _, amount in pending), "CNY")
    return Entry(f"bench:{number}", "accrual", [expense, *postings])


@contextmanager
def _owner(app: Flask) -> Iterator[Connection]:
    """A connection that keeps the owner's rights: the application's own may not empty the books."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def _run(owner: Connection, statement: str) -> None:
    owner.exec_driver_sql(statement)


def _empty(owner: Connection, tables: Sequence[str]) -> None:
    for table in tables:
        _run(owner, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    _run(owner, f"TRUNCATE {', '.join(tables)}")
    for table in tables:
        _run(owner, f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copy_out(owner: Connection, table: str, file: Path) -> int:
    """Write the table's rows to a file; returns how many."""
    with driver(owner) as raw, raw.cursor() as cursor, file.open("wb") as out:
        with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
            for block in copy:
                out.write(block)
        return cursor.rowcount


def _copy_in(owner: Connection, folder: Path) -> None:
    """All tables back, in one transaction."""
    with driver(owner) as raw, raw.transaction(), raw.cursor() as cursor:
        for table in _ACCRUED:
            with (folder / table).open("rb") as rows, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                while block := rows.read(_CHUNK):
                    copy.write(block)
