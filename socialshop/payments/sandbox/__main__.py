"""`python -m socialshop.payments.sandbox --port P --books FILE [--webhooks URL]`; the secret is a setting.

Serves on this machine alone, until a signal ends it or its parent is gone.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import structlog

from socialshop.infra import lifeline, logging
from socialshop.infra.settings import current
from socialshop.payments.sandbox.journal import Damaged, Journal
from socialshop.payments.sandbox.sender import Sender
from socialshop.payments.sandbox.server import SandboxServer


def main() -> int:
    """Run the provider; returns the exit code."""
    settings, asked = current(), _arguments()
    logging.configure(settings.log_level)
    log = structlog.get_logger(__name__)
    if settings.environment == "production" or settings.sandbox_secret is None:
        log.error("the sandbox provider needs SOCIALSHOP_SANDBOX_SECRET and does not run in production")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    lifeline.follow()
    secret = settings.sandbox_secret.get_secret_value()
    try:
        with Journal(asked.books) as journal:
            sender = Sender(journal, asked.webhooks, secret) if asked.webhooks else None
            server = SandboxServer(
                ("127.0.0.1", asked.port), journal, secret, sender, asked.hang_seconds, fee_bps=asked.fee_bps
            )
            if sender is not None:
                sender.start()
            server.serve_forever()
    except (Damaged, OSError) as error:
        log.error("the sandbox provider cannot run", error=str(error))
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m socialshop.payments.sandbox")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--webhooks", help="where the shop takes notices; without it none is sent")
    parser.add_argument("--hang-seconds", type=int, default=10, help="how long a silent answer keeps its caller")
    parser.add_argument("--fee-bps", type=int, default=0, help="what it keeps of what is captured, in basis points")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
