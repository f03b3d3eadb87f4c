"""Processes that begin with everything imported, for tests that kill them or begin many.

An own Python takes seconds of a processor to come up, nearly all of it imports. Here one process imports once, and all
others are forked from it (multiprocessing's fork server): they are at work at once, each with settings of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["workers.__main__", "socialshop.cli.imports", "socialshop.watch.__main__"])


class Forked:
    """A process that runs `work`, which a module must have by name, with what tests ask of a `subprocess.Popen`."""

    def __init__(self, work: Callable[..., object], *arguments: str, environment: Mapping[str, str]) -> None:
        self.arguments = arguments
        self._process = _FORKING.Process(target=_begin, args=(work, arguments, dict(environment)), daemon=True)
        self._process.start()

    def poll(self) -> int | None:
        """How it has ended, as a signal's number below zero where one ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """How it ends. Raises TimeoutExpired where it does not in time."""
        self._process.join(seconds)
        ended = self._process.exitcode
        if ended is None:
            raise subprocess.TimeoutExpired(str(self._process), seconds or 0)
        return ended

    def terminate(self) -> None:
        """By SIGTERM, which asks it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """By SIGKILL."""
        self._process.kill()


def _begin(work: Callable[..., object], arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(work(*arguments))  # type: ignore[arg-type]  # None or a number, as of any program
