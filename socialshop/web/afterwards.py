"""What a request does once its transaction is over and before its answer leaves."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Response, after_this_request

from socialshop.infra.logging import describe

_log = structlog.stdlib.get_logger("socialshop.web")


def afterwards(work: Callable[[], None]) -> None:
    """Do it after the view, so after the commit, and where that failed too: `work` claims for itself what is there.

    Best effort: what breaks is logged, and a job behind it does it.
    """

    def run(response: Response) -> Response:
        try:
            work()
        except Exception as error:
            _log.error("work after a request broke", error=describe(error))
        return response

    after_this_request(run)
