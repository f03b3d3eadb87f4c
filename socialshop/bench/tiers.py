"""The bench of tiers: a day's evaluation of everybody, against one pass over the same entries."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import text

from socialshop.bench import market
from socialshop.infra.db import copy_rows
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import new_ids
from socialshop.memberships import service as memberships

_SEED = 25
_ENTRIES_EACH = 5
_ZONE = "Asia/Shanghai"
_SUM_OF_ALL = """
    SELECT count(*) FROM (SELECT member, sum(points) FROM growth_entries
    WHERE counts_from > :now - make_interval(days => 365) GROUP BY member) AS grown
"""


def tiers(app: Flask, members: int = 1_000_000) -> dict[str, Any]:
    """Evaluate `members` with five entries of growth each, of which a part leaves the period on that day.

    First all of them climb at once, as after a shop's past was imported; then a usual day, on which few change.
    Beside it: one statement that merely sums the same entries.
    """
    in_unit_of_work(lambda uow: _place(uow, members))
    market.analyze()
    climb, steps = _evaluate()
    in_unit_of_work(lambda uow: uow.session.execute(text("DELETE FROM tier_evaluations")))
    began = time.perf_counter()
    in_unit_of_work(lambda uow: uow.session.execute(text(_SUM_OF_ALL), {"now": uow.now}).scalar_one())
    summed = time.perf_counter() - began
    usual, _ = _evaluate()
    moved = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT count(*) FROM tier_changes")).scalar_one())
    return {
        "members": members,
        "entries": members * _ENTRIES_EACH,
        "steps": steps,
        "changes": moved,
        "climb_seconds": round(climb, 2),
        "usual_day_seconds": round(usual, 2),
        "sum_seconds": round(summed, 2),
        "ratio": round(summed / usual, 3),
    }


def _evaluate() -> tuple[float, int]:
    """Seconds and steps of a day's evaluation."""
    began, steps = time.perf_counter(), 1
    while in_unit_of_work(lambda uow: memberships.evaluate_due(uow, _ZONE)):
        steps += 1
    return time.perf_counter() - began, steps


def _place(uow: UnitOfWork, count: int) -> None:
    """Members who all stand in the first tier, with growth of a year and a little more."""
    at = uow.now
    copy_rows(
        uow.session,
        "members",
        ("id", "number", "joined_at"),
        ((id_, number, at) for number, id_ in enumerate(new_ids(count), start=1)),
    )
    copy_rows(
        uow.session,
        "member_standings",
        ("member", "version", "tier", "since"),
        ((number, 1, "normal", at) for number in range(1, count + 1)),
    )
    random = np.random.default_rng(_SEED)
    for turn in range(_ENTRIES_EACH):
        points = random.zipf(1.6, count).clip(max=20_000).tolist()
        days = random.integers(0, 400, count).tolist()
        copy_rows(
            uow.session,
            "growth_entries",
            ("member", "kind", "source", "points", "asked", "version", "counts_from", "recorded_at"),
            (
                (number, "order", f"{number}-{turn}", given, given, 1, at - timedelta(days=age), at)
                for number, given, age in zip(range(1, count + 1), points, days, strict=True)
            ),
        )
