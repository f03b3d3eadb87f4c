"""The sandbox's webhooks: signed, sent until they are taken, also after a restart, and disturbed by seed."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from patience import PATIENCE

from socialshop.kernel.money import Money
from socialshop.payments.gateway import Notice
from socialshop.payments.rules import Outcome
from tests.payment_shop import SandboxProcess

TEA = Money(199000, "CNY")


@dataclass(slots=True)
class Inbox:
    """A shop's webhook address: what came, in order; what it answers."""

    sandbox: SandboxProcess
    answer: int = 202
    refused: int = 0
    seen: list[Notice] = field(default_factory=list)

    def ids(self) -> Counter[str]:
        return Counter(notice.event_id for notice in self.seen)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    sandbox = SandboxProcess(tmp_path, hang_seconds=0)
    found = Inbox(sandbox)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            notice = sandbox.gateway.read_notice(headers, body, datetime.now(UTC))
            if found.answer == 202:
                found.seen.append(notice)
            else:
                found.refused += 1
            self.send_response(found.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    sandbox.webhooks = f"http://127.0.0.1:{server.server_port}/hook"
    sandbox.start()
    yield found
    sandbox.kill()
    server.shutdown()
    server.server_close()
    thread.join()


def _until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    late = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < late, f"never happened: {what}"
        time.sleep(0.02)


def _pay(inbox: Inbox, outcome: Outcome = Outcome.SUCCEEDED) -> str:
    return inbox.sandbox.gateway.pay(uuid.uuid4().hex, uuid.uuid4(), TEA, outcome).ref


def test_each_step_is_told_once_and_signed(inbox: Inbox) -> None:
    gateway, ref = inbox.sandbox.gateway, _pay(inbox)
    gateway.capture("c", ref, 199000)
    gateway.refund("r", ref, uuid.uuid4(), 1)
    _until(lambda: len(inbox.seen) == 3, "three notices")
    assert [(notice.kind, notice.ref) for notice in inbox.seen] == [
        ("payment.authorized", ref),
        ("payment.captured", ref),
        ("payment.refunded", ref),
    ]
    assert len(inbox.ids()) == 3


def test_a_duplicate_comes_three_times_under_one_id(inbox: Inbox) -> None:
    _pay(inbox, Outcome.DUPLICATE)
    _until(lambda: len(inbox.seen) == 3, "three copies")
    assert set(inbox.ids().values()) == {3}


def test_what_is_not_taken_is_sent_again_and_after_a_restart_too(inbox: Inbox) -> None:
    inbox.answer = 500
    ref = _pay(inbox)
    _until(lambda: inbox.refused >= 2, "a second try")
    assert inbox.seen == []
    inbox.sandbox.kill()
    inbox.answer = 202
    inbox.sandbox.start()
    _until(lambda: len(inbox.seen) == 1, "the notice of the earlier life")
    assert inbox.seen[0].ref == ref
    inbox.sandbox.kill()
    inbox.sandbox.start()
    time.sleep(0.3)
    assert len(inbox.seen) == 1


def test_faults_by_seed_lose_double_and_reorder_notices(inbox: Inbox) -> None:
    faults = {"seed": 11, "drop_percent": 30, "duplicate_percent": 30, "delay_ms": 400}
    inbox.sandbox.ask("PUT", "/faults", faults)
    refs = [_pay(inbox) for _ in range(30)]
    time.sleep(1.5)
    told = [notice.ref for notice in inbox.seen]
    first = list(dict.fromkeys(told))
    assert 10 <= len(first) < 30, "some are lost"
    assert max(inbox.ids().values()) == 2, "some come twice"
    assert first != [ref for ref in refs if ref in first], "some overtake others"
