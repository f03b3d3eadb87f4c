"""Draining the deliveries of handlers that call the world outside: leased, never held in a transaction.

A lease is a delivery that is due again later: who dies with it needs no cleaning up. So a delivery may run twice, also
at once; what it does is claimed by itself (infra/outside.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic

from rq.timeouts import JobTimeoutException

from socialshop.infra import deliveries, outbox, wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.deliveries import Delivery
from socialshop.infra.uow import in_unit_of_work
from workers.handlers import OutsideHandler

LEASE = timedelta(seconds=30)

Failed = Callable[[int, Exception], None]


def drain(handler: OutsideHandler, seconds: int, failed: Failed, wanted: Callable[[], bool]) -> int:
    """Run due deliveries one by one for about so many seconds; returns how many were done.

    `failed` is told the delivery and the error of each that raised.
    """
    done, stop_at = 0, monotonic() + seconds
    while monotonic() < stop_at and wanted():
        leased = in_unit_of_work(lambda uow: deliveries.lease(uow, handler.name, handler.batch, uow.now + LEASE))
        done += sum(_run(handler, delivery, failed) for delivery in leased)
        if len(leased) < handler.batch:
            break
    return done


def _run(handler: OutsideHandler, delivery: Delivery, failed: Failed) -> bool:
    crash_point("outside.leased")
    try:
        with outbox.following([delivery.root]):
            handler.run(wired.clock(), delivery.payload)
    except JobTimeoutException:
        raise
    except Exception as error:
        failed(delivery.id, error)
        return False
    in_unit_of_work(partial(deliveries.mark_done, ids=[delivery.id]))
    return True
