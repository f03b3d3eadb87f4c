"""A child process that ends when its parent does, however the parent died: a pipe that only the parent holds open.

The parent-death signal of Linux would follow the parent's thread and vanish at a fork; a pipe does neither, and works
on every system. The parent makes a `Lifeline`, starts children with `inherit`, and each child calls `follow`.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_VARIABLE = "SOCIALSHOP_LIFELINE"
# For an orderly end; servers that are gone by then cannot keep a child longer.
_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Lifeline:
    """The parent's end. It closes with the parent's last breath; nobody ever writes to it."""

    reading: int
    writing: int

    @classmethod
    def new(cls) -> Lifeline:
        """A pipe whose writing end no child inherits."""
        return cls(*os.pipe())

    @property
    def environment(self) -> dict[str, str]:
        """What tells a child which descriptor to watch; start it with `pass_fds=[lifeline.reading]`."""
        return {_VARIABLE: str(self.reading)}


@contextmanager
def tied(command: Sequence[str], environment: Mapping[str, str], patience_seconds: float) -> Iterator[None]:
    """A silent child for as long as the block runs, and no longer than this process lives; the child calls `follow`."""
    line = Lifeline.new()
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and modules)
        command,
        env={**environment, **line.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[line.reading],
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for descriptor in (line.reading, line.writing):
            os.close(descriptor)


def follow_parent() -> None:
    """End this process, which `multiprocessing` started, when its parent is gone, however that died."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), name="lifeline", daemon=True).start()


def _outlive(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)


def follow() -> None:
    """End this process in order (SIGTERM) when its parent is gone, by force if that takes too long.

    Does nothing where no lifeline was given. After a fork the child calls it again: threads do not survive a fork.
    """
    named = os.environ.get(_VARIABLE)
    if named is not None:
        threading.Thread(target=_watch, args=(int(named),), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    try:
        # Returns only at the end of the file: when no process holds the other end any more.
        os.read(descriptor, 1)
    except OSError:
        # Not inherited: a grandchild that was spawned, not forked. Its own parent looks after it.
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
