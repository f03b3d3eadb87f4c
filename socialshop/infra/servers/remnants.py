"""Servers of a killed keeper that do not come to an end by themselves.

They were told to stop when their keeper died, and nearly always do. PostgreSQL 18 may wait for ever, though,
when that happens in the middle of its recovery from a crash: then it is ended by force, which costs the next
start a recovery and no data.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from socialshop.infra.servers.locks import Lock


def record(life: Lock, servers: Iterable[tuple[int, signal.Signals]]) -> None:
    """Write into the lock's file which processes run, and the signal that ends each by force. Raises OSError."""
    content = "".join(f"{pid} {int(force)}\n" for pid, force in servers).encode()
    os.ftruncate(life.fd, 0)
    os.pwrite(life.fd, content, 0)


def end_by_force(life: Path) -> list[int]:
    """End what is recorded in the lock's file and still holds it; returns the numbers of those processes."""
    ended = []
    with contextlib.suppress(OSError, ValueError):
        for line in life.read_text().splitlines():
            pid, force = map(int, line.split())
            # The number may be another process's by now; only a server of this folder has the file open.
            if _has_open(pid, life):
                os.kill(pid, force)
                ended.append(pid)
    return ended


def _has_open(pid: int, path: Path) -> bool:
    if sys.platform == "linux":
        links = Path(f"/proc/{pid}/fd")
        with contextlib.suppress(OSError):
            return any(link.is_file() and link.samefile(path) for link in links.iterdir())
        return False
    lsof = shutil.which("lsof", path="/usr/sbin:/usr/bin:/bin")
    if lsof is None:
        return False
    said = subprocess.run([lsof, "-t", "--", path], capture_output=True, text=True, check=False)  # noqa: S603
    return str(pid) in said.stdout.split()
