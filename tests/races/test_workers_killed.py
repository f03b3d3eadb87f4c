"""Whatever is killed, wherever it stands: every effect is there exactly once."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from contextlib import suppress

import pytest
from patience import PATIENCE
from sqlalchemy import text
from tea_house import KILLED, TeaHouse, until

from socialshop.infra.uow import unit_of_work


@pytest.mark.parametrize(
    ("kind", "point"),
    [
        ("worker", "drain.claimed"),
        ("worker", "drain.ran"),
        ("worker", "drain.ran:2"),
        ("worker", "periodic.locked"),
        ("relay", "relay.fanned"),
        ("relay", "relay.enqueued"),
    ],
)
def test_a_process_killed_at_a_named_point_leaves_each_effect_once(tea_house: TeaHouse, kind: str, point: str) -> None:
    tea_house.pour(25)
    doomed = tea_house.start(kind, crash_at=point)
    tea_house.start("relay" if kind == "worker" else "worker")
    assert doomed.wait(PATIENCE) == KILLED
    tea_house.pour(5)
    tea_house.start(kind)
    until(tea_house.all_done, "the outbox is drained")
    assert tea_house.wrongly_drunk() == []
    _let_the_grace_pass()
    until(lambda: tea_house.rows("SELECT finished_at IS NOT NULL FROM periodic_ticks") == [(True,)], "the tick ends")
    assert tea_house.rows("SELECT count(*) FROM rung") == [(1,)]


def _let_the_grace_pass() -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE periodic_ticks SET started_at = '2000-01-01Z' WHERE finished_at IS NULL"))


def test_the_audit_sees_an_effect_that_is_committed_before_its_delivery(tea_house: TeaHouse) -> None:
    tea_house.pour(5)
    doomed = tea_house.start("worker", "early", crash_at="drain.ran")
    tea_house.start("relay")
    assert doomed.wait(PATIENCE) == KILLED
    tea_house.start("worker", "early")
    until(tea_house.all_done, "the outbox is drained")
    assert tea_house.wrongly_drunk() == [(cup, 2) for cup in range(1, 6)]


def _kill_at_random(tea_house: TeaHouse, kills: int) -> None:
    dice = random.Random(20261124)
    for _ in range(2):
        tea_house.start("worker")
    tea_house.start("relay")
    for _ in range(kills):
        place = dice.randrange(3)
        tea_house.pour(dice.randrange(20, 120))
        victim = tea_house.processes[place]
        # From before it has started to well into its work.
        with suppress(subprocess.TimeoutExpired):
            victim.wait(dice.uniform(0.0, 1.5))
        victim.kill()
        victim.wait()
        tea_house.start("relay" if place == 2 else "worker")
        tea_house.processes[place] = tea_house.processes.pop()
    until(tea_house.all_done, "the outbox is drained")
    assert tea_house.wrongly_drunk() == []


def test_processes_killed_at_random_leave_each_effect_once(tea_house: TeaHouse) -> None:
    _kill_at_random(tea_house, 8)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_processes_killed_at_random_many_times_leave_each_effect_once(
    tea_house: TeaHouse, chaos: Callable[[int], int]
) -> None:
    _kill_at_random(tea_house, chaos(200))
