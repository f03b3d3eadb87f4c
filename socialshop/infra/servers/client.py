"""The door: use the embedded servers of a data folder, together with whoever else does."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from socialshop.infra.servers.errors import StartupError, refused
from socialshop.infra.servers.folder import DataFolder, open_log, prepare
from socialshop.infra.servers.locks import Lock

START_SECONDS = 60.0
_OTHERS_SECONDS = 150.0
_LEAVE_SECONDS = 20.0
_POLL = 0.01
_HOME = Path(__file__).parents[3]


@dataclass(frozen=True)
class Servers:
    """Where the servers answer, as SQLAlchemy and redis-py spell it."""

    database_url: str
    redis_url: str


@contextmanager
def open_servers(data_dir: Path) -> Iterator[Servers]:
    """Have PostgreSQL (database `socialshop`) and Valkey run on this folder while the block runs.

    The first process in starts them, the last one out stops them and waits for that; one that is killed
    counts as out. Children do not count as users. Raises StartupError, and then leaves nothing running.
    """
    folder = prepare(data_dir)
    users = Lock(folder.lock("users"))
    try:
        yield _join(folder, users)
    finally:
        # In a forked child that leaves the block it is closed already, and the parent's lock stays.
        if users.is_open:
            _leave(folder, users)


@contextmanager
def run_alone(data_dir: Path) -> Iterator[None]:
    """Be the one `run` of this folder while the block runs: two would share a database and fight over the rest.

    Raises StartupError.
    """
    mutex = Lock(prepare(data_dir).lock("run"))
    try:
        if not mutex.try_exclusive():
            raise StartupError(f"another `socialshop run` uses {data_dir}: stop it, or name another with --data-dir")
        yield
    finally:
        mutex.close()


def are_kept(data_dir: Path) -> bool:
    """Whether the servers that this process uses are still looked after; one that is being revived counts.

    False for good: their keeper was killed, or gave them up because they ended again and again.
    """
    return _running(DataFolder(data_dir.expanduser().resolve())) is not None


def _join(folder: DataFolder, users: Lock) -> Servers:
    # Only a keeper that stops holds it exclusively: until it is gone.
    _wait(users.try_shared, "the servers of this folder do not come to an end")
    # From here on no keeper stops, unless its servers break.
    servers = _running(folder)
    if servers is not None:
        return servers
    mutex = Lock(folder.lock("start"))
    try:
        _wait(mutex.try_exclusive, "another process does not get the servers of this folder to start")
        servers = _running(folder)
        if servers is None:
            _start_keeper(folder)
            servers = _running(folder)
    finally:
        mutex.close()
    if servers is None:
        raise StartupError(f"The servers ended right after their start: see {folder.log('keeper').parent}")
    return servers


def _leave(folder: DataFolder, users: Lock) -> None:
    """Give up the shared lock; the last one waits until nothing of the servers runs any more."""
    last = users.try_exclusive()
    users.close()
    if not last:
        return
    servers, others = Lock(folder.lock("servers")), Lock(folder.lock("users"))
    try:
        deadline = time.monotonic() + _LEAVE_SECONDS
        while not servers.try_shared() and time.monotonic() < deadline:
            # Neither the stopping keeper (exclusive) nor nobody, so somebody came after us.
            if others.try_shared() and not others.try_exclusive():
                return
            others.close()
            others = Lock(folder.lock("users"))
            time.sleep(_POLL)
    finally:
        servers.close()
        others.close()


def _running(folder: DataFolder) -> Servers | None:
    """Where the servers are, if a keeper says they are ready: it holds the lock on what it wrote."""
    ready = Lock(folder.lock("ready"))
    try:
        if ready.try_shared():
            return None
        sockets = quote(json.loads(ready.path.read_text())["sockets"])
    finally:
        ready.close()
    return Servers(
        # The port is spelled out for those who have PGPORT set for another server.
        database_url=f"postgresql+psycopg://postgres@/socialshop?host={sockets}&port=5432",
        redis_url=f"unix://{sockets}/valkey.sock",
    )


def _start_keeper(folder: DataFolder) -> None:
    """Start a keeper and wait until it says that it is ready. Raises StartupError with its reason if not."""
    log = open_log(folder.log("keeper"))
    # The user's PGPORT, PGDATA or PGOPTIONS mean another server.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["PYTHONPATH"] = os.pathsep.join([str(_HOME), *filter(None, [environment.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "socialshop.infra.servers.keeper", str(folder.root), str(START_SECONDS)]
    try:
        # A session of its own: Ctrl-C in the terminal reaches the users, who then still have their servers.
        keeper = subprocess.Popen(  # noqa: S603
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        raise refused("Cannot start the process that keeps the servers", error) from None
    finally:
        os.close(log)
    with keeper:
        assert keeper.stdout is not None
        said = keeper.stdout.readline()
    if not said:
        raise StartupError(f"The process that keeps the servers broke off: see {folder.log('keeper')}")
    answer = json.loads(said)
    if "error" in answer:
        raise StartupError(answer["error"])


def _wait(done: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + _OTHERS_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise StartupError(f"Gave up after {_OTHERS_SECONDS:g} s: {complaint}")
        time.sleep(_POLL)
