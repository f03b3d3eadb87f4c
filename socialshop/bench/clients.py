"""HTTP clients of benches: each sends its requests one after the other on a connection that stays open."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from socialshop.infra import lifeline

_PROCESSES = 2
_PAYMENT = re.compile(rb"pay_[0-9a-hjkmnp-tv-z]{26}")
# In a request's path it stands for the payment that the same client was told of last.
PAYMENT = b"<payment>"


@dataclass(slots=True)
class Answers:
    """What came back: answers by status, seconds from the first request to the last answer, and each one's own."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    each: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.each) / self.seconds

    def quantile_ms(self, share: float) -> float:
        """The time within which this share of the requests was answered, in milliseconds."""
        return round(1000 * sorted(self.each)[min(int(len(self.each) * share), len(self.each) - 1)], 1)


def request(method: str, path: str, token: str, key: str = "", body: bytes = b"{}") -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0\r\nAuthorization: Bearer {token}\r\n"
    )
    if method == "GET":
        return f"{head}\r\n".encode()
    head += f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def ask(port: int, clients: Sequence[Sequence[bytes]]) -> Answers:
    """Have every client send its requests; all begin at once."""
    spawn = get_context("spawn")
    processes = min(_PROCESSES, len(clients))
    barrier, told = spawn.Barrier(processes), spawn.SimpleQueue()
    running = [
        spawn.Process(target=_ask, args=(port, clients[place::processes], barrier, told)) for place in range(processes)
    ]
    for process in running:
        process.start()
    whole, began, ended = Answers(), [], []
    for _ in running:
        start, end, statuses, each = told.get()
        began.append(start)
        ended.append(end)
        whole.statuses.update(statuses)
        whole.each.extend(each)
    for process in running:
        process.join()
    whole.seconds = max(ended) - min(began)
    return whole


@dataclass(slots=True)
class _Client:
    connection: socket.socket
    waiting: list[bytes]
    sent_at: float = 0.0
    payment: bytes = b""

    def send(self) -> bool:
        if not self.waiting:
            return False
        self.sent_at = time.monotonic()
        self.connection.sendall(self.waiting.pop().replace(PAYMENT, self.payment))
        return True


def _ask(
    port: int,
    clients: Sequence[Sequence[bytes]],
    barrier: Barrier,
    told: SimpleQueue[tuple[float, float, Counter[int], list[float]]],
) -> None:
    lifeline.follow_parent()
    statuses: Counter[int] = Counter()
    each: list[float] = []
    with selectors.DefaultSelector() as selector:
        for requests in clients:
            client = _Client(socket.create_connection(("127.0.0.1", port)), list(reversed(requests)))
            selector.register(client.connection, selectors.EVENT_READ, client)
        barrier.wait()
        start = time.monotonic()
        busy = sum(key.data.send() for key in selector.get_map().values())
        while busy:
            for key, _ in selector.select():
                client = key.data
                status, body = _answer(client.connection)
                each.append(time.monotonic() - client.sent_at)
                statuses[status] += 1
                if found := _PAYMENT.search(body):
                    client.payment = found[0]
                busy -= not client.send()
        end = time.monotonic()
        for key in selector.get_map().values():
            key.data.connection.close()
    told.put((start, end, statuses, each))


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one whole answer."""
    got = connection.recv(65_536)
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return int(head[9:12]), body
