"""A small shop that takes payments, its provider beside it, and both books to compare."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from flask import Flask
from patience import PATIENCE
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.money import Money
from socialshop.payments import service
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome
from socialshop.payments.sandbox.books import Notice, Payment
from socialshop.payments.sandbox.faults import Faults
from socialshop.payments.sandbox.journal import Journal
from socialshop.payments.sandbox.server import SandboxServer
from socialshop.payments.service import PaymentView
from socialshop.payments.signatures import api_token, signed_headers
from tests.due_work import work

SECRET = "shared-by-shop-and-sandbox"
WEBHOOK = "/api/v1/webhooks/payments/sandbox"


@dataclass(slots=True)
class SandboxProcess:
    """The real provider process, on a free port, with its books in `folder`."""

    folder: Path
    webhooks: str | None = None
    hang_seconds: int = 10
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.port:
            self.port = free_port()
        command = [sys.executable, "-m", "socialshop.payments.sandbox", "--port", str(self.port)]
        command += ["--books", str(self.folder / "payments.jsonl"), "--hang-seconds", str(self.hang_seconds)]
        command += ["--webhooks", self.webhooks] if self.webhooks else []
        environment = {**os.environ, "SOCIALSHOP_ENVIRONMENT": "test", "SOCIALSHOP_SANDBOX_SECRET": SECRET}
        self.process = subprocess.Popen(command, env=environment)
        late = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < late, "the sandbox does not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway(self) -> SandboxGateway:
        return SandboxGateway(self.url, SECRET)

    def ask(
        self, method: str, path: str, body: object = None, key: str | None = None, token: str | None = None
    ) -> tuple[int, Any]:
        """A bare request, as anyone might send it."""
        headers = {"Authorization": f"Bearer {api_token(SECRET) if token is None else token}"}
        headers |= {"Idempotency-Key": key} if key is not None else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/health")[0] == 200
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class PaymentShop:
    """The shop's side on `app`, the provider in a thread, time that moves when told."""

    app: Flask
    journal: Journal
    server: SandboxServer
    clock: ManualClock

    @property
    def gateways(self) -> dict[str, SandboxGateway]:
        return {"sandbox": SandboxGateway(f"http://127.0.0.1:{self.server.server_port}", SECRET)}

    def open(self, amount_minor: int = 1000, escrow_id: uuid.UUID | None = None) -> PaymentView:
        """A payment of a new order of a new member's."""
        with unit_of_work(self.clock) as uow:
            number = a_member(uow)
        return self.open_for(number, amount_minor, escrow_id)

    def open_for(self, number: int, amount_minor: int = 1000, escrow_id: uuid.UUID | None = None) -> PaymentView:
        """A payment of a new order of this member's."""
        with unit_of_work(self.clock) as uow:
            return a_payment(uow, number, amount_minor, escrow_id)

    def payer(self, view: PaymentView) -> int:
        return int(rows("SELECT payer FROM payments WHERE id = :id", id=view.id)[0][0])

    def pay(self, view: PaymentView, outcome: Outcome = Outcome.SUCCEEDED) -> None:
        number = self.payer(view)
        with unit_of_work(self.clock) as uow:
            service.pay(uow, self.gateways, view.id, number, outcome)

    def capture(self, *views: PaymentView) -> int:
        with unit_of_work(self.clock) as uow:
            return service.request_capture(uow, [view.id for view in views])

    def release(self, *views: PaymentView) -> int:
        with unit_of_work(self.clock) as uow:
            return service.request_release(uow, [view.id for view in views], "the room expired")

    def refund(self, view: PaymentView, amount_minor: int, refund_id: uuid.UUID | None = None) -> bool:
        with unit_of_work(self.clock) as uow:
            return service.request_refund(
                uow, payment_id=view.id, refund_id=refund_id or uuid.uuid4(), amount_minor=amount_minor
            )

    def work(self) -> None:
        """Run what is due now, without waiting for anything."""
        work()

    def settle(self) -> None:
        """Let time pass until every outcome is known."""
        for _ in range(60):
            self.work()
            if not rows(
                "SELECT 1 FROM payment_calls WHERE status IN ('intended', 'unknown')"
                " UNION ALL SELECT 1 FROM payment_notices WHERE applied_at IS NULL"
            ):
                return
            self.clock.advance(timedelta(seconds=15))
            while in_unit_of_work(service.poll, self.clock):
                pass
        raise AssertionError("outcomes stay unknown")

    def notify(self, notices: Sequence[Notice]) -> list[int]:
        """Deliver webhooks as the provider signs them; returns the shop's answers."""
        client = self.app.test_client()
        answers = []
        for notice in notices:
            body = json.dumps({"type": notice.type, "payment": notice.payment}).encode()
            headers = signed_headers(SECRET, notice.id, self.clock.now(), body)
            sent = client.post(WEBHOOK, data=body, headers=headers, content_type="application/json")
            answers.append(sent.status_code)
        return answers

    def status(self, view: PaymentView) -> str:
        return str(rows("SELECT status FROM payments WHERE id = :id", id=view.id)[0][0])

    def events(self, view: PaymentView) -> list[str]:
        """What was told the other rooms about the payment, in order."""
        found = rows(
            "SELECT name FROM outbox_events WHERE payload ->> 'payment_id' = :id AND name <> 'PaymentLookDue'"
            " ORDER BY id",
            id=str(view.id),
        )
        return [str(name) for (name,) in found]

    def differences(self) -> list[object]:
        """Where the provider's books and the shop's are not the same; none is the aim."""
        return differences(self.journal.payments())


