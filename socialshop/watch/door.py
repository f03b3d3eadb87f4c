"""The connections of watchers: one asyncio protocol each, no thread, no task, and bounded memory.

What a watcher does not take in time piles up in its connection, and past a bound the connection is cut: it loses
nothing by that, for an `EventSource` comes back and goes on after the last event that it has seen.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog

from socialshop.infra.settings import Settings
from socialshop.kernel.errors import DomainError
from socialshop.rooms.schemas import RETRY_MS, retry_after
from socialshop.watch import asking
from socialshop.watch.asking import Asked
from socialshop.watch.hub import Hub
from socialshop.web import problems, requests
from socialshop.web.problems import (
    DATABASE_UNAVAILABLE,
    MALFORMED_REQUEST,
    NO_SUCH_PATH,
    RATE_LIMITED,
    TOO_MANY_WATCHERS,
    Protocol,
    Refused,
)

# A comment now and then keeps proxies from closing a silent connection, and finds out who is gone.
HEARTBEAT_SECONDS = 15
# What may wait for a reader beside what the system holds for it (_SEND_BUFFER): an answer full of history and more.
_MOST_UNREAD = 262_144
_SEND_BUFFER = 65_536
# How long somebody may take to say what is wanted, and wait for a first answer while PostgreSQL is away.
_ASKING_SECONDS, _PATIENCE_SECONDS = 10.0, 30.0
# Who is silent so long although something was sent is gone.
_GONE_MILLISECONDS = 30_000
_DRAIN_SECONDS = 5.0
_BEAT = b":\n\n"

_log = structlog.get_logger("socialshop.access")


class Door:
    """All connections of this process, and how many there may be."""

    def __init__(self, settings: Settings, hub: Hub, health: Callable[[], Mapping[str, object]]) -> None:
        self.hub = hub
        self.settings = settings
        self.open: set[Connection] = set()
        self.from_address: Counter[str] = Counter()
        self.is_closing = False
        self._health = health
        self._problems = problems.base_of(settings.public_url or f"http://{settings.host}:{settings.port}")
        self._headers = {
            **requests.HEADERS,
            # A room is for everybody: pages of another origin may watch it, and no cookie is looked at.
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Connection": "close",
        }
        if settings.environment == "production":
            self._headers["Strict-Transport-Security"] = requests.HSTS

    async def listen(self, port: int) -> asyncio.Server:
        """Take connections from now on."""
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self), self.settings.host, port, backlog=4_096
        )
        for each in server.sockets:
            # Inherited by every connection. Left alone, the system would hold megabytes for a reader who does not read.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_MILLISECONDS)
        return server

    async def beat(self) -> None:
        """A heartbeat for every watcher, for ever; a part of them each second, so that none waits for all others."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            for connection in list(self.open)[second % HEARTBEAT_SECONDS :: HEARTBEAT_SECONDS]:
                connection.beat()

    async def drain(self) -> None:
        """Let everybody go, to come back at different moments; who does not take the word in time is cut off."""
        self.is_closing = True
        for connection in list(self.open):
            connection.send_away()
        loop = asyncio.get_running_loop()
        late = loop.time() + _DRAIN_SECONDS
        while self.open and loop.time() < late:
            await asyncio.sleep(0.05)
        for connection in list(self.open):
            connection.cut()

    def health(self) -> bytes:
        """What is said of this process: how many watch, and whether it is told of changes."""
        return json.dumps({"status": "ok", "watchers": len(self.open), **self._health()}).encode()

    def head(self, status: int, request_id: str, headers: Mapping[str, str]) -> bytes:
        """The head of an answer."""
        lines = {**self._headers, "X-Request-Id": request_id, **headers}
        said = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{said}\r\n".encode("latin-1")

    def problem(self, code: str, status: int, detail: str, request_id: str) -> bytes:
        """The body of a refusal."""
        return json.dumps(problems.content(self._problems, code, status, detail, request_id)).encode()


