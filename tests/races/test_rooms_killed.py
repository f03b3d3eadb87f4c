"""The handlers and the schedule of rooms under SIGKILL: every seat, stock and money exactly once, as all books say."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from forked import Forked
from patience import PATIENCE
from payment_shop import SECRET, rows
from room_program import work_off
from room_shop import PRICE, RoomShop, faults, room_shop, unsettled

from socialshop.infra.settings import Settings


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _run(shop: RoomShop, crash_at: str = "") -> int:
    """Do all that is due in a process of its own; returns its exit code."""
    config: Settings = shop.app.extensions["socialshop_settings"]
    assert config.database_url is not None
    assert config.redis_url is not None
    environment = {
        **os.environ,
        "SOCIALSHOP_ENVIRONMENT": "test",
        "SOCIALSHOP_LOG_LEVEL": "ERROR",
        "SOCIALSHOP_DATA_DIR": str(config.data_dir),
        "SOCIALSHOP_SANDBOX_URL": f"http://127.0.0.1:{shop.pay_shop.server.server_port}",
        "SOCIALSHOP_SANDBOX_SECRET": SECRET,
        "SOCIALSHOP_CRASH_AT": crash_at,
        "DATABASE_URL": config.database_url.get_secret_value(),
        "REDIS_URL": config.redis_url.get_secret_value(),
    }
    return Forked(work_off, environment=environment).wait(PATIENCE)


def _recover(shop: RoomShop) -> None:
    """Another worker takes over, now and when the leases of the dead one are over."""
    for _ in range(2):
        shop.pay_shop.clock.advance(timedelta(seconds=90))
        shop.settle()
        shop.tick()


@pytest.mark.parametrize(
    "point",
    [
        "pay.seated",
        "pay.seated:2",
        "fill.capture_requested",
        "capture.confirmed",
        "drain.ran:3",
        "outside.leased:2",
        "payments.called:52",
        "payments.recorded:52",
    ],
)
def test_a_fill_whose_worker_is_killed_at_a_named_point_happens_once(shop: RoomShop, point: str) -> None:
    deal = shop.deal(size=2)
    hosts = [shop.open(deal) for _ in range(25)]
    joined = [*hosts, *(shop.join(host.room.id) for host in hosts)]
    for one in joined:
        shop.pay(one)
    assert _run(shop, point) == -signal.SIGKILL
    _recover(shop)
    assert {shop.seats(host.room.id) for host in hosts} == {("filled", 2, 2)}
    assert {shop.order(one) for one in joined} == {"confirmed"}
    assert shop.balance("shop:sales") == 50 * PRICE
    assert rows("SELECT kind, count(*) FROM ledger_entries GROUP BY kind ORDER BY kind") == [
        ("capture", 50),
        ("fill", 50),
        ("points_earned", 50),
    ]
    assert (shop.left(), faults(shop), unsettled(shop)) == (950, [], [])


@pytest.mark.parametrize("point", ["expire.given_up", "lapse.given_up", "drain.ran"])
def test_an_end_whose_worker_is_killed_at_a_named_point_gives_all_back_once(shop: RoomShop, point: str) -> None:
    expiring = [shop.open(shop.deal(size=3, ttl=600)) for _ in range(5)]
    lapsing = shop.open(shop.deal(size=9, hold=600))
    for one in (*expiring, lapsing):
        shop.pay(one)
    shop.work()
    unpaid = [shop.join(lapsing.room.id) for _ in range(5)]
    # The process has the machine's clock: let it find all this overdue.
    rows(
        "UPDATE rooms SET opened_at = opened_at - interval '1 hour', expires_at = opened_at WHERE size = 3 RETURNING 1"
    )
    rows("UPDATE seats SET hold_until = claimed_at - interval '1 second' WHERE status = 'held' RETURNING 1")
    assert _run(shop, point) == -signal.SIGKILL
    _recover(shop)
    assert {shop.seats(host.room.id) for host in expiring} == {("expired", 0, 0)}
    assert shop.seats(lapsing.room.id) == ("open", 1, 1)
    assert {shop.order(one) for one in expiring} == {"refunded"}
    assert {shop.order(one) for one in unpaid} == {"cancelled"}
    assert rows("SELECT count(*) FROM payment_calls WHERE kind = 'release'") == [(5,)]
    assert (shop.left(), faults(shop), unsettled(shop)) == (999, [], [])
