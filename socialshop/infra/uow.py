"""The unit of work: one request or one job is one transaction, and this module alone commits.

    with unit_of_work(clock) as uow:
        service.do_something(uow, command)

What `uow.emit` writes travels in the same commit; after it the relay is nudged (best effort, the sweep is behind it).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from socialshop.infra import outbox, redis, wired
from socialshop.infra.clock import Clock
from socialshop.infra.db import Statement, db

# Only what PostgreSQL says may be tried again unchanged: 40001 serialization_failure, 40P01 deadlock_detected.
_RETRYABLE = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_ATTEMPTS = 4
# Whoever runs relay and workers shares it (workers/presence.py); readiness asks whether anybody does.
WORKERS_LOCK = "workers"

T = TypeVar("T")


@dataclass(slots=True)
class UnitOfWork:
    """One transaction and its edge: the session, the instant it began (one for the whole unit), and its events."""

    session: Session
    now: datetime
    _emitted: int = field(default=0)
    _told: dict[str, list[str]] = field(default_factory=dict)

    def emit(self, event: outbox.Event) -> None:
        """Record a fact; what follows it runs after, and only after, this transaction has committed."""
        self.emit_all([event])

    def emit_all(self, events: Sequence[outbox.Event]) -> None:
        """Record many facts in their order, as `emit` does one. One statement, whatever the number."""
        if events:
            outbox.write(self.session, events, self.now)
            self._emitted += len(events)

    def tell(self, channel: str, names: Iterable[str]) -> None:
        """After the commit, whoever listens on this channel hears these names in one word, parted by spaces.

        Best effort: who must not miss it looks by itself now and then.
        """
        self._told.setdefault(channel, []).extend(names)


@contextmanager
def unit_of_work(clock: Clock | None = None, *, isolation: str | None = None) -> Iterator[UnitOfWork]:
    """A transaction that commits if the block ends well and leaves nothing if it does not.

    Its instant is `clock`'s, by default the app's. `isolation` may name a PostgreSQL level such as "REPEATABLE READ".
    Needs an app context. Not nested: a unit in a unit would commit half of the outer one, so it is refused
    (RuntimeError).
    """
    session = db.session()
    if session.in_transaction():
        raise RuntimeError("a unit of work is already open: pass it on instead of opening another")
    session.begin()
    try:
        if isolation is not None:
            session.connection(execution_options={"isolation_level": isolation})
        work = UnitOfWork(session, (clock or wired.clock()).now())
        yield work
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        db.session.remove()
    if work._emitted or work._told:
        redis.nudge(
            relay=bool(work._emitted), words={channel: " ".join(names) for channel, names in work._told.items()}
        )


def require_snapshot(uow: UnitOfWork) -> None:
    """Raises RuntimeError where later statements may see more than earlier ones: a proof must not read what moves."""
    level = uow.session.execute(text("SHOW transaction_isolation")).scalar_one()
    if level not in {"repeatable read", "serializable"}:
        raise RuntimeError("a proof needs one snapshot: open the unit of work as REPEATABLE READ")


def in_unit_of_work(work: Callable[[UnitOfWork], T], clock: Clock | None = None, *, isolation: str | None = None) -> T:
    """Run `work` in a transaction, again from its start if PostgreSQL chose it as the victim of a conflict.

    The one retry helper, for the edge (a route, a job): `work` must do nothing outside the transaction.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with unit_of_work(clock, isolation=isolation) as uow:
                return work(uow)
        except DBAPIError as error:
            if not is_conflict(error) or attempt == _ATTEMPTS:
                raise
            # Jitter parts the two that met; it needs no secrecy.
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def is_conflict(error: DBAPIError) -> bool:
    """PostgreSQL chose this transaction as the victim of a conflict; the same work may be done again."""
    return isinstance(error.orig, _RETRYABLE)


def advisory_lock(uow: UnitOfWork, name: str, *, wait: bool = True, shared: bool = False) -> bool:
    """Take the transaction's advisory lock `name`; without `wait`, False says that another holds it.

    `shared` holders exclude only those who take it alone.
    """
    got = _LOCKS[wait, shared].row(uow.session, {"name": name})
    return wait or (got is not None and bool(got[0]))


_LOCKS = {
    (wait, shared): Statement(
        f"SELECT pg_{'' if wait else 'try_'}advisory_xact_lock{'_shared' if shared else ''}(hashtextextended(:name, 0))"
    )
    for wait in (True, False)
    for shared in (True, False)
}


def is_lock_held(uow: UnitOfWork, name: str) -> bool:
    """Whether anybody holds the advisory lock `name`; unlike trying for it, asking disturbs nobody."""
    statement = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32 | objid::bigint) = hashtextextended(:name, 0))"
    )
    return bool(uow.session.execute(statement, {"name": name}).scalar())
