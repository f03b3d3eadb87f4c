"""Ends the servers of a killed keeper where the system cannot (no PDEATHSIG outside Linux).

The keeper holds the other end of this process's standard input and never writes to it; the end closes with
the keeper, however it dies. Each argument is `pid:signal`.
"""

import contextlib
import os
import signal
import subprocess
import sys


def start_guard(pids: dict[int, signal.Signals]) -> "subprocess.Popen[bytes]":
    """Start a guard over these processes; the caller ends it by killing it."""
    arguments = [f"{pid}:{int(goodbye)}" for pid, goodbye in pids.items()]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "socialshop.infra.servers.guard", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def main() -> None:
    """Wait for the keeper's end, then pass the signals on."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for argument in sys.argv[1:]:
        pid, goodbye = map(int, argument.split(":"))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, goodbye)


if __name__ == "__main__":
    main()
