"""Any number of relays may run, each with its schedule: no delivery and no tick is doubled."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from tea_house import TeaHouse, until

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work
from workers import schedule
from workers.schedule import Periodic


def test_three_relays_do_the_work_of_one(tea_house: TeaHouse) -> None:
    for kind in ("relay", "relay", "relay", "worker", "worker"):
        tea_house.start(kind)
    for _ in range(20):
        tea_house.pour(30)
    until(tea_house.all_done, "the outbox is drained")
    assert tea_house.wrongly_drunk() == []
    assert tea_house.rows("SELECT count(*) FROM outbox_deliveries") == [(600,)]
    until(lambda: tea_house.rows("SELECT finished_at IS NOT NULL FROM periodic_ticks") == [(True,)], "the tick ends")
    assert tea_house.rows("SELECT count(*) FROM rung") == [(1,)]


def test_schedulers_that_meet_in_one_slot_record_one_tick(tea_house: TeaHouse) -> None:
    clock = ManualClock(datetime(2026, 11, 24, 12, 0, 7, tzinfo=UTC))
    table = [Periodic("ring", timedelta(minutes=1), lambda _: False)]
    gate, found = threading.Barrier(4), []

    def run() -> None:
        with tea_house.app.app_context():
            gate.wait()
            found.append(in_unit_of_work(lambda uow: schedule.tick(uow, table), clock))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [[], [], [], [("ring", datetime(2026, 11, 24, 12, 0, tzinfo=UTC))]]
