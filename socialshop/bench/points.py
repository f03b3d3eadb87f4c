"""The bench of points: a million lots that have expired, ended as the schedule ends them."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.currencies import POINTS as POINTS_UNIT
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.loyalty import postings
from socialshop.loyalty import service as loyalty

LOTS = 1_000_000
MEMBERS = 200_000
_POINTS_A_LOT = 7
_MEMBERS_A_BATCH = 20_000
_MEMBERS_AN_ENTRY = 1_000


def expire(app: Flask) -> dict[str, Any]:
    """End `LOTS` lots of `MEMBERS` members, in the steps that the schedule takes, one after the other."""
    with app.app_context():
        in_unit_of_work(_plant)
        for first in range(1, MEMBERS + 1, _MEMBERS_A_BATCH):
            members = range(first, min(first + _MEMBERS_A_BATCH, MEMBERS + 1))
            in_unit_of_work(partial(_book, members=members))
        begin, steps = time.perf_counter(), 1
        while in_unit_of_work(loyalty.expire_due):
            steps += 1
        seconds = time.perf_counter() - begin
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            found = loyalty.liability(uow, "UTC")
    return {
        "lots": LOTS,
        "members": MEMBERS,
        "steps": steps,
        "seconds": round(seconds, 2),
        "lots_per_second": round(LOTS / seconds),
        "outstanding": found.outstanding,
        "agrees": found.agrees,
        "aim": "seconds <= 60",
    }


def _plant(uow: UnitOfWork) -> None:
    """The members and their lots, straight into the tables.

    As a shop's own would lie: keys that grow, earned one after the other by members in no order, ended in that order.
    """
    values = {"members": MEMBERS, "lots": LOTS, "points": _POINTS_A_LOT, "now": uow.now}
    for statement in (
        "INSERT INTO members (id, number, joined_at)"
        " SELECT gen_random_uuid(), n, '2020-01-01Z' FROM generate_series(1, :members) n",
        "INSERT INTO point_members (member) SELECT generate_series(1, :members)",
        """
        INSERT INTO point_lots (id, member, kind, subject, points, left_points, facts, expiry_days, earned_at,
            available_at, expires_at)
        SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), CAST(n AS bigint) * 7919 % :members + 1, 'mission', n::text,
            :points, :points, '{}', 365, :now, :now, CAST(:now AS timestamptz) - (:lots - n) * interval '1 second'
        FROM generate_series(0, :lots - 1) n
        """,
    ):
        uow.session.execute(text(statement), values)


def _book(uow: UnitOfWork, members: range) -> None:
    """What the lots of these members come to, in the books."""
    each = LOTS // MEMBERS * _POINTS_A_LOT
    entries = []
    for first in range(members.start, members.stop, _MEMBERS_AN_ENTRY):
        some = range(first, min(first + _MEMBERS_AN_ENTRY, members.stop))
        given = [ledger.Posting(postings.AVAILABLE(member), each, POINTS_UNIT) for member in some]
        back = ledger.Posting(chart.POINTS_LIABILITY, -each * len(some), POINTS_UNIT)
        entries.append(postings.entry(f"bench:{first}", "earned", [*given, back]))
    ledger.post(uow, entries)
