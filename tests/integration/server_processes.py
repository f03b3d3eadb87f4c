"""Processes that use the embedded servers, and a look at what of the servers still runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis
from patience import PATIENCE

from socialshop.infra.servers import Servers

ROOT = Path(__file__).parents[2]

# Where other processes find this code, also when this one was told where its packages are.
PATH = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}

# Prints where the servers are, stays until its input ends, and says in one line what went wrong.
USER = """
import sys
from pathlib import Path
from socialshop.infra.servers import StartupError, open_servers
try:
    with open_servers(Path(sys.argv[1])) as servers:
        print(servers.database_url, servers.redis_url, flush=True)
        {body}
except StartupError as error:
    sys.exit(str(error))
"""


class User:
    """A process of its own that uses the servers of a folder until it leaves or is killed."""

    def __init__(self, folder: Path, *, body: str = "sys.stdin.read()", program: str = USER, **options: Any) -> None:
        self.errors = ""
        python = options.pop("python", sys.executable)
        environment = os.environ | PATH | options.pop("env", {})
        self.process = subprocess.Popen(
            [python, "-c", program.format(body=body), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            **options,
        )

    def servers(self) -> Servers:
        """Where the servers are, once it is in."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return Servers(*line.split())

    def leave(self) -> int:
        """Let it go, and wait for its end."""
        _, self.errors = self.process.communicate()
        return self.process.returncode

    def end_by(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()


def remains(folder: Path) -> list[str]:
    """Command lines of processes, this one apart, that name the folder or hold a file in it open."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            links = [os.readlink(link) for link in (entry / "fd").iterdir()]
        except OSError:
            continue
        if str(folder) in command or any(link.startswith(str(folder)) for link in links):
            found.append(f"{entry.name}: {command}")
    return found


def nothing_left(folder: Path) -> None:
    """Assert that within a few seconds no process of the folder is left."""
    wait_until(lambda: not remains(folder), lambda: f"left: {remains(folder)}")


def wait_until(done: Callable[[], bool], complaint: Callable[[], str], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.02)


def running(folder: Path) -> dict[str, int]:
    """The process numbers of keeper, postgres and valkey."""
    facts = json.loads((folder / "locks" / "ready").read_text())
    with redis.Redis(unix_socket_path=f"{facts['sockets']}/valkey.sock") as client:
        return {
            "keeper": facts["keeper"],
            "postgres": int((folder / "postgres" / "postmaster.pid").read_text().split()[0]),
            "valkey": client.info()["process_id"],
        }


def ask(servers: Servers, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement in a connection of its own."""
    with psycopg.connect(servers.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def valkey(servers: Servers) -> "redis.Redis":
    return redis.Redis.from_url(servers.redis_url)


def answers(servers: Servers) -> bool:
    """Whether both answer; False while one is away."""
    try:
        return both_answer(servers)
    except (psycopg.OperationalError, redis.ConnectionError):
        return False


def both_answer(servers: Servers) -> bool:
    with valkey(servers) as client:
        return ask(servers, "SELECT 1") == [(1,)] and bool(client.ping())
