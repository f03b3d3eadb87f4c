"""The watch process as it runs in a shop, and who watches rooms through it."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module

from forked import Forked
from patience import PATIENCE

from socialshop.infra import wired
from socialshop.kernel.ids import to_public
from socialshop.rooms.service import Joined
from socialshop.watch import __main__ as process
from tests.payment_shop import free_port
from tests.room_shop import RoomShop
from tests.running_shop import ROOT, until


def watch(*constants: str) -> None:
    """The process itself; with constants of its modules set, each as `module.NAME=number`."""
    for constant in constants:
        place, _, number = constant.partition("=")
        module, _, name = place.rpartition(".")
        setattr(import_module(f"socialshop.watch.{module}"), name, int(number))
    process.main()


@dataclass(slots=True)
class Watch:
    """A running watch process."""

    port: int
    process: Forked | subprocess.Popen[bytes]
    streams: list[Stream] = field(default_factory=list)

    def stream(self, room: Joined, last: int | None = None, *, buffer: int | None = None, more: str = "") -> Stream:
        seen = "" if last is None else f"Last-Event-ID: {last}\r\n"
        found = Stream(self.port, path_of(room), seen + more, buffer)
        self.streams.append(found)
        return found

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        """The status and body of a whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.ask("/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


class Stream:
    """A connection that asks for a room's events and reads them as they come."""

    def __init__(self, port: int, path: str, headers: str = "", buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(15)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: shop\r\n{headers}\r\n".encode())
        self.got = b""

    def read_until(self, part: bytes) -> None:
        """Read until this has come. Fails where the stream ends before."""
        while part not in self.got:
            new = self.socket.recv(65_536)
            assert new, f"ended: {self.got.decode()}"
            self.got += new

    def rest(self) -> bytes:
        """What comes until the other side ends it."""
        with contextlib.suppress(ConnectionResetError):
            while new := self.socket.recv(65_536):
                self.got += new
        return self.got

    def rest_or_silence(self) -> list[int]:
        """The ids of the events that come until the stream ends or says nothing for a while, each of them whole."""
        with contextlib.suppress(TimeoutError):
            self.rest()
        self.got = self.got[: self.got.rfind(b"\n\n")]
        return self.ids

    @property
    def status(self) -> int:
        self.read_until(b"\r\n\r\n")
        return int(self.got.split(b" ", 2)[1])

    @property
    def kinds(self) -> list[str]:
        return [line[7:].decode() for line in self.got.split(b"\n") if line.startswith(b"event: ")]

    @property
    def ids(self) -> list[int]:
        return [int(line[4:]) for line in self.got.split(b"\n") if line.startswith(b"id: ")]


def path_of(room: Joined) -> str:
    return f"/api/v1/rooms/{to_public('room', room.room.id)}/events"


@contextmanager
def watching(shop: RoomShop, *constants: str, command: Sequence[str] | None = None, **settings: str) -> Iterator[Watch]:
    """A watch process on the shop's database and Valkey, with `constants` set as `watch` says.

    Or another `command` of Python that starts one.
    """
    with shop.app.app_context():
        found = wired.settings()
    assert found.database_url is not None
    assert found.redis_url is not None
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": found.database_url.get_secret_value(),
        "REDIS_URL": found.redis_url.get_secret_value(),
        "SOCIALSHOP_WATCH_PORT": str(port),
        **settings,
    }
    running: Forked | subprocess.Popen[bytes]
    if command is None:
        running = Forked(watch, *constants, environment=environment)
    else:
        running = subprocess.Popen([sys.executable, *command], env=environment)
    begun = Watch(port, running)
    try:
        until(lambda: begun.is_up() or running.poll() is not None, "the watch process listens")
        assert running.poll() is None, "the watch process ended by itself"
        yield begun
    finally:
        for stream in begun.streams:
            stream.socket.close()
        running.kill()
        running.wait()
