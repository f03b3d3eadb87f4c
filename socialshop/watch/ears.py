"""Hearing from Valkey in which rooms something happened; and looking everywhere now and then, for words get lost."""

from __future__ import annotations

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from socialshop.infra.logging import describe
from socialshop.rooms.service import CHANNEL, rooms_named
from socialshop.watch.hub import Hub

# All watched rooms are looked at so often: without Valkey, and with it.
_DEAF_SECONDS, _HEARING_SECONDS = 1, 5
_LONGEST_PAUSE = 2.0

_log = structlog.get_logger(__name__)


class Ears:
    """What the hub learns of changes; `hearing` while Valkey tells of them."""

    def __init__(self, hub: Hub, url: str) -> None:
        self._hub = hub
        self._url = url
        self.hearing = False

    async def listen(self) -> None:
        """Note the rooms that are named on the channel, for ever. While Valkey is away it is tried again."""
        pause = 0.0
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                if self.hearing or not pause:
                    _log.warning("watchers are told by the sweep alone", error=describe(error))
                    pause = 0.0
                self.hearing = False
                pause = min(_LONGEST_PAUSE, pause * 2 or 0.25)
                await asyncio.sleep(pause)

    async def _hear(self) -> None:
        async with (
            Redis.from_url(self._url, socket_connect_timeout=5, health_check_interval=_HEARING_SECONDS) as client,
            client.pubsub() as channel,
        ):
            await channel.subscribe(CHANNEL)
            while True:
                message = await channel.get_message(timeout=_HEARING_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self.hearing = True
                    # What was said while nobody listened.
                    self._hub.note_all()
                elif message["type"] == "message":
                    self._hub.note(rooms_named(message["data"]))

    async def sweep(self) -> None:
        """Have all rooms looked at, every second without Valkey and seldom with it, for ever."""
        second = 0
        while True:
            await asyncio.sleep(_DEAF_SECONDS)
            second += 1
            if not self.hearing or second % _HEARING_SECONDS == 0:
                self._hub.note_all()
