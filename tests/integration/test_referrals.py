"""Places in the sponsor tree, against walks from sponsor to sponsor; corrections and what they keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.referrals import forest
from socialshop.referrals import service as referrals
from socialshop.referrals.errors import AlreadyPlaced, NodeUnknown, SponsorCycle, SponsorUnchanged

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _grow(uow: UnitOfWork, sponsors: list[int]) -> None:
    """Members 1 … n, each under the given sponsor (0: nobody)."""
    uow.session.execute(
        text(
            "INSERT INTO members (id, number, joined_at)"
            " SELECT gen_random_uuid(), n, '2026-01-01Z' FROM generate_series(1, :n) n"
        ),
        {"n": len(sponsors)},
    )
    numbers = np.arange(1, len(sponsors) + 1)
    referrals.place_many(
        uow, numbers=numbers, sponsors=np.array(sponsors, dtype=np.int64), placed_at=np.zeros(len(sponsors), np.int64)
    )


def _uplines(uow: UnitOfWork, count: int) -> dict[int, list[int]]:
    found = referrals.uplines_of(uow, range(1, count + 1))
    return dict(zip(found.members, found.uplines, strict=True))


def _walk(sponsors: dict[int, int], member: int) -> list[int]:
    path: list[int] = []
    while member := sponsors[member]:
        assert member not in path
        path.append(member)
    return path


def test_a_newcomer_is_placed_below_the_sponsor(app: Flask) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1, 2, 3, 4, 5, 6, 7, 8])
        uow.session.execute(text("INSERT INTO members (id, number, joined_at) VALUES (gen_random_uuid(), 10, now())"))
        referrals.place(uow, member_number=10, sponsor=9, placed_at=AT)
        place = referrals.place_of(uow, 10)
    assert (place.sponsor, place.depth, place.uplines) == (9, 9, [9, 8, 7, 6, 5, 4, 3, 2])


def test_a_second_place_and_an_unknown_sponsor_are_refused(app: Flask) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1])
        with pytest.raises(AlreadyPlaced):
            referrals.place(uow, member_number=2, sponsor=None, placed_at=AT)
        with pytest.raises(NodeUnknown):
            referrals.place(uow, member_number=3, sponsor=99, placed_at=AT)
        with pytest.raises(SponsorCycle):
            referrals.place(uow, member_number=3, sponsor=3, placed_at=AT)
        with pytest.raises(NodeUnknown):
            referrals.place_many(
                uow, numbers=np.array([3]), sponsors=np.array([99]), placed_at=np.zeros(1, dtype=np.int64)
            )
        assert _uplines(uow, 3) == {1: [], 2: [1]}


def test_a_branch_is_found_level_by_level(app: Flask) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1, 1, 2, 4, 0])
        found = [(b.member_number, b.sponsor, b.level) for b in referrals.branch(uow, 1)]
        near = [b.member_number for b in referrals.branch(uow, 1, levels=1)]
    assert found == [(2, 1, 1), (3, 1, 1), (4, 2, 2), (5, 4, 3)]
    assert near == [2, 3]


def test_the_whole_forest_comes_in_columns(app: Flask) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1, 1, 2, 4, 0])
        columns = referrals.forest_columns(uow)
    parent = forest.parents(columns.number, columns.sponsor)
    ones = np.ones(6, dtype=np.int64)
    assert forest.team_sums(parent, columns.depth, ones).tolist() == [4, 2, 0, 1, 0, 0]


@pytest.mark.parametrize(("member", "sponsor", "path"), [(1, 1, [1]), (1, 4, [4, 2, 1]), (2, 5, [5, 4, 2])])
def test_a_correction_that_closes_a_cycle_is_refused_by_name(
    app: Flask, member: int, sponsor: int, path: list[int]
) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1, 1, 2, 4])
        before = _uplines(uow, 5)
        with pytest.raises(SponsorCycle) as refusal:
            referrals.correct_sponsor(uow, member_number=member, new_sponsor=sponsor, reason="x", by="test")
        assert refusal.value.facts["members"] == path
        assert _uplines(uow, 5) == before
        assert uow.session.execute(text("SELECT count(*) FROM sponsor_corrections")).scalar() == 0


def test_a_correction_to_the_same_sponsor_is_refused(app: Flask) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 1])
        with pytest.raises(SponsorUnchanged):
            referrals.correct_sponsor(uow, member_number=2, new_sponsor=1, reason="x", by="test")


def test_who_was_the_sponsor_at_an_instant_can_be_asked_later(app: Flask) -> None:
    clock = ManualClock(AT)
    with unit_of_work(clock) as uow:
        _grow(uow, [0, 0, 0, 1])
        uow.session.execute(text("UPDATE referral_nodes SET placed_at = '2026-01-01Z'"))
    for sponsor in (2, None, 3):
        clock.advance(timedelta(days=1))
        with unit_of_work(clock) as uow:
            referrals.correct_sponsor(uow, member_number=4, new_sponsor=sponsor, reason="told so", by="mbr_x")
    with unit_of_work() as uow:
        days = [-1, 0, 0.5, 1, 1.5, 2, 3, 400]
        told = [referrals.sponsor_at(uow, 4, AT + timedelta(days=day)) for day in days]
        assert told == [None, 1, 1, 2, 2, None, 3, 3]
        history = uow.session.execute(
            text("SELECT from_sponsor, to_sponsor, reason, corrected_by FROM sponsor_corrections ORDER BY id")
        ).all()
        assert [tuple(row) for row in history] == [
            (1, 2, "told so", "mbr_x"),
            (2, None, "told so", "mbr_x"),
            (None, 3, "told so", "mbr_x"),
        ]


@pytest.mark.parametrize(
    "statement", ["UPDATE sponsor_corrections SET reason = 'y'", "DELETE FROM sponsor_corrections"]
)
def test_history_is_only_appended(app: Flask, statement: str) -> None:
    with unit_of_work() as uow:
        _grow(uow, [0, 0])
        referrals.correct_sponsor(uow, member_number=2, new_sponsor=1, reason="x", by="test")
    with pytest.raises(DBAPIError), unit_of_work() as uow:
        uow.session.execute(text(statement))


class _Undone(Exception):
    pass


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_after_any_corrections_every_place_is_what_a_walk_finds(app: Flask, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 14))
    shape = st.sampled_from(["chain", "any"])
    sponsors = {
        i: i - 1 if data.draw(shape) == "chain" else data.draw(st.integers(0, i - 1)) for i in range(1, size + 1)
    }

    def run() -> None:
        with unit_of_work() as uow:
            _grow(uow, list(sponsors.values()))
            for _ in range(3):
                member = data.draw(st.integers(1, size))
                to = data.draw(st.integers(0, size))
                closes = to == member or (to and member in _walk(sponsors, to))
                try:
                    referrals.correct_sponsor(uow, member_number=member, new_sponsor=to or None, reason="x", by="test")
                except SponsorCycle:
                    assert closes
                except SponsorUnchanged:
                    assert sponsors[member] == to
                else:
                    assert not closes
                    sponsors[member] = to
            walks = {m: _walk(sponsors, m) for m in sponsors}
            assert _uplines(uow, size) == {m: walk[:8] for m, walk in walks.items()}
            columns = referrals.forest_columns(uow)
            assert columns.sponsor.tolist() == [sponsors[m] for m in range(1, size + 1)]
            assert columns.depth.tolist() == [len(walks[m]) for m in range(1, size + 1)]
            raise _Undone

    with pytest.raises(_Undone):
        run()