def differences(payments: Iterable[Payment]) -> list[object]:
    """Where a provider's books, the shop's payments and the ledger are not the same, to the minor unit."""
    theirs = {payment.reference: (payment.captured_minor, payment.refunded_minor) for payment in payments}
    ours = {
        str(payment): (int(captured), int(refunded))
        for payment, captured, refunded in rows(
            "SELECT id, captured_minor, refunded_minor FROM payments WHERE provider_ref IS NOT NULL"
        )
    }
    posted = {
        str(payment): (-int(captured or 0), int(refunded or 0))
        for payment, captured, refunded in rows(
            """
            SELECT p.id,
                   sum(l.amount_minor) FILTER (WHERE e.kind = 'capture'),
                   sum(l.amount_minor) FILTER (WHERE e.kind = 'refund')
            FROM payments p
            LEFT JOIN (ledger_postings l
                JOIN ledger_accounts a ON a.id = l.account_id AND a.name = 'provider:sandbox:clearing'
                JOIN ledger_entries e ON e.id = l.entry_id) ON l.subject_id = coalesce(p.order_id, p.charge_id)
            WHERE p.provider_ref IS NOT NULL GROUP BY p.id
            """
        )
    }
    return [
        (key, theirs.get(key), ours.get(key), posted.get(key))
        for key in theirs.keys() | ours.keys()
        if not theirs.get(key) == ours.get(key) == posted.get(key)
    ]


@contextmanager
def payment_shop(app: Flask, folder: Path, faults: Faults | None = None) -> Iterator[PaymentShop]:
    """A shop on `app` with a provider in a thread of this process; silent answers hang up at once."""
    with Journal(folder / "sandbox" / "payments.jsonl") as journal:
        clock = ManualClock(datetime.now(UTC))
        server = SandboxServer(("127.0.0.1", 0), journal, SECRET, None, hang_seconds=0, clock=clock)
        server.faults = faults or Faults()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        shop = PaymentShop(app, journal, server, clock)
        app.extensions["socialshop_payment_gateways"] = shop.gateways
        app.extensions["socialshop_clock"] = clock
        try:
            yield shop
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def a_payment(uow: UnitOfWork, number: int, amount_minor: int, escrow_id: uuid.UUID | None = None) -> PaymentView:
    order_id, amount = uuid.uuid4(), Money(amount_minor, "CNY")
    view = service.create_intent(
        uow, order_id=order_id, payer=number, amount=amount, escrow_id=escrow_id or uuid.uuid4()
    )
    an_order(uow, order_id, number, amount_minor)
    return view


def a_member(uow: UnitOfWork) -> int:
    return int(
        uow.session.execute(
            text("INSERT INTO members (id, joined_at) VALUES (gen_random_uuid(), now()) RETURNING number")
        ).scalar_one()
    )


def an_order(uow: UnitOfWork, order_id: uuid.UUID, buyer: int, total_minor: int) -> None:
    uow.session.execute(
        text(
            "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, received_at)"
            " VALUES (:id, 'import', :buyer, '{}', 'received', 'CNY', :total, now(), now())"
        ),
        {"id": order_id, "buyer": buyer, "total": total_minor},
    )


def rows(statement: str, **parameters: object) -> list[Any]:
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(statement), parameters)]
