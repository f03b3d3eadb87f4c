"""Child processes kept alive: started, started again when they die, later each time, and stopped in order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from socialshop.infra.lifeline import Lifeline

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
# Who lived so long was well: its next end is not held against it.
_WELL_SECONDS = 30.0
_STOP_SECONDS = 8.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Child:
    """One process and its story."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    start_at: float = 0.0


@dataclass(slots=True)
class Family:
    """The children of this process. They end with it, however it ends (infra/lifeline.py).

    What they say goes to the open file `says_into`.
    """

    environment: Mapping[str, str]
    says_into: int
    _lifeline: Lifeline = field(default_factory=Lifeline.new)
    _children: list[Child] = field(default_factory=list)

    def add(self, name: str, module: str, *arguments: str, **variables: str) -> None:
        """Start `python -m module arguments…` and keep it running."""
        command = [sys.executable, "-m", module, *arguments]
        child = Child(name, command, {**self.environment, **self._lifeline.environment, **variables})
        self._children.append(child)
        self._start(child)

    def look_after(self) -> None:
        """Start again whoever died, when its pause is over. Call it now and then."""
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    self._start(child)
            elif child.process.poll() is not None:
                self._mourn(child, child.process)

    def stop(self) -> None:
        """End all, in the order of their start: each kind is told and waited for before the next."""
        names = list(dict.fromkeys(child.name for child in self._children))
        for name in names:
            running = [c.process for c in self._children if c.name == name and c.process is not None]
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            until = time.monotonic() + _STOP_SECONDS
            for process in running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until - time.monotonic()))
                _sweep(process)
        self._children.clear()

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603  (our own interpreter and modules)
            child.command,
            env=child.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.says_into,
            stderr=self.says_into,
            pass_fds=[self._lifeline.reading],
            # A group of its own: Ctrl-C reaches the parent alone, which then stops its children in order.
            start_new_session=True,
        )
        child.started = time.monotonic()

    def _mourn(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        lived = time.monotonic() - child.started
        # A worker that has lived its life ends with 0 and is followed at once.
        well = process.returncode == 0 or lived > _WELL_SECONDS
        child.pause = 0.0 if well else min(_LONGEST_PAUSE, child.pause * 2 or _FIRST_PAUSE)
        child.process, child.start_at = None, time.monotonic() + child.pause
        _sweep(process)
        if process.returncode != 0:
            _log.warning("process died", name=child.name, exit=process.returncode, again_in_seconds=child.pause)


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the child's group: children of its own that outlived it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