class Connection(asyncio.Protocol):
    """One watcher: asks once, then is told until something ends it. Also the `Watcher` of the hub."""

    def __init__(self, door: Door) -> None:
        self.after = 0
        self._door = door
        self._head = bytearray()
        self._asked: Asked | None = None
        self._status: int | None = None
        self._request_id = secrets.token_hex(12)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._timer = self._loop.call_later(_ASKING_SECONDS, self.cut)
        self._door.open.add(self)
        if self._door.is_closing:
            self.send_away()
        elif len(self._door.open) > self._door.settings.watchers:
            self._refuse(TOO_MANY_WATCHERS, "as many watch as this shop can serve; try again later")

    def data_received(self, data: bytes) -> None:
        if self._asked is not None or self._status is not None:
            # A watcher has nothing more to say.
            return
        self._head += data
        head, end, _ = self._head.partition(b"\r\n\r\n")
        if len(head) > asking.MOST_BYTES:
            self._refuse(MALFORMED_REQUEST, "the request's head is too long")
        elif end:
            self._head.clear()
            self._begin(bytes(head + end))

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self._door.open.discard(self)
        if self._asked is not None and self._asked.room_id is not None:
            self._door.hub.leave(self._asked.room_id, self)
            self._door.from_address[self._asked.address] -= 1
            if not self._door.from_address[self._asked.address]:
                del self._door.from_address[self._asked.address]
        if self._status is not None:
            _log.info(
                "watched",
                request_id=self._request_id,
                status=self._status,
                seconds=round(self._loop.time() - self._began, 1),
            )

    def _begin(self, head: bytes) -> None:
        peer = self._transport.get_extra_info("peername")
        try:
            asked = asking.read(head, peer[0] if peer else "", self._door.settings.trusted_proxies)
        except Refused as refused:
            self._refuse(refused.problem, refused.detail)
            return
        except DomainError:
            self.refuse()
            return
        if asked.room_id is None:
            self._answer(HTTPStatus.OK, "application/json", self._door.health())
            return
        if self._door.from_address[asked.address] >= self._door.settings.watchers_per_address:
            self._refuse(RATE_LIMITED, "too many watch from this address")
            return
        self._timer.cancel()
        self._timer = self._loop.call_later(_PATIENCE_SECONDS, self._give_up)
        self._asked, self.after = asked, asked.after
        self._door.from_address[asked.address] += 1
        self._door.hub.join(asked.room_id, self)

    def tell(self, events: bytes) -> None:
        """Send these events, after the head of the answer where they are the first."""
        if self._status is None:
            self._timer.cancel()
            self._status = HTTPStatus.OK
            more = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
            events = self._door.head(self._status, self._request_id, more) + retry_after(RETRY_MS) + events
        self._write(events)

    def finish(self) -> None:
        """End the stream; where none has begun, say that there will be none."""
        if self._status is None:
            self._answer(HTTPStatus.NO_CONTENT, None, b"")
        self._transport.close()

    def refuse(self) -> None:
        """There is no such room."""
        self._refuse(NO_SUCH_PATH, "no such room")

    def beat(self) -> None:
        """Show that the stream lives."""
        if self._status == HTTPStatus.OK:
            self._write(_BEAT)

    def send_away(self) -> None:
        """End the stream, with another moment for each to come back."""
        if self._status != HTTPStatus.OK:
            self.cut()
            return
        # Spread out, not secret.
        self._write(retry_after(random.randint(RETRY_MS // 2, RETRY_MS * 3)))  # noqa: S311
        self._transport.close()

    def cut(self) -> None:
        """End the connection at once, whatever was not yet sent."""
        self._transport.abort()

    def _give_up(self) -> None:
        self._refuse(DATABASE_UNAVAILABLE, "the database does not answer; try again")

    def _refuse(self, problem: Protocol, detail: str) -> None:
        body = self._door.problem(problem.code, problem.status, detail, self._request_id)
        self._answer(problem.status, problems.MEDIA_TYPE, body)

    def _answer(self, status: int, media_type: str | None, body: bytes) -> None:
        """A whole answer, which ends the connection."""
        self._timer.cancel()
        self._status = status
        headers = {} if media_type is None else {"Content-Type": media_type, "Content-Length": str(len(body))}
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            headers["Retry-After"] = "5"
        self._write(self._door.head(status, self._request_id, headers) + body)
        self._transport.close()

    def _write(self, data: bytes) -> None:
        if not data or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _MOST_UNREAD:
            self.cut()
