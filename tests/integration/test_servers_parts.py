"""Parts of the launcher that a whole run shows badly: the guard, the locks, the bound on logs."""

import errno
import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE
from server_processes import PATH, ROOT

from socialshop.infra.servers import StartupError, folder
from socialshop.infra.servers.guard import Guard
from socialshop.infra.servers.locks import Lock

KEEPER_WITH_A_GUARD = """
import signal, subprocess, sys
from socialshop.infra.servers.guard import Guard
guard = Guard(needed=True)
kept, watched = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
guard.watch(watched.pid, signal.SIGINT)
guard.watch(kept.pid, signal.SIGINT)
guard.forget(kept.pid)
print(kept.pid, watched.pid, flush=True)
sys.stdin.read()
"""


def test_the_guard_ends_the_servers_of_a_killed_keeper() -> None:
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER_WITH_A_GUARD],
        env=os.environ | PATH,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdout
    kept, watched = map(int, keeper.stdout.readline().split())
    end_of_watched, end_of_kept = os.pidfd_open(watched), os.pidfd_open(kept)
    try:
        keeper.kill()
        assert _ends(end_of_watched, seconds=PATIENCE)
        assert not _ends(end_of_kept, seconds=0)
    finally:
        os.kill(kept, signal.SIGKILL)
        keeper.communicate()
        os.close(end_of_watched)
        os.close(end_of_kept)


def _ends(process: int, seconds: float) -> bool:
    return bool(select.select([process], [], [], seconds)[0])


def test_a_dismissed_guard_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with subprocess.Popen(["sleep", "60"]) as server:
        guard = Guard(needed=True)
        guard.watch(server.pid, signal.SIGKILL)
        guard.dismiss()
        guard.dismiss()
        assert server.poll() is None
        server.kill()


def test_locks_exclude_each_other_within_a_process(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.try_shared()
    assert second.try_shared()
    assert not second.try_exclusive()
    first.close()
    assert second.try_exclusive()
    second.close()
    second.close()
    with pytest.raises(ValueError, match="is closed"):
        second.try_shared()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_fd: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = Lock(tmp_path / "lock")
    with pytest.raises(StartupError, match="this file system has no locks"):
        lock.try_shared()
    lock.close()


def test_a_log_is_emptied_past_its_limit_and_its_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "_LOG_LIMIT", 10)
    log = tmp_path / "postgres.log"
    writer = folder.open_log(log)
    os.write(writer, b"short")
    folder.trim_log(log)
    assert log.read_bytes() == b"short"
    os.write(writer, b" and long")
    folder.trim_log(log)
    assert log.read_bytes() == b""
    assert (tmp_path / "postgres.log.1").read_bytes() == b"short and long"
    os.write(writer, b"anew")
    assert log.read_bytes() == b"anew"
    os.close(writer)
    folder.trim_log(tmp_path / "missing.log")
