"""A server process of the keeper, and its log."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialshop.infra.servers.birth import follow_keeper
from socialshop.infra.servers.folder import DataFolder, open_log

# Below this a start that failed without a word is blamed on the disk: PostgreSQL needs 16 MB at once.
_NO_ROOM = 16_000_000


@dataclass(frozen=True)
class Server:
    """One running server: its process, how to end it, and where its words of this run begin in the log."""

    name: str
    process: "subprocess.Popen[bytes]"
    goodbye: signal.Signals
    force: signal.Signals
    log: Path
    log_start: int

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def words(self) -> list[str]:
        """What it logged since this start."""
        try:
            with self.log.open("rb") as file:
                file.seek(self.log_start)
                return [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return []


def start(
    name: str,
    command: Sequence[str | Path],
    folder: DataFolder,
    *,
    life: int,
    goodbye: signal.Signals,
    force: signal.Signals = signal.SIGKILL,
    become: Callable[[], None] = lambda: None,
) -> Server:
    """Start a server from the keeper's main thread, its words appended to the log of that name.

    It inherits the lock `life`, so the lock tells whether any process of the servers, a backend too, still
    lives. Raises StartupError when the log cannot be written, OSError when the program cannot be run.
    """
    log = folder.log(name)
    keeper = os.getpid()

    def be_born() -> None:
        become()
        follow_keeper(keeper, goodbye)

    descriptor = open_log(log)
    try:
        log_start = os.lseek(descriptor, 0, os.SEEK_END)
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env=_environment(),
            pass_fds=[life],
            preexec_fn=be_born,  # noqa: PLW1509  (the keeper has one thread)
        )
    finally:
        os.close(descriptor)
    return Server(name, process, goodbye, force, log, log_start)


def _environment() -> dict[str, str]:
    # Messages are read back, so in English.
    return os.environ | {"LC_ALL": "C"}


def why_it_failed(server: Server, grave: re.Pattern[str], folder: DataFolder) -> str:
    """The reason in one line: a full disk, its last grave words, the signal that ended it, or its last words."""
    said = server.words()
    no_room = any(re.search("No space left on device|Disk quota exceeded", line) for line in said)
    reasons = [match["why"] for line in said if (match := grave.search(line))]
    if no_room or (not reasons and folder.free_bytes() < _NO_ROOM):
        return f"the disk that holds {folder.root} is full ({folder.free_bytes() // 1_000_000} MB left)"
    if reasons:
        return reasons[-1].strip()
    code = server.process.returncode
    if code is not None and code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return said[-1].strip() if said else "it said nothing"
