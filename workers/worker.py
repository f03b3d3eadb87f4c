"""The RQ worker: one process, one queue, one application context for its whole life, no fork a job."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import structlog
from flask import Flask
from rq import SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError, OperationalError

from socialshop.infra import redis
from socialshop.infra.logging import describe
from workers import jobs
from workers.queue import queue

# RQ looks for stuck jobs between two waits for work, so a wait must end sooner than that.
MAINTENANCE_SECONDS = 60
_WORKER_TTL_SECONDS = 45
# Then it ends and is started afresh: a leak in some library never grows old.
_JOBS_A_LIFE = 5_000

_log = structlog.get_logger(__name__)


class ShopWorker(SimpleWorker):
    """RQ's worker without fork, remote commands or chatter (docs/adr/0003-jobs.md says why no fork)."""

    max_connection_wait_time = 2.0
    log_result_lifespan = False

    def subscribe(self) -> None:
        """No remote commands are used, so no thread listens for them."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """As RQ does, with the job's id and purpose on every line it logs."""
        with structlog.contextvars.bound_contextvars(job_id=job.id, job=job.description):
            done: bool = super().perform_job(job, queue, execution)
            return done

    def handle_exception(
        self,
        job: Job,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The failure in the shop's own log. RQ's rendering quotes the rows and parameters of a failed statement.

        Servers that went away are no fault of the job, which comes again: one line says so.
        """
        if isinstance(error, DBAPIError) and _lost_its_database(error):
            _log.warning("job lost its database", error=describe(error))
        else:
            _log.error("job failed", exc_info=error)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """As RQ does; Valkey keeps the error's description, which has nothing private, in place of its whole text."""
        error = sys.exception()
        super().handle_job_failure(
            job, queue, started_job_registry, describe(error) if error else exc_string, execution
        )

    def handle_warm_shutdown_request(self) -> None:
        """A first signal: the job at hand makes an end after its batch."""
        jobs.leave_soon()

    @property
    def was_interrupted(self) -> bool:
        """A signal asked it to stop."""
        return self._shutdown_requested_date is not None


def _lost_its_database(error: DBAPIError) -> bool:
    # An error without a state did not come from the server: there was none to connect to.
    never_met = isinstance(error, OperationalError) and not getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or never_met


def work(app: Flask) -> None:
    """Listen until a signal says stop or the life is over. Raises RedisError when Valkey is away at the start."""
    with app.app_context():
        _worker().work(logging_level=None, max_jobs=_JOBS_A_LIFE)


def work_off() -> None:
    """Run what is in the queue now, in this process, then return. Raises KeyboardInterrupt when a signal stopped it."""
    worker = _worker()
    with _signals_kept():
        worker.work(burst=True, logging_level=None)
    if worker.was_interrupted:
        raise KeyboardInterrupt


def _worker() -> ShopWorker:
    for name in ("rq.worker", "rq.job", "rq.queue"):
        # One line a job would be two thirds of the log; what a handler has to say it says itself.
        logging.getLogger(name).setLevel(logging.WARNING)
    connection = redis.client()
    return ShopWorker(
        [queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=_WORKER_TTL_SECONDS,
        log_job_description=False,
    )


@contextmanager
def _signals_kept() -> Iterator[None]:
    """RQ takes over SIGINT and SIGTERM and does not give them back."""
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
