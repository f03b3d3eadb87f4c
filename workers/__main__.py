"""The processes behind `socialshop work`: `python -m workers relay` and `python -m workers worker`.

Both take their settings from the environment, DATABASE_URL and REDIS_URL included, and end with their parent.
"""

from __future__ import annotations

import signal
import sys

import structlog
from flask import Flask
from redis.exceptions import RedisError

from socialshop.app import create_app
from socialshop.infra import lifeline, logging
from socialshop.infra.logging import describe
from socialshop.infra.settings import current
from workers import relay, worker


def main(kind: str) -> int:
    """Run one process of this kind until a signal ends it; returns its exit code."""
    settings = current()
    logging.configure(settings.log_level)
    structlog.contextvars.bind_contextvars(process=kind)
    lifeline.follow()
    try:
        {"relay": _relay, "worker": worker.work}[kind](create_app(settings))
    except RedisError as error:
        # The parent starts it again, later each time.
        structlog.get_logger(__name__).warning("Redis does not serve", error=describe(error))
        return 1
    return 0


def _relay(app: Flask) -> None:
    # Every step of the relay may be cut off anywhere, so it is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with app.app_context():
        relay.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
