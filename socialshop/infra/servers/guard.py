"""Ends the servers of a killed keeper where the system cannot (no PDEATHSIG outside Linux).

A guard is a process whose standard input is held by the keeper alone. Lines `pid signal` say whom to end and
how, `pid 0` whom to forget; the end of the input is the end of the keeper, however it died.
"""

import contextlib
import os
import signal
import subprocess
import sys


class Guard:
    """The keeper's side; on Linux, unless `needed` says otherwise, it does nothing."""

    def __init__(self, *, needed: bool = sys.platform != "linux") -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if needed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "socialshop.infra.servers.guard"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )

    def watch(self, pid: int, goodbye: signal.Signals) -> None:
        """From now on send this signal to that process should the keeper die."""
        self._say(f"{pid} {int(goodbye)}")

    def forget(self, pid: int) -> None:
        """It has ended: its number may be another's soon."""
        self._say(f"{pid} 0")

    def dismiss(self) -> None:
        """End the guard without any signal; twice does nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _say(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            # A killed guard guards nobody, but the servers serve on.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()


def main() -> None:
    """Wait for the keeper's end, then pass the signals on."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, int] = {}
    for line in sys.stdin:
        pid, goodbye = map(int, line.split())
        watched[pid] = goodbye
    for pid, goodbye in watched.items():
        if goodbye:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, goodbye)


if __name__ == "__main__":
    main()
