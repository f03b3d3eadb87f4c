"""A tea house: real relay and worker processes that a test kills, and the books that say what they did."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from forked import Forked
from patience import PATIENCE
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from tea_program import pour_tea

from socialshop.infra.outbox import Event
from socialshop.infra.servers.binaries import find_valkey
from socialshop.infra.uow import unit_of_work
from workers.__main__ import main as work

KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class TeaPoured(Event):
    cups: int


@dataclass(slots=True)
class OwnValkey:
    """A Valkey that a test may empty, stop and start."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/v.sock"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", f"{self.folder}/v.sock", "--dir", str(self.folder), "--save", ""]
        self.process = subprocess.Popen([str(find_valkey()), *options], stdout=subprocess.DEVNULL)
        until(self._answers, "Valkey answers")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def empty(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except RedisError:
            return False


@dataclass(slots=True)
class TeaHouse:
    """The processes at work, and the books that say what they did."""

    app: Flask
    environment: dict[str, str]
    processes: list[Forked] = field(default_factory=list)
    poured: int = 0

    def start(self, kind: str, *faults: str, crash_at: str = "") -> Forked:
        """The tests' own handlers at work."""
        return self._start(pour_tea, kind, *faults, crash_at=crash_at)

    def start_shop(self, kind: str, *, crash_at: str = "") -> Forked:
        """The shop's own handlers at work."""
        return self._start(work, kind, crash_at=crash_at)

    def _start(self, program: Callable[..., int], *arguments: str, crash_at: str) -> Forked:
        process = Forked(program, *arguments, environment={**self.environment, "SOCIALSHOP_CRASH_AT": crash_at})
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def pour(self, count: int) -> None:
        """`count` more events, each with its number."""
        with unit_of_work() as uow:
            for _ in range(count):
                self.poured += 1
                uow.emit(TeaPoured(cups=self.poured))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with unit_of_work() as uow:
            return [tuple(row) for row in uow.session.execute(text(statement))]

    def all_done(self) -> bool:
        left = self.rows(
            "SELECT (SELECT count(*) FROM outbox_events WHERE relayed_at IS NULL)"
            " + (SELECT count(*) FROM outbox_deliveries WHERE state <> 'done')"
        )
        return left == [(0,)]

    def wrongly_drunk(self) -> list[tuple[object, ...]]:
        """Cups that were not drunk exactly once, with how often they were."""
        return self.rows(
            f"SELECT cup, count(d.cup) FROM generate_series(1, {self.poured}) AS cup LEFT JOIN drunk d USING (cup)"
            " GROUP BY cup HAVING count(d.cup) <> 1 ORDER BY cup"
        )


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until it is so; fails with `what` if that never happens."""
    late = time.monotonic() + seconds
    while not true():
        if time.monotonic() > late:
            pytest.fail(f"never happened within {seconds:.0f} s: {what}")
        time.sleep(0.05)
