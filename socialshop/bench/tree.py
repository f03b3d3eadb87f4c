"""Benches of the sponsor tree: team volumes of a whole forest, and the uplines of one buyer."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import text

from socialshop.bench import worlds
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.referrals import forest
from socialshop.referrals import service as referrals
from socialshop.referrals.tree import TOP, Ints

MEMBERS = 1_000_000
ORDERS = 200_000
LOOKUPS = 2_000
REPEATS = 5
SEED = 7


def team(app: Flask) -> dict[str, Any]:
    """Team volume of all members from the tree's columns, against numpy sums level by level.

    The baseline is given index and depth; ours finds both from member numbers. Reading the columns is told apart.
    """
    world = worlds.generate(MEMBERS, ORDERS, SEED)
    with app.app_context(), unit_of_work() as uow:
        worlds.plant(uow, world)
        read_s, columns = _timed(lambda: referrals.forest_columns(uow))
    volume = np.zeros(MEMBERS, dtype=np.int64)
    np.add.at(volume, world.buyer, world.amount_minor)
    ours, baseline = [], []
    for _ in range(REPEATS):
        seconds, team_volume = _timed(lambda: _team_volume(columns, volume))
        ours.append(seconds)
        seconds, expected = _timed(lambda: _level_sums(world.sponsor, columns.depth, volume))
        baseline.append(seconds)
        if not np.array_equal(team_volume, expected):
            raise AssertionError("the two sides differ")
    chain = np.arange(-1, MEMBERS - 1)
    chain_s, _ = _timed(lambda: forest.team_sums(chain, np.arange(MEMBERS), volume))
    return {
        "members": MEMBERS,
        "levels": int(columns.depth.max()),
        "ours_s": round(median(ours), 4),
        "numpy_level_sums_s": round(median(baseline), 4),
        "ratio": round(median(ours) / median(baseline), 2),
        "aim": "ratio <= 3",
        "columns_read_from_database_s": round(read_s, 3),
        "one_chain_of_all_members_s": round(chain_s, 3),
    }


def _team_volume(columns: referrals.ForestColumns, volume: Ints) -> Ints:
    return forest.team_sums(forest.parents(columns.number, columns.sponsor), columns.depth, volume)


def _level_sums(parent: Ints, depth: Ints, volume: Ints) -> Ints:
    """The plain way: from the deepest level up, each adds what it has to its sponsor."""
    total = volume.copy()
    for level in range(int(depth.max()), 0, -1):
        members = np.flatnonzero(depth == level)
        np.add.at(total, parent[members], total[members])
    return total - volume


def upline(app: Flask) -> dict[str, Any]:
    """The uplines of one buyer, asked of the door, against a path array looked up by primary key."""
    world = worlds.generate(MEMBERS, 0, SEED)
    buyers = np.random.default_rng(SEED).integers(1, MEMBERS + 1, LOOKUPS).tolist()
    with app.app_context(), unit_of_work() as uow:
        worlds.plant(uow, world)
        _write_paths(uow, world.sponsor)
        ours, baseline = _lookups(uow, buyers)
    return {
        "members": MEMBERS,
        "lookups": LOOKUPS,
        "ours_us": round(ours * 1e6, 1),
        "path_array_us": round(baseline * 1e6, 1),
        "ratio": round(ours / baseline, 2),
        "aim": "ratio <= 2",
    }


def _write_paths(uow: UnitOfWork, sponsor: Ints) -> None:
    """The baseline's table: every member's whole path, which a long chain would make n² big."""
    uow.session.execute(text("CREATE TEMPORARY TABLE paths (member bigint PRIMARY KEY, path bigint[] NOT NULL)"))
    uow.session.execute(
        text(
            """
            INSERT INTO paths
            WITH RECURSIVE below (member, path) AS (
                SELECT member_number, ARRAY[]::bigint[] FROM referral_nodes WHERE sponsor IS NULL
                UNION ALL
                SELECT n.member_number, b.member || b.path FROM below b JOIN referral_nodes n ON n.sponsor = b.member
            )
            SELECT member, path FROM below
            """
        )
    )
    uow.session.execute(text("ANALYZE paths"))
    found = uow.session.execute(text("SELECT count(*) FROM paths WHERE path <> '{}'")).scalar_one()
    if found != int((sponsor != TOP).sum()):
        raise AssertionError("the baseline's paths are not whole")


def _lookups(uow: UnitOfWork, buyers: list[int]) -> tuple[float, float]:
    """Median seconds of one lookup, ours and the baseline's, in turns so that both see the same machine."""
    path = text("SELECT path FROM paths WHERE member = :member")
    ours, baseline = [], []
    for buyer in buyers:
        seconds, found = _timed(lambda buyer=buyer: referrals.uplines_of(uow, [buyer]))  # type: ignore[misc]
        ours.append(seconds)
        seconds, expected = _timed(lambda buyer=buyer: uow.session.execute(path, {"member": buyer}).scalar_one())  # type: ignore[misc]
        baseline.append(seconds)
        if found.uplines[0] != expected[:8]:
            raise AssertionError("the two sides differ")
    return median(ours), median(baseline)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
