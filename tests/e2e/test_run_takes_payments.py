"""`socialshop run` takes payments: its own sandbox provider, signed webhooks into its own web server, real workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from patience import PATIENCE, SHOP_PATIENCE
from running_shop import ONE_OF_A_KIND

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.payments.service import PaymentView
from tests.payment_shop import a_payment, free_port, rows
from tests.web_client import API, registration

FOUND_SECONDS = 30
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def port(app: Flask, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[int]:
    """Where a running shop listens, on the database of `app`."""
    found = free_port()
    environment = {
        **os.environ,
        **ONE_OF_A_KIND,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SOCIALSHOP_DATA_DIR": str(tmp_path / "data"),
        "SOCIALSHOP_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "socialshop", "run", "--no-demo", "--port", str(found)]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        late = time.monotonic() + SHOP_PATIENCE
        while not _is_ready(found):
            assert running.poll() is None
            assert time.monotonic() < late, "the shop is not ready"
            time.sleep(0.2)
        yield found
    finally:
        running.terminate()
        assert running.wait(PATIENCE) == 0


def _is_ready(port: int) -> bool:
    try:
        return _call(port, "GET", "/readyz")[0] == 200
    except OSError:
        return False


def _call(port: int, method: str, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


def _pay(port: int, token: str, view: PaymentView, outcome: str) -> str:
    path = f"{API}/sandbox/payments/{to_public('pay', view.id)}/pay"
    status, said = _call(port, "POST", path, {"outcome": outcome}, token)
    assert status == 202, said
    return str(said["status"])


def _becomes(view: PaymentView, status: str) -> None:
    late = time.monotonic() + FOUND_SECONDS
    while rows("SELECT status FROM payments WHERE id = :id", id=view.id) != [(status,)]:
        assert time.monotonic() < late, f"a payment is not {status} within {FOUND_SECONDS} s"
        time.sleep(0.1)


def test_every_outcome_of_the_sandbox_reaches_the_shop(port: int) -> None:
    status, said = _call(port, "POST", f"{API}/members", registration())
    assert status == 201
    token, number = said["token"], rows("SELECT max(number) FROM members")[0][0]
    with unit_of_work() as uow:
        views = {name: a_payment(uow, number, 1000) for name in ("succeeded", "failed", "timeout", "duplicate")}
    for outcome, view in views.items():
        assert _pay(port, token, view, outcome) == "created"
    for outcome, view in views.items():
        _becomes(view, "failed" if outcome == "failed" else "authorized")
    assert _pay(port, token, views["failed"], "succeeded") == "failed"
    _becomes(views["failed"], "authorized")
    assert _pay(port, token, views["succeeded"], "succeeded") == "authorized"

    def told() -> list[Any]:
        return rows("SELECT kind, outcome, count(*) FROM payment_notices GROUP BY 1, 2 ORDER BY 1")

    late = time.monotonic() + FOUND_SECONDS
    while told() != [("payment.authorized", "applied", 3), ("payment.failed", "applied", 1)]:
        assert time.monotonic() < late, told()
        time.sleep(0.1)
