"""Processor time, user and system: what an operation costs, whoever else is at work on the machine.

Read from /proc: zero where there is none, or where PostgreSQL runs on another machine.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PROCESSES = Path("/proc")
# Positions after the name in /proc/<pid>/stat, where user and system time stand.
_USER, _SYSTEM = 11, 12


@contextmanager
def measured(connection: Connection, pids: Collection[int] = ()) -> Iterator[dict[str, float]]:
    """Seconds used inside the block: `shop` by this process and `pids`, `postgresql` by those that serve its database.

    Filled in when the block ends. What ended inside the block is not counted.
    """
    used: dict[str, float] = {}
    shop = (os.getpid(), *pids)
    before = _by_process(shop), _by_process(_backends(connection))
    yield used
    after = _by_process(shop), _by_process(_backends(connection))
    for name, first, last in zip(("shop", "postgresql"), before, after, strict=True):
        used[name] = round(sum(seconds - first.get(pid, 0.0) for pid, seconds in last.items()), 2)


def _backends(connection: Connection) -> Sequence[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    return connection.exec_driver_sql(query).scalars().all()


def _by_process(pids: Iterable[int]) -> dict[int, float]:
    """What each of these processes has used; those that are not there are left out."""
    found = {}
    for pid in pids:
        with suppress(OSError):
            fields = (_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
            found[pid] = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_A_SECOND
    return found
