"""A shop as `run` starts it, with servers of its own, on a folder of its own."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from patience import PATIENCE, SHOP_PATIENCE
from payment_shop import free_port

ROOT = Path(__file__).resolve().parents[1]
# Each process takes two seconds of a processor to start, and one of a kind shows what two do.
ONE_OF_A_KIND = {"SOCIALSHOP_WEB_WORKERS": "1", "SOCIALSHOP_JOB_WORKERS": "1"}


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until it is so; fails with `what` if that never happens."""
    late = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < late, f"never happened: {what}"
        time.sleep(0.1)


@dataclass(slots=True)
class Shop:
    """One data folder and the commands started on it, each with these settings.

    `log` is where their standard error goes: a file where much is said, for nobody empties the pipe meanwhile.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    log: IO[str] | int = subprocess.PIPE

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        environment |= {"SOCIALSHOP_DATA_DIR": str(self.folder), "PYTHONPATH": str(ROOT), **self.settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "socialshop", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self) -> subprocess.Popen[str]:
        process = self.start("run", "--no-demo", "--port", str(self.port))
        until(lambda: self.is_ready() or process.poll() is not None, "the shop is ready", SHOP_PATIENCE)
        assert process.poll() is None, process.communicate()[1]
        return process

    def greeted(self, process: subprocess.Popen[str]) -> str:
        """What `run` says, up to the last line of its greeting."""
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                return said
        raise AssertionError(f"no greeting: {said}")

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def of_this_folder(self) -> dict[int, str]:
        """All processes of this folder: started with it in their environment or command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes().decode(errors="replace")
            except (OSError, ValueError):
                continue
            if str(self.folder) in command or str(self.folder) in environment:
                found[int(entry.name)] = command
        return found

    def children(self, named: str) -> list[int]:
        return sorted(pid for pid, command in self.of_this_folder().items() if named in command)

    def nothing_left(self) -> None:
        until(lambda: not self.of_this_folder(), f"nothing is left: {self.of_this_folder()}")
