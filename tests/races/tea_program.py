"""A relay or worker process of the tests' own: the real program with one small handler, whose effects can be counted.

`early` plants a fault: effects are committed before their delivery is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork
from workers import handlers, schedule
from workers.__main__ import main
from workers.handlers import Handler, Payload
from workers.schedule import Periodic

DRINK = text("INSERT INTO drunk (cup) SELECT unnest(CAST(:cups AS bigint[]))")


def drink(uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
    """One row a cup, on purpose without a unique key: a second effect would be seen."""
    uow.session.execute(DRINK, {"cups": [payload["cups"] for payload in payloads]})
    # Long enough for a kill to land in the middle.
    uow.session.execute(text("SELECT pg_sleep(0.005)"))


def drink_early(_uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
    """The planted fault."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(DRINK, {"cups": [payload["cups"] for payload in payloads]})


def ring(uow: UnitOfWork) -> bool:
    """One row a tick."""
    uow.session.execute(text("INSERT INTO rung (at) VALUES (:now)"), {"now": uow.now})
    return False


def pour_tea(kind: str, *faults: str) -> int:
    """A process of this kind, `relay` or `worker`, until a signal ends it; returns its exit code."""
    handlers.HANDLERS = (Handler("drink", "TeaPoured", drink_early if "early" in faults else drink, batch=10),)
    schedule.PERIODIC = (Periodic("ring", timedelta(days=365), ring),)
    return main(kind)
