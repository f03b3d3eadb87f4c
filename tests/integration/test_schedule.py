"""The periodic table: a slot is ticked once, what was cut short is woken again, ticks of one job never overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, advisory_lock, in_unit_of_work, unit_of_work
from tests.web_client import counts, sign_up
from workers import jobs, relay, schedule, worker
from workers.schedule import Periodic, slot_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Bell:
    """A step that rings a given number of times a tick."""

    def __init__(self, rings: int = 1) -> None:
        self.rings, self.rung = rings, 0

    def ring(self, _uow: UnitOfWork) -> bool:
        self.rung += 1
        return self.rung % self.rings != 0


@pytest.fixture
def bell(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Bell:
    found = Bell()
    monkeypatch.setattr(schedule, "PERIODIC", (Periodic("ring", timedelta(minutes=1), found.ring),))
    return found


def _tick(clock: ManualClock) -> list[tuple[str, datetime]]:
    return in_unit_of_work(schedule.tick, clock)


def _unfinished() -> list[datetime]:
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT slot FROM periodic_ticks WHERE finished_at IS NULL ORDER BY slot"))
        return list(rows.scalars())


def test_sessions_long_expired_are_purged_by_the_schedule_at_the_apps_clock(app: Flask) -> None:
    """Given a session that ended two months ago by the app's clock, when the purge runs as a job, then it is gone."""
    clock = ManualClock(NOON)
    app.extensions["socialshop_clock"] = clock
    sign_up(app)
    name = "purge_sessions"
    jobs.run_periodic(name, NOON.isoformat())
    assert counts("member_sessions") == {"member_sessions": 1}
    clock.advance(timedelta(days=91))
    assert jobs.run_periodic(name, clock.now().isoformat()) == 1
    assert counts("member_sessions") == {"member_sessions": 0}


def test_a_slot_begins_where_its_span_does() -> None:
    at = datetime(2026, 11, 24, 12, 34, 56, 789, tzinfo=UTC)
    assert slot_of(timedelta(minutes=1), at) == datetime(2026, 11, 24, 12, 34, tzinfo=UTC)
    assert slot_of(timedelta(hours=1), at) == NOON
    assert slot_of(timedelta(days=1), at) == datetime(2026, 11, 24, tzinfo=UTC)


def test_a_slot_is_ticked_once_and_missed_ones_are_not_made_up_for(bell: Bell) -> None:
    clock = ManualClock(NOON)
    assert _tick(clock) == [("ring", NOON)]
    clock.advance(timedelta(seconds=20))
    assert _tick(clock) == []
    jobs.run_periodic("ring", NOON.isoformat())
    clock.advance(timedelta(minutes=30))
    assert _tick(clock) == [("ring", NOON + timedelta(minutes=30))]


def test_a_tick_runs_its_steps_to_the_end_and_is_finished(bell: Bell) -> None:
    bell.rings = 4
    _tick(ManualClock(NOON))
    assert jobs.run_periodic("ring", NOON.isoformat()) == 4
    assert _unfinished() == []


def test_a_tick_left_unfinished_is_woken_again_after_the_grace_once_a_grace(bell: Bell) -> None:
    clock = ManualClock(NOON)
    _tick(clock)
    clock.advance(schedule.GRACE)
    assert _tick(clock) == []
    clock.advance(timedelta(seconds=1))
    assert _tick(clock) == [("ring", NOON)]
    assert _tick(clock) == []


def test_a_finished_tick_closes_those_that_were_cut_short_before_it(bell: Bell) -> None:
    clock = ManualClock(NOON)
    _tick(clock)
    clock.advance(timedelta(minutes=1))
    _tick(clock)
    jobs.run_periodic("ring", (NOON + timedelta(minutes=1)).isoformat())
    assert _unfinished() == []


def test_a_tick_that_meets_another_of_its_job_leaves_the_work_to_it(app: Flask, bell: Bell) -> None:
    _tick(ManualClock(NOON))
    with unit_of_work() as other:
        advisory_lock(other, "periodic:ring")
        with app.app_context():
            assert jobs.run_periodic("ring", NOON.isoformat()) == 0
    assert (bell.rung, _unfinished()) == (0, [NOON])


def test_a_failing_step_leaves_its_tick_unfinished(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(_uow: UnitOfWork) -> bool:
        raise ValueError("the bell fell")

    monkeypatch.setattr(schedule, "PERIODIC", (Periodic("ring", timedelta(minutes=1), fall),))
    _tick(ManualClock(NOON))
    with pytest.raises(ValueError, match="the bell fell"):
        jobs.run_periodic("ring", NOON.isoformat())
    assert _unfinished() == [NOON]


def test_the_relay_wakes_a_worker_for_a_tick(bell: Bell) -> None:
    assert relay.tick() == 1
    worker.work_off()
    assert (bell.rung, _unfinished()) == (1, [])


def test_pruning_removes_old_ticks(app: Flask) -> None:
    with unit_of_work(ManualClock(NOON - timedelta(days=15))) as uow:
        schedule.tick(uow)
    with unit_of_work(ManualClock(NOON)) as uow:
        schedule.tick(uow)
        assert schedule.prune(uow) is False
        slots = uow.session.execute(text("SELECT DISTINCT slot FROM periodic_ticks ORDER BY slot")).scalars()
        # Of today's only; a daily slot began at midnight.
        assert min(slots) == slot_of(timedelta(days=1), NOON)
