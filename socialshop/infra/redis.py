"""Valkey or Redis: a place to be woken from, never a place where truth is kept."""

from __future__ import annotations

import contextlib

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

NUDGE_CHANNEL = "socialshop:outbox"


def attach(app: Flask, url: str) -> None:
    """Bind the app to a Redis URL (`redis://`, `rediss://` or `unix://`)."""
    app.extensions["socialshop_redis"] = Redis.from_url(url, socket_connect_timeout=5, health_check_interval=30)


def client() -> Redis:
    """The current app's client; thread-safe, pooled."""
    found: Redis = current_app.extensions["socialshop_redis"]
    return found


def nudge_relay() -> None:
    """Tell the relay that the outbox has something. Best effort: the sweep finds what a lost nudge would have told."""
    with contextlib.suppress(RedisError):
        client().publish(NUDGE_CHANNEL, b"1")
