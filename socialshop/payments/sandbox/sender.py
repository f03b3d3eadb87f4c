"""Sending notices to the shop, signed, until it takes them: at once, then after 1, 2, 4, … 60 seconds."""

from __future__ import annotations

import heapq
import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from socialshop.infra.clock import SystemClock
from socialshop.payments.sandbox.books import Notice
from socialshop.payments.sandbox.faults import Faults
from socialshop.payments.sandbox.journal import Journal
from socialshop.payments.signatures import signed_headers

_TIMEOUT_SECONDS = 10
_LONGEST_WAIT = timedelta(seconds=60)


@dataclass(order=True, slots=True)
class _Sending:
    at_ns: int
    number: int
    notice: Notice = field(compare=False)
    attempt: int = field(compare=False, default=0)


class Sender:
    """A thread with a list of what to send when. Undelivered notices of an earlier life are sent again."""

    def __init__(self, journal: Journal, url: str, secret: str) -> None:
        self._journal = journal
        self._url = urlsplit(url)
        self._secret = secret
        self._waiting: list[_Sending] = []
        self._copies_left: dict[str, int] = {}
        self._count = 0
        self._changed = threading.Condition()
        for notice in journal.undelivered():
            self.send(notice, Faults())

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def send(self, notice: Notice, faults: Faults) -> None:
        """Send every copy of the notice, when and as often as the faults say."""
        copies = faults.copies(notice.id, notice.copies)
        with self._changed:
            self._copies_left[notice.id] = copies
            for copy in range(copies):
                self._put(notice, faults.delay(notice.id, copy), 0)
        if copies == 0:
            # Lost on the way; a real provider would not know it either.
            self._journal.delivered(notice.id)

    def _put(self, notice: Notice, wait: timedelta, attempt: int) -> None:
        self._count += 1
        at_ns = time.monotonic_ns() + wait // timedelta(microseconds=1) * 1_000
        heapq.heappush(self._waiting, _Sending(at_ns, self._count, notice, attempt))
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                early_ns = self._waiting[0].at_ns - time.monotonic_ns()
                if early_ns > 0:
                    self._changed.wait(timedelta(microseconds=early_ns // 1_000 + 1).total_seconds())
                    continue
                sending = heapq.heappop(self._waiting)
            self._settle(sending, self._post(sending.notice))

    def _settle(self, sending: _Sending, taken: bool) -> None:
        notice = sending.notice
        with self._changed:
            if not taken:
                wait = min(_LONGEST_WAIT, timedelta(seconds=2 ** min(sending.attempt, 10)))
                self._put(notice, wait, sending.attempt + 1)
                return
            self._copies_left[notice.id] -= 1
            left = self._copies_left[notice.id]
        if left == 0:
            self._journal.delivered(notice.id)

    def _post(self, notice: Notice) -> bool:
        body = json.dumps({"type": notice.type, "payment": notice.payment}).encode()
        headers = signed_headers(self._secret, notice.id, SystemClock().now(), body)
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._url.path, body, {**headers, "Content-Type": "application/json"})
            return 200 <= connection.getresponse().status < 300  # noqa: PLR2004
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
