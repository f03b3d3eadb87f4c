"""The sandbox provider for as long as demo data is made: on the books that `run` then gives its own."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from pathlib import Path

    from socialshop.infra.settings import Settings
    from socialshop.payments.sandbox.server import SandboxServer

_LOOK_SECONDS = 0.05


def books_of(settings: Settings) -> Path:
    """Where this shop's own sandbox keeps its books."""
    return settings.data_dir.absolute() / "sandbox" / "payments.jsonl"


@contextmanager
def provider(app: Flask) -> Iterator[None]:
    """Let the jobs of this process reach a sandbox provider while the block runs.

    Nothing is started where the shop has a provider, or where other workers do the jobs: a payment would then be made
    at theirs. Demo rooms have held seats there, and no paid ones.
    """
    from workers import presence

    if app.extensions["socialshop_payment_gateways"] or presence.someone_listens():
        yield
        return
    with ExitStack() as stack:
        app.extensions["socialshop_payment_gateways"] = stack.enter_context(_gateways(app))
        try:
            yield
        finally:
            app.extensions["socialshop_payment_gateways"] = {}


@contextmanager
def _gateways(app: Flask) -> Iterator[dict[str, object]]:
    from socialshop.infra import wired
    from socialshop.payments.gateway import SandboxGateway
    from socialshop.payments.sandbox.journal import Damaged, Journal
    from socialshop.payments.sandbox.server import SandboxServer

    secret = secrets.token_hex(32)
    try:
        journal = Journal(books_of(wired.settings()))
    except (Damaged, OSError):
        # A running shop's own provider holds the books.
        yield {}
        return
    # It sends no webhooks: each call's own answer tells how the payment stands.
    with journal, SandboxServer(("127.0.0.1", 0), journal, secret, None) as server, _serving(server):
        yield {SandboxGateway.name: SandboxGateway(f"http://127.0.0.1:{server.server_port}", secret)}


@contextmanager
def _serving(server: SandboxServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
