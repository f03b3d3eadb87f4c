"""The provider's HTTP API: bearer token, an idempotency key on every command, JSON, one thread a request.

POST /payments                  reference, amount_minor, currency
POST /payments/{id}/pay         outcome: what the buyer does; keep: true, where later charges are agreed to; card: which
POST /payments/{id}/charge      mandate: one that a payment with keep gave
POST /payments/{id}/end-mandate
POST /payments/{id}/capture     amount_minor
POST /payments/{id}/release
POST /payments/{id}/refunds     reference, amount_minor
POST /payments/{id}/disputes    amount_minor, reason: the buyer's bank takes money back
POST /payments/{id}/close-dispute  dispute, verdict: won or lost
GET  /payments, /payments/{id}
GET  /movements                 since, until, skip: money that moved, at most 1,000
PUT  /faults                    what shall go wrong from now on (faults.py)
GET  /health                    without a token
"""

from __future__ import annotations

import hmac
import json
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

import structlog

from socialshop.infra.clock import Clock, SystemClock
from socialshop.kernel.time import exact_text, to_text
from socialshop.payments.sandbox.books import Answer, Command, Movement, Refusal
from socialshop.payments.sandbox.faults import Faults
from socialshop.payments.sandbox.journal import Journal
from socialshop.payments.sandbox.sender import Sender
from socialshop.payments.signatures import api_token

_LARGEST_BODY = 10_000
_IDLE_SECONDS = 30
_LONGEST_TEXT = 200
_LONGEST_STAMP = 12
_BPS = 10_000
_LARGEST_AMOUNT = 10**12
_LONGEST_HOLD = timedelta(days=7)
_TIME_TO_ANSWER = timedelta(days=10)
_MOVEMENTS_AT_ONCE = 1_000
_OUTCOMES = ("succeeded", "failed", "timeout", "duplicate")
_FIELDS = {
    "create": ("reference", "amount_minor", "currency"),
    "pay": ("outcome",),
    "charge": ("mandate",),
    "end_mandate": (),
    "capture": ("amount_minor",),
    "release": (),
    "refund": ("reference", "amount_minor"),
    "dispute": ("amount_minor", "reason"),
    "close_dispute": ("dispute", "verdict"),
}
_MAY_SAY = {"pay": frozenset({"keep", "card"})}
_PATHS = {
    "pay": "pay",
    "charge": "charge",
    "end-mandate": "end_mandate",
    "capture": "capture",
    "release": "release",
    "refunds": "refund",
    "disputes": "dispute",
    "close-dispute": "close_dispute",
}


_log = structlog.get_logger(__name__)


class Silence(Exception):
    """Say nothing and hang up."""


