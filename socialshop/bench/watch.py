"""Bench of watchers: how long a change in a room takes to reach everybody who watches it, on one watch process."""

from __future__ import annotations

import os
import resource
import selectors
import socket
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from flask import Flask

from socialshop.bench import landing, market, processor
from socialshop.bench.market import Member
from socialshop.infra import lifeline, wired
from socialshop.infra.db import db
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.rooms import service as rooms

WATCHERS = 5_000
CHANGES = 20
MANY_ROOMS = 100
_PATIENCE_SECONDS = 60.0
_EVENT = b"\nevent: "


def watch(app: Flask) -> dict[str, Any]:
    """Seconds from the moment at which a member begins to join until the last watcher has read of it.

    Twice: all watch one room, in which CHANGES members join one after the other; then each of MANY_ROOMS is watched by
    its share of all, and somebody joins in each, as fast as one process can.
    """
    with app.app_context():
        settings = wired.settings()
        people = market.signed_in(2 + CHANGES + MANY_ROOMS)
        one = market.a_room(people[0], CHANGES + 2)
        market.copy_rooms(one, range(MANY_ROOMS))
        db.engine.dispose()
    many = [market.named("room", place) for place in range(MANY_ROOMS)]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    limit = str(WATCHERS + 100)
    environment = {
        **landing.environment(settings),
        "SOCIALSHOP_WATCH_PORT": str(port),
        "SOCIALSHOP_WATCHERS": limit,
        "SOCIALSHOP_WATCHERS_PER_ADDRESS": limit,
    }
    joiners, figures = iter(people[2:]), {}
    with market.process(["socialshop.watch"], environment):
        landing.wait_for(port)
        for name, watched, rounds in (("one_room", [one], CHANGES), ("many_rooms", many, 1)):
            with _audience(port, watched) as audience:
                figures[name] = _changes(app, audience, watched, rounds, joiners)
    return {
        "watchers": WATCHERS,
        **figures,
        "load_average": round(os.getloadavg()[0], 1),
        "aim": "5,000 watchers on one process, longest_ms <= 1000",
    }


def _changes(
    app: Flask, audience: Connection, watched: Sequence[uuid.UUID], rounds: int, joiners: Iterator[Member]
) -> dict[str, Any]:
    """Somebody joins in each of the rooms, as often as there are rounds; how long it took to be read of."""
    each: list[float] = []
    last: list[float] = []
    with processor.milliseconds_each(app, rounds * len(watched)) as used:
        for _ in range(rounds):
            began = {}
            for room in watched:
                began[room] = time.monotonic()
                _join(app, next(joiners), room)
            audience.send(True)
            took = [heard - began[watched[place % len(watched)]] for place, heard in enumerate(_said(audience))]
            each += took
            last.append(max(took))
    each.sort()
    return {
        "rooms": len(watched),
        "changes": rounds * len(watched),
        "told": len(each),
        "p50_ms": _ms(median(each)),
        "p99_ms": _ms(each[int(len(each) * 0.99)]),
        "all_told_p50_ms": _ms(median(last)),
        "longest_ms": _ms(each[-1]),
        "processor_ms_a_change": used,
    }


def _join(app: Flask, member: Member, room: uuid.UUID) -> None:
    with app.app_context():
        in_unit_of_work(lambda uow: rooms.join(uow, member, room))


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _said(audience: Connection) -> list[float]:
    if not audience.poll(_PATIENCE_SECONDS):
        raise TimeoutError("not all watchers were told")
    said: list[float] = audience.recv()
    return said


@contextmanager
def _audience(port: int, watched: Sequence[uuid.UUID]) -> Iterator[Connection]:
    """WATCHERS in a process of their own, who have all been told how their room stands."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    paths = [f"/api/v1/rooms/{to_public('room', room)}/events" for room in watched]
    process = spawn.Process(target=_watch, args=(port, paths, WATCHERS, theirs))
    process.start()
    try:
        _said(ours)
        yield ours
    finally:
        process.terminate()
        process.join()


def _watch(port: int, paths: Sequence[str], count: int, told: Connection) -> None:
    """Open the streams and say so; then, each time when asked, when each stream had its next event."""
    lifeline.follow_parent()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with selectors.DefaultSelector() as ready:
        for place in range(count):
            stream = socket.create_connection(("127.0.0.1", port), 30)
            stream.sendall(f"GET {paths[place % len(paths)]} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            ready.register(stream, selectors.EVENT_READ, place)
        # What happened before stands in the answer's first part.
        _hear(ready, count, b"\nretry: ")
        told.send([])
        while True:
            heard = _hear(ready, count, _EVENT)
            told.recv()
            told.send(heard)


def _hear(ready: selectors.BaseSelector, count: int, sign: bytes) -> list[float]:
    """When each stream said this, on the clock that all processes share."""
    heard: dict[int, float] = {}
    while len(heard) < count:
        for key, _ in ready.select():
            assert isinstance(key.fileobj, socket.socket)
            got = key.fileobj.recv(65_536)
            if not got:
                raise RuntimeError("a stream ended")
            if sign in got:
                heard[key.data] = time.monotonic()
    return [heard[place] for place in range(count)]
