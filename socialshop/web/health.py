"""/healthz, /readyz, /metrics: is the process alive, can the shop serve, what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from socialshop.infra import redis, schema
from socialshop.infra.db import APPLICATION_ROLE, acting_role
from socialshop.infra.uow import WORKERS_LOCK, in_unit_of_work, is_lock_held
from socialshop.web import metrics
from socialshop.web.auth import PUBLIC
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing, Wire

room = Room("health", __name__, tag="Operations", base="")


class Alive(Wire):
    """The process answers."""

    status: Literal["ok"]


class Missing(Wire):
    """One thing that is not as it should be."""

    name: str
    detail: str
    required: bool


class Readiness(Wire):
    """`ready` if nothing required is missing; `missing` names everything that is, required or not."""

    status: Literal["ready", "not_ready"]
    missing: list[Missing]


@dataclass(frozen=True, slots=True)
class Probe:
    """One check; `find_fault` gives a sentence about what is missing, or None."""

    name: str
    required: bool
    find_fault: Callable[[], str | None]


@room.operation("GET", "/healthz", access=PUBLIC, limited=False, replies=Reply(200, Alive, "The process is alive."))
def healthz(call: Call[Nothing, Nothing]) -> Answer:
    """Say that the process is alive; asks nothing of the servers behind it."""
    return Answer(Alive(status="ok"))


@room.operation(
    "GET",
    "/readyz",
    access=PUBLIC,
    limited=False,
    replies=(
        Reply(200, Readiness, "The shop can serve; what is missing, if anything, is not required."),
        Reply(503, Readiness, "Something required is missing; it is named."),
    ),
)
def readyz(call: Call[Nothing, Nothing]) -> Answer:
    """Say whether the shop can serve, and name what is missing."""
    probes: Sequence[Probe] = current_app.extensions["socialshop_probes"]
    missing = [
        Missing(name=probe.name, detail=fault, required=probe.required)
        for probe in probes
        if (fault := probe.find_fault()) is not None
    ]
    ready = not any(one.required for one in missing)
    return Answer(Readiness(status="ready" if ready else "not_ready", missing=missing), 200 if ready else 503)


@room.operation(
    "GET",
    "/metrics",
    access=PUBLIC,
    limited=False,
    replies=Reply(200, None, "Prometheus' text format.", "text/plain"),
)
def show_metrics(call: Call[Nothing, Nothing]) -> Answer:
    """Requests by route and status, and what waits in the shop, for Prometheus."""
    content, media_type = metrics.exposition()
    return Answer(content, media_type=media_type)


def attach(app: Flask) -> None:
    """Bind the app to its probes, in the order in which a person would mend them."""
    app.extensions["socialshop_probes"] = (
        Probe("database", True, _database_fault),
        Probe("schema", True, _schema_fault),
        Probe("application_role", False, _role_fault),
        Probe("redis", False, _redis_fault),
        Probe("worker", False, _worker_fault),
    )


def _database_fault() -> str | None:
    try:
        acting_role()
    except SQLAlchemyError:
        return "PostgreSQL does not answer"
    return None


def _schema_fault() -> str | None:
    try:
        pending = schema.pending()
    except schema.SchemaNewer as newer:
        return str(newer)
    except SQLAlchemyError:
        return "unknown: PostgreSQL does not answer"
    return f"revisions not applied: {', '.join(pending)}; run `socialshop migrate`" if pending else None


def _role_fault() -> str | None:
    try:
        role = acting_role()
    except SQLAlchemyError:
        return "unknown: PostgreSQL does not answer"
    if role == APPLICATION_ROLE:
        return None
    return f"connections act as the owner, not as {APPLICATION_ROLE}: the books are guarded by triggers alone"


def _redis_fault() -> str | None:
    try:
        redis.client().ping()
    except RedisError:
        return "Redis does not answer: requests go on, what follows a change waits, limits are counted by process"
    return None


def _worker_fault() -> str | None:
    try:
        listens = in_unit_of_work(lambda uow: is_lock_held(uow, WORKERS_LOCK))
    except SQLAlchemyError:
        return "unknown: PostgreSQL does not answer"
    return None if listens else "no worker listens: what follows a change waits; run `socialshop work`"