class SandboxServer(ThreadingHTTPServer):
    """The server with its books; `hang_seconds` is how long a silent answer keeps its caller waiting.

    Money is held for seven days by its `clock`. `fee_bps` is what it keeps of what is captured, rounded down.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        journal: Journal,
        secret: str,
        sender: Sender | None,
        hang_seconds: int = 10,
        *,
        clock: Clock | None = None,
        fee_bps: int = 0,
    ) -> None:
        super().__init__(address, _Handler)
        self.clock = clock or SystemClock()
        self.fee_bps = fee_bps
        self.journal = journal
        self.token = api_token(secret)
        self.sender = sender
        self.faults = Faults()
        self.hanging = threading.Event()
        self.hang_seconds = hang_seconds
        self._attempts: Counter[str] = Counter()
        self._counting = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hung up meanwhile is no news; anything else is one line, not a page."""
        error = sys.exception()
        if not isinstance(error, OSError):
            _log.error("a request broke the sandbox provider", error=repr(error))

    def attempt_of(self, key: str) -> int:
        """The how-manieth request under this key this is."""
        with self._counting:
            self._attempts[key] += 1
            return self._attempts[key]


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_SECONDS

    @property
    def _sandbox(self) -> SandboxServer:
        return cast("SandboxServer", self.server)

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_POST(self) -> None:
        self._serve(self._command)

    def do_PUT(self) -> None:
        self._serve(self._put)

    def log_message(self, *_: Any) -> None:
        """No line a request."""

    def _serve(self, answer: Any) -> None:
        try:
            self._check_token()
            status, body = HTTPStatus.OK, answer()
        except Refusal as refusal:
            status, body = HTTPStatus(refusal.status), {"code": refusal.code}
        except Silence:
            self._sandbox.hanging.wait(self._sandbox.hang_seconds)
            self.close_connection = True
            return
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _check_token(self) -> None:
        given = self.headers.get("Authorization", "").encode()
        expected = f"Bearer {self._sandbox.token}".encode()
        if self.path != "/health" and not hmac.compare_digest(given, expected):
            raise Refusal(401, "token_refused")

    def _get(self) -> object:
        parts = self.path.strip("/").split("/")
        if parts == ["health"]:
            return {"status": "ok"}
        if parts == ["payments"]:
            return {"data": [payment.shown() for payment in self._sandbox.journal.payments()]}
        if parts[0] == "payments" and len(parts) == 2:  # noqa: PLR2004
            return self._sandbox.journal.payment(parts[1]).shown()
        if parts[0].partition("?")[0] == "movements" and len(parts) == 1:
            return self._movements(dict(parse_qsl(parts[0].partition("?")[2])))
        raise Refusal(404, "no_such_path")

    def _movements(self, said: Mapping[str, str]) -> object:
        skip = said.get("skip", "0")
        if not (skip.isascii() and skip.isdigit() and len(skip) < _LONGEST_STAMP):
            raise Refusal(400, "malformed")
        since, until = said.get("since", ""), said.get("until", "")
        found = self._sandbox.journal.movements(since, until, int(skip), _MOVEMENTS_AT_ONCE)
        more = int(skip) + len(found) if len(found) == _MOVEMENTS_AT_ONCE else None
        return {"data": [{**asdict(one), "fee_minor": self._fee(one)} for one in found], "next": more}

    def _fee(self, movement: Movement) -> int:
        taken = movement.amount_minor if movement.kind == "captured" else 0
        return taken * self._sandbox.fee_bps // _BPS

    def _put(self) -> object:
        if self.path != "/faults":
            raise Refusal(404, "no_such_path")
        try:
            self._sandbox.faults = Faults.read(self._body())
        except ValueError:
            raise Refusal(400, "malformed") from None
        return {"status": "ok"}

    def _command(self) -> Answer:
        command, key = self._read_command(), self.headers.get("Idempotency-Key", "")
        if not 0 < len(key) <= _LONGEST_TEXT:
            raise Refusal(400, "key_missing")
        faults, attempt = self._sandbox.faults, self._sandbox.attempt_of(key)
        if faults.fails_before(key, attempt):
            raise Refusal(500, "broken")
        now = self._sandbox.clock.now()
        decided = replace(
            command,
            declined=faults.declines(key),
            holds_until=to_text(now + _LONGEST_HOLD),
            at=exact_text(now),
            due_at=to_text(now + _TIME_TO_ANSWER),
        )
        answer, notice = self._sandbox.journal.run(key, decided)
        if notice is not None and self._sandbox.sender is not None:
            self._sandbox.sender.send(notice, faults)
        # Asked again under the same key, it tells what came of it.
        told_to_be_silent = command.body.get("outcome") == "timeout" and attempt == 1
        if told_to_be_silent or faults.is_silent(key, attempt):
            raise Silence
        if faults.fails_after(key, attempt):
            raise Refusal(500, "broken")
        return answer

    def _read_command(self) -> Command:
        parts = self.path.strip("/").split("/")
        if parts == ["payments"]:
            kind, target = "create", ""
        elif len(parts) == 3 and parts[0] == "payments" and parts[2] in _PATHS:  # noqa: PLR2004
            kind, target = _PATHS[parts[2]], parts[1]
        else:
            raise Refusal(404, "no_such_path")
        body = self._body()
        said = body.keys() - _MAY_SAY.get(kind, frozenset())
        if said != set(_FIELDS[kind]) or not all(_is_allowed(name, body[name]) for name in body):
            raise Refusal(400, "malformed")
        return Command(kind, target, body)

    def _body(self) -> Answer:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            raise Refusal(400, "malformed")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refusal(400, "malformed") from None
        if not isinstance(said, dict):
            raise Refusal(400, "malformed")
        return said


def _is_allowed(name: str, value: object) -> bool:
    if name == "amount_minor":
        return type(value) is int and 0 < value <= _LARGEST_AMOUNT
    if name == "outcome":
        return value in _OUTCOMES
    if name == "verdict":
        return value in ("won", "lost")
    if name == "keep":
        return value is True
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isascii()
