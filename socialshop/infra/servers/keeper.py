"""The process that owns both servers of a data folder, from the first user to the last.

    python -m socialshop.infra.servers.keeper FOLDER SECONDS

Four locks in the folder say everything, and none can be left behind by a killed process:

- `users`: shared by each process that uses the servers. The keeper stops them once it gets it exclusively,
  and holds it until its own end, so that a newcomer waits for the stop instead of meeting half of it.
- `start`: held by the user who starts a keeper, so that many at once start one.
- `servers`: held by the keeper and inherited by every server process. A keeper that gets it knows that
  nothing of an earlier, killed keeper still works on the files. Its content names those processes.
- `ready`: held by the keeper while the servers answer; its content says where.

On standard output it says one line of JSON, `{"error": "..."}` or `{}`, and closes it; nothing when its
starter is gone.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Protocol

from socialshop.infra.servers.errors import StartupError, refused
from socialshop.infra.servers.folder import DataFolder, make_socket_folder, remove_socket_folder, trim_log
from socialshop.infra.servers.guard import Guard
from socialshop.infra.servers.locks import Lock
from socialshop.infra.servers.postgres import Postgres
from socialshop.infra.servers.process import Server
from socialshop.infra.servers.remnants import end_by_force, record
from socialshop.infra.servers.valkey import Valkey

_STARTING_POLL = 0.01
_SERVING_POLL = 0.1
_POLLS_PER_TRIM = 100
_STOP_SECONDS = 15  # then by force, as safe as a power cut
_REVIVAL_SECONDS = 10
_MOST_REVIVALS = 5


class _NotNeededError(Exception):
    """Stop quietly: nobody uses the servers, another keeper serves, or a signal said so."""


class _GiveWayError(_NotNeededError):
    """Another keeper serves already: as good as our own success."""


class Kind(Protocol):
    """What the keeper knows of either server."""

    def begin(self) -> Server: ...

    def is_ready(self, server: Server, /) -> bool: ...

    def why(self, server: Server, /) -> str: ...


class Keeper:
    """One life: start both servers, keep them up while there are users, stop both."""

    def __init__(self, folder: DataFolder, seconds: float) -> None:
        self.folder = folder
        self.seconds = seconds
        self.users = Lock(folder.lock("users"))
        self.ready = Lock(folder.lock("ready"))
        self.life = Lock(folder.lock("servers"), inherited=True)
        self.sockets: Path | None = None
        self.kinds: dict[str, Kind] = {}
        self.running: list[Server] = []
        self.revivals = 0
        self.patient_until = time.monotonic() + _STOP_SECONDS
        self.guard = Guard()

    def start(self) -> None:
        """Until both servers answer. Raises StartupError, or _NotNeededError."""
        self._wait(self._alone, "servers of an earlier run are still stopping")
        self.sockets = make_socket_folder(self.folder)
        postgres = Postgres(self.folder, self.sockets, self.life.fd)
        valkey = Valkey(self.folder, self.sockets, self.life.fd)
        self.kinds = {"postgres": postgres, "valkey": valkey}
        keys = self._launch(valkey.begin)
        if postgres.is_new:
            self._make_cluster(postgres)
        rows = self._launch(postgres.begin)
        self._await_ready(rows)
        self._await_ready(keys)
        postgres.create_database()
        self._announce()

    def serve(self) -> None:
        """Until the last user is gone. Raises StartupError when a server that ended cannot be had again."""
        polls = 0
        while not self.users.try_exclusive() and self.users.still_at_its_path():
            for server in [server for server in self.running if server.has_ended()]:
                self._revive(server)
            if polls % _POLLS_PER_TRIM == 0:
                for name in ("postgres", "valkey", "keeper"):
                    trim_log(self.folder.log(name))
            polls += 1
            time.sleep(_SERVING_POLL)

    def stop(self) -> None:
        """Stop what runs, by force if it takes too long, and tidy up."""
        for ignored in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        self.ready.close()
        for server in self.running:
            server.process.send_signal(server.goodbye)
        deadline = time.monotonic() + _STOP_SECONDS
        while not all(server.has_ended() for server in self.running):
            if time.monotonic() > deadline:
                for server in self.running:
                    server.process.send_signal(server.force)
                deadline = time.monotonic() + _STOP_SECONDS
            time.sleep(_STARTING_POLL)
        self.guard.dismiss()
        if self.sockets is not None:
            remove_socket_folder(self.sockets)

    def _alone(self) -> bool:
        if self.life.try_exclusive():
            return True
        if not self.ready.try_shared():
            # A keeper whose starter was killed has become ready meanwhile.
            raise _GiveWayError
        self.ready.close()
        self.ready = Lock(self.folder.lock("ready"))
        if time.monotonic() > self.patient_until:
            self.patient_until = time.monotonic() + _STOP_SECONDS
            for pid in end_by_force(self.life.path):
                _note(f"process {pid} of an earlier run had to be ended by force")
        return False

    def _launch(self, begin: Callable[[], Server]) -> Server:
        try:
            server = begin()
        except OSError as error:
            raise StartupError(f"Cannot run {error.filename}: {error.strerror or error}") from None
        self.running.append(server)
        record(self.life, ((other.process.pid, other.force) for other in self.running))
        self.guard.watch(server.process.pid, server.goodbye)
        return server

    def _forget(self, server: Server) -> None:
        self.running.remove(server)
        self.guard.forget(server.process.pid)

    def _make_cluster(self, postgres: Postgres) -> None:
        initdb = self._launch(postgres.begin_initdb)
        self._wait(initdb.has_ended, "initdb does not come to an end", initdb)
        self._forget(initdb)
        postgres.finish_initdb(initdb)

    def _await_ready(self, server: Server) -> None:
        kind = self.kinds[server.name]

        def settled() -> bool:
            return server.has_ended() or kind.is_ready(server)

        self._wait(settled, f"{server.name} does not become ready", server)
        if server.has_ended():
            raise StartupError(f"{server.name} did not start: {kind.why(server)} (log: {server.log})")

    def _revive(self, ended: Server) -> None:
        """Start a server again that ended by itself (killed for its memory, say); its users reconnect."""
        _note(f"{ended.name} ended by itself with code {ended.process.returncode}")
        self.revivals += 1
        if self.revivals > _MOST_REVIVALS:
            raise StartupError(f"{ended.name} ends again and again: {self.kinds[ended.name].why(ended)}")
        deadline = time.monotonic() + _REVIVAL_SECONDS
        while True:
            self._forget(ended)
            ended = self._launch(self.kinds[ended.name].begin)
            try:
                self._await_ready(ended)
                return
            except StartupError as error:
                # Backends of a killed PostgreSQL take their time to notice, and none may start beside them.
                if "shared memory" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_SERVING_POLL)

    def _wait(self, done: Callable[[], bool], complaint: str, server: Server | None = None) -> None:
        """Poll; raises StartupError past the time allowed, _NotNeededError when the starter is gone."""
        deadline = time.monotonic() + self.seconds
        while not done():
            if self.users.try_exclusive():
                raise _NotNeededError
            if time.monotonic() > deadline:
                words = server.words() if server else []
                last = f"; its last words: {words[-1].strip()}" if words else ""
                raise StartupError(f"Gave up after {self.seconds:g} s: {complaint}{last}")
            time.sleep(_STARTING_POLL)

    def _announce(self) -> None:
        """Write where the servers are, then take the lock that makes it count."""
        facts = {"sockets": str(self.sockets), "keeper": os.getpid()}
        os.ftruncate(self.ready.fd, 0)
        os.pwrite(self.ready.fd, json.dumps(facts).encode(), 0)
        # Others look at the lock by taking it shared for an instant.
        while not self.ready.try_exclusive():
            time.sleep(_STARTING_POLL / 10)


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  (standard error is the keeper's log)


def _tell_starter(answer: dict[str, str]) -> None:
    # No pipe any more: the starter was killed. Whether anybody else came, the lock on users says.
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def _fail(keeper: Keeper, error: StartupError | OSError) -> None:
    """Stop first, then say why: the starter must find nothing running when it learns of the failure."""
    keeper.stop()
    if isinstance(error, OSError):
        error = refused("Cannot start the servers", error)
    _note(str(error))
    _tell_starter({"error": str(error)})


def _stop_on_signal(number: int, _frame: FrameType | None) -> None:
    _note(f"stopped by {signal.Signals(number).name}")
    raise _NotNeededError


def main() -> None:
    """Leave the starter, then live one keeper's life."""
    # A grandchild is no zombie of a user that lives on, and no wait() of a worker meets it.
    if os.fork() != 0:
        os._exit(0)
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        keeper = Keeper(DataFolder(Path(sys.argv[1])), float(sys.argv[2]))
    except StartupError as error:
        _tell_starter({"error": str(error)})
        return
    try:
        keeper.start()
        _tell_starter({})
        keeper.serve()
    except _GiveWayError:
        _tell_starter({})
    except _NotNeededError:
        pass
    except (StartupError, OSError) as error:
        _fail(keeper, error)
    finally:
        keeper.stop()


if __name__ == "__main__":
    main()
