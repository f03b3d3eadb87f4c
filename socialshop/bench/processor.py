"""Processor time, user and system: what an operation costs, whoever else is at work on the machine.

Read from /proc: nothing is found where there is none, nor of a PostgreSQL on another machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import Connection

from socialshop.infra.db import db

HERE = "bench"
POSTGRESQL = "postgresql"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PROCESSES = Path("/proc")
# What a process of the shop is, by a word of its command line; its children are the same.
_ROLES = {
    "socialshop.bench.landing": "web",
    "socialshop.payments.sandbox": "provider",
    "relay": "relay",
    "socialshop.watch": "watch",
    "worker": "workers",
}
# Positions after the name in /proc/<pid>/stat.
_PARENT, _USER, _SYSTEM = 1, 11, 12


class _Process(NamedTuple):
    parent: int
    seconds: float


@contextmanager
def measured(connection: Connection) -> Iterator[dict[str, float]]:
    """Seconds used inside the block, by role: HERE, the roles of its children, POSTGRESQL.

    PostgreSQL's are the processes that serve this connection's database. Filled in when the block ends; what ended
    inside the block is not counted.
    """
    used: dict[str, float] = {}
    before = _processes()
    yield used
    after, roles = _processes(), _roles(connection)
    for pid in roles.keys() & after.keys():
        seconds = after[pid].seconds - (before[pid].seconds if pid in before else 0.0)
        used[roles[pid]] = round(used.get(roles[pid], 0.0) + seconds, 2)


@contextmanager
def milliseconds_each(app: Flask, count: int) -> Iterator[dict[str, float]]:
    """Milliseconds that each of the `count` operations in the block cost, by role as `measured` tells them."""
    each: dict[str, float] = {}
    with app.app_context(), db.engine.connect() as connection, measured(connection) as used:
        yield each
    each |= {role: round(1000 * seconds / count, 2) for role, seconds in sorted(used.items())}


def _roles(connection: Connection) -> Mapping[int, str]:
    """This process and all below it, and those of PostgreSQL."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    roles = dict.fromkeys(connection.exec_driver_sql(query).scalars(), POSTGRESQL)
    roles[os.getpid()] = HERE
    processes = _processes()
    # A parent's number is nearly always below its children's; what it is not for is found in another round.
    for _ in range(3):
        for pid, process in sorted(processes.items()):
            if process.parent in roles and roles[process.parent] != POSTGRESQL and pid not in roles:
                roles[pid] = _role(pid, roles[process.parent])
    return roles


def _role(pid: int, parents: str) -> str:
    with suppress(OSError):
        words = (_PROCESSES / str(pid) / "cmdline").read_text().split("\0")
        return next((_ROLES[word] for word in words if word in _ROLES), parents)
    return parents


def _processes() -> dict[int, _Process]:
    found = {}
    for place in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            seconds = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_A_SECOND
            found[int(place.name)] = _Process(int(fields[_PARENT]), seconds)
    return found
