"""The legal guard over the tree as it grows: exact figures, an alert a crossing, and never the same twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from web_client import Person, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.roles import Role
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from tests.sample_sales import LONG_AGO, NEW_YEAR, Forest, a_plan, place
from workers import schedule

_HEAD = 101
_NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_team(heads: int) -> Forest:
    """A head with one direct, and everybody else below that one: so many people on three levels."""
    return {_HEAD: None, _HEAD + 1: _HEAD} | {_HEAD + n: _HEAD + 1 for n in range(2, heads)}


def told(person: Person) -> list[dict[str, int]]:
    """What an admin heard of crossings, the oldest first."""
    query = text(
        "SELECT facts FROM notices WHERE member = (SELECT number FROM members WHERE id = :id) AND kind = :kind"
        " ORDER BY created_at, id"
    )
    whose = {"id": person.card.member_id, "kind": "subtrees_crossed"}
    return in_unit_of_work(lambda uow: list(uow.session.scalars(query, whose)))


def count(now: datetime = _NOW) -> None:
    with unit_of_work(ManualClock(now)) as uow:
        commissions.count_places(uow)


def rule_row(uow: UnitOfWork) -> dict[int, tuple[int, int]]:
    """(heads, levels) of everybody near or over."""
    numbers = {row.id: row.number for row in uow.session.execute(text("SELECT id, number FROM members"))}
    return {numbers[row.member_id]: (row.heads, row.levels) for row in commissions.watched_subtrees(uow, None, 100)}


def test_a_sub_tree_is_near_and_over_by_exact_figures_and_told_once_a_crossing(app: Flask) -> None:
    """China: 30 people on 3 levels, head and own level counted in; near from 24 on 2."""
    admin = sign_up(app, role=Role.ADMIN, name="Ada")
    # given 23 people: neither near nor over
    in_unit_of_work(lambda uow: place(uow, a_team(23)))
    count()
    with unit_of_work() as uow:
        state = commissions.guard_state(uow)
        assert (state.counted.over, state.counted.near, rule_row(uow)) == (0, 0, {})
    # when the 24th comes, the head's is near: 24 on 3 levels; her direct's has 23
    in_unit_of_work(lambda uow: _join(uow, _HEAD + 23, _HEAD + 1))
    count()
    with unit_of_work() as uow:
        assert commissions.guard_state(uow).counted == referrals.Counted(over=0, near=1)
        assert rule_row(uow) == {_HEAD: (24, 3)}
    assert told(admin) == []
    # when the 29th is there nobody is told, with the 30th it is over; the direct's 29 on 2 levels are near
    for n in range(24, 29):
        in_unit_of_work(lambda uow, n=n: _join(uow, _HEAD + n, _HEAD + 1))
    count()
    assert told(admin) == []
    in_unit_of_work(lambda uow: _join(uow, _HEAD + 29, _HEAD + 1))
    for _ in range(3):
        count()
    facts = {"count": 1, "heads": 30, "levels": 3, "most_heads": 30, "most_levels": 3}
    assert told(admin) == [facts]
    with unit_of_work() as uow:
        assert commissions.guard_state(uow).counted == referrals.Counted(over=1, near=1)
        assert rule_row(uow) == {_HEAD: (30, 3), _HEAD + 1: (29, 2)}
        assert commissions.watched_subtrees(uow, None, 1)[0].crossed_at == _NOW
    # when one more joins below the over, nothing is told again
    in_unit_of_work(lambda uow: _join(uow, _HEAD + 30, _HEAD))
    count()
    assert told(admin) == [facts]
    # and after a correction took the branch away and another brought it back, that is a crossing of its own
    tomorrow = _NOW + timedelta(days=1)
    _move(_HEAD + 1, None)
    count(tomorrow)
    with unit_of_work() as uow:
        assert commissions.guard_state(uow).counted == referrals.Counted(over=0, near=1)
    assert told(admin) == [facts]
    _move(_HEAD + 1, _HEAD)
    count(tomorrow)
    assert told(admin) == [facts, facts | {"most_heads": 31}]
    with unit_of_work() as uow:
        referrals.recount(uow, lambda _: False)
        assert screening.findings_about(uow, [referrals.TEAMS]) == []


def test_a_wide_team_without_a_third_level_is_near_and_never_over(app: Flask) -> None:
    in_unit_of_work(lambda uow: place(uow, {_HEAD: None} | {_HEAD + n: _HEAD for n in range(1, 40)}))
    count()
    with unit_of_work() as uow:
        assert commissions.guard_state(uow).counted == referrals.Counted(over=0, near=1)
        assert rule_row(uow) == {_HEAD: (40, 2)}


def test_a_crossing_that_is_noted_twice_is_refused_by_the_database(app: Flask) -> None:
    """The planted fault: a step that forgets what it noted tells nobody twice, since the crossing cannot be noted."""
    admin = sign_up(app, role=Role.ADMIN, name="Ada")
    in_unit_of_work(lambda uow: place(uow, a_team(30)))
    count()
    assert len(told(admin)) == 1
    with pytest.raises(IntegrityError, match="uq_subtree_crossings_open"), unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO subtree_crossings (member_number, heads, levels, crossed_at)"
                " SELECT member_number, heads, levels, crossed_at FROM subtree_crossings"
            )
        )


def test_the_plan_in_force_is_weighed_beside_the_tree_and_what_fell_is_forgotten(app: Flask) -> None:
    with unit_of_work() as uow:
        assert commissions.guard_state(uow).in_force is None
        place(uow, a_team(30))
        commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    count()
    with unit_of_work() as uow:
        found = commissions.guard_state(uow).in_force
        assert found is not None
        assert (found.depth, found.verdict) == (2, "info")
    assert {"count_places"} <= {periodic.name for periodic in schedule.PERIODIC}
    _move(_HEAD + 1, None)
    count()
    with unit_of_work() as uow:
        assert referrals.forget_crossings(uow, NEW_YEAR) is False
        assert uow.session.scalar(text("SELECT count(*) FROM subtree_crossings")) == 1
        referrals.forget_crossings(uow, _NOW + timedelta(seconds=1))
        assert uow.session.scalar(text("SELECT count(*) FROM subtree_crossings")) == 0


def _join(uow: UnitOfWork, number: int, sponsor: int) -> None:
    uow.session.execute(
        text("INSERT INTO members (id, number, joined_at) VALUES (gen_random_uuid(), :number, :at)"),
        {"number": number, "at": LONG_AGO},
    )
    referrals.place(uow, member_number=number, sponsor=sponsor, placed_at=LONG_AGO)


def _move(number: int, sponsor: int | None) -> None:
    in_unit_of_work(
        lambda uow: referrals.correct_sponsor(uow, member_number=number, new_sponsor=sponsor, reason="t", by="t")
    )
