"""The one RQ queue, and how a job is put on it.

RQ wakes; PostgreSQL knows. A job carries names alone. One queue a worker: RQ 3.0.0 loses a job when a worker that
listens to several is killed between the pop and its record (20 of 20 kills; none of 20 with one queue).
"""

from __future__ import annotations

from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer

QUEUE_NAME = "socialshop"

# A job works for about `jobs.SHARE_SECONDS`; the limit is for the batch that never ends.
JOB_TIMEOUT_SECONDS = 600
# At most so long a wake-up that was lost on its way (worker killed before it began) holds back the next.
_WAKE_SECONDS = 5
# A failed job is kept for a look, not for a year.
_FAILURE_SECONDS = 86_400


def queue(connection: Redis) -> Queue:
    """The queue, on this connection."""
    return Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_SECONDS)


def wake_drain(connection: Redis, handler: str) -> bool:
    """Have a worker drain `handler` and what follows, unless a wake-up for it is already waiting; False if one is."""
    return _wake(connection, f"drain:{handler}", "workers.jobs.follow", handler)


def wake_periodic(connection: Redis, job: str, slot: str) -> bool:
    """Have a worker run the tick (job, slot), unless a wake-up for it is already waiting; False if one is."""
    return _wake(connection, f"tick:{job}:{slot}", "workers.jobs.run_periodic", job, slot)


def begin(connection: Redis, *words: str) -> None:
    """The wake-up has been heard: what comes from now on needs another."""
    connection.delete(_mark(":".join(words)))


def _wake(connection: Redis, purpose: str, function: str, *names: str) -> bool:
    if not connection.set(_mark(purpose), b"1", nx=True, ex=_WAKE_SECONDS):
        return False
    queue(connection).enqueue_call(
        function,
        args=names,
        retry=Retry(max=3),
        result_ttl=0,
        failure_ttl=_FAILURE_SECONDS,
        description=purpose,
    )
    return True


def _mark(purpose: str) -> str:
    return f"socialshop:waking:{purpose}"
