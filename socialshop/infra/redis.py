"""Valkey or Redis: a place to be woken from, never a place where truth is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from itertools import chain

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

NUDGE_CHANNEL = "socialshop:outbox"
# One command for any number of words: it costs what one costs, where a pipeline of two costs half as much again.
_SAY = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"
_nudges_kept: ContextVar[bool] = ContextVar("nudges_kept", default=False)


def attach(app: Flask, url: str) -> None:
    """Bind the app to a Redis URL (`redis://`, `rediss://` or `unix://`)."""
    app.extensions["socialshop_redis"] = Redis.from_url(url, socket_connect_timeout=5, health_check_interval=30)


def client() -> Redis:
    """The current app's client; thread-safe, pooled."""
    found: Redis = current_app.extensions["socialshop_redis"]
    return found


def nudge(*, relay: bool, words: Mapping[str, str]) -> None:
    """Tell the relay that the outbox has something, and each channel its word, in one round trip.

    Best effort: everybody's sweep finds what a lost nudge would have told.
    """
    said = {NUDGE_CHANNEL: "1", **words} if relay and not _nudges_kept.get() else words
    if not said:
        return
    with contextlib.suppress(RedisError):
        client().eval(_SAY, 0, *chain.from_iterable(said.items()))


@contextlib.contextmanager
def nudges_kept() -> Iterator[None]:
    """Whoever runs this block relays what it emits, and does not nudge the relay."""
    token = _nudges_kept.set(True)
    try:
        yield
    finally:
        _nudges_kept.reset(token)
