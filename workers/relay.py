"""From the outbox to RQ: fan events out into deliveries, wake a worker for each handler that has something due.

The relay keeps nothing: any number may run, any may be killed, Valkey may be empty or away, PostgreSQL may restart.
A nudge shortens the wait; the sweep, at least once a second, makes it unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic, sleep

import structlog
from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from socialshop.infra import deliveries, redis
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.logging import describe
from socialshop.infra.uow import in_unit_of_work
from workers import handlers, queue, schedule

SWEEP_SECONDS = 1.0
# Under load a round takes what came within this time: fewer rounds, larger batches, and nobody waits noticeably longer.
_GATHER_SECONDS = 0.01
_FAN_OUT_BATCH = 1_000
_LONGEST_PAUSE = 5.0

_log = structlog.get_logger(__name__)
_unheard_of: set[str] = set()


def relay() -> int:
    """Fan out all that is unrelayed; returns how many events that were."""
    total = 0
    while True:
        relayed = in_unit_of_work(lambda uow: deliveries.fan_out(uow, handlers.routes(uow), _FAN_OUT_BATCH))
        crash_point("relay.fanned")
        _note_unheard_of(relayed)
        total += sum(relayed.values())
        if sum(relayed.values()) < _FAN_OUT_BATCH:
            return total


def wake() -> int:
    """Wake a worker for each handler that has due deliveries; returns how many wake-ups were sent."""
    due = in_unit_of_work(lambda uow: deliveries.handlers_with_due(uow, handlers.names()))
    sent = sum(queue.wake_drain(redis.client(), name) for name in due)
    crash_point("relay.enqueued")
    return sent


def tick() -> int:
    """Record the periodic slots that have begun and wake a worker for each; returns how many wake-ups were sent."""
    ticks = in_unit_of_work(schedule.tick)
    return sum(queue.wake_periodic(redis.client(), job, slot.isoformat()) for job, slot in ticks)


def run(wanted: Callable[[], bool] = lambda: True) -> None:
    """Relay, wake, keep the schedule, wait for a nudge or a second; until `wanted` says no. Outages are waited out."""
    outage, pause, next_tick = _Outage(), _Pause(), 0.0
    while wanted():
        try:
            relay()
            wake()
            # No slot is shorter than seconds, so a nudge need not look for a new one.
            if monotonic() >= next_tick:
                tick()
                next_tick = monotonic() + SWEEP_SECONDS
        except (RedisError, DBAPIError, OSError) as error:
            pause.longer(outage.began(error))
        else:
            outage.ended()
            pause.wait()
    pause.close()


class _Pause:
    """Waiting for a nudge on Valkey's channel, or for time alone while Valkey is away."""

    def __init__(self) -> None:
        self._channel: PubSub | None = None

    def wait(self) -> None:
        """Until the next nudge, a second at most. Nudges that came together are heard as one."""
        until = monotonic() + SWEEP_SECONDS
        try:
            channel = self._subscribed()
            while (left := until - monotonic()) > 0:
                message = channel.get_message(timeout=left)
                if message is not None and message["type"] == "message":
                    sleep(_GATHER_SECONDS)
                    break
            while channel.get_message(timeout=0) is not None:
                pass
        except (RedisError, OSError):
            self.close()
            self.longer(max(0.0, until - monotonic()))

    def longer(self, seconds: float) -> None:
        """Wait for time alone."""
        self.close()
        sleep(seconds)

    def close(self) -> None:
        """Leave the channel; the next wait subscribes anew."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _subscribed(self) -> PubSub:
        if self._channel is None:
            self._channel = redis.client().pubsub()  # type: ignore[no-untyped-call]  # redis-py types it not
            self._channel.subscribe(redis.NUDGE_CHANNEL)
        return self._channel


class _Outage:
    """A server that does not answer: one line when it begins, one when it ends, longer pauses between."""

    def __init__(self) -> None:
        self._pause = 0.0

    def began(self, error: BaseException) -> float:
        """Note the failure; returns for how long to wait before trying again, in seconds."""
        if not self._pause:
            _log.warning("relay waits for its servers", error=describe(error))
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.25)
        return self._pause

    def ended(self) -> None:
        """All is well (again)."""
        if self._pause:
            _log.info("relay has its servers again")
        self._pause = 0.0


def _note_unheard_of(relayed: Mapping[str, int]) -> None:
    known = {handler.event for handler in handlers.HANDLERS}
    for name in set(relayed) - known - _unheard_of:
        _unheard_of.add(name)
        _log.info("event without a handler", name=name)
