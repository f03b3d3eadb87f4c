"""Does anyone listen? Whoever runs relay and workers holds a shared advisory lock; the console asks whether it is held.

The lock lives in PostgreSQL and falls with the connection, so a killed process never looks alive, and an emptied Valkey
never makes a living one look dead.
"""

from __future__ import annotations

import contextlib
from time import monotonic
from types import TracebackType

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from socialshop.infra.db import db
from socialshop.infra.uow import WORKERS_LOCK, in_unit_of_work, is_lock_held

# A restarted PostgreSQL has forgotten the lock; so long at most until it is taken again.
_LOOK_SECONDS = 1.0


class Presence:
    """The shared lock, held on a connection of its own for as long as the block runs. Needs an app context."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._look_at = 0.0

    def __enter__(self) -> Presence:
        self.hold()
        return self

    def hold(self) -> bool:
        """Take the lock, or see that it is still held; False while PostgreSQL does not answer: ask again later."""
        try:
            if self._connection is None:
                # An open transaction would hold back vacuum and sealing: this connection has none.
                self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                self._connection.execute(
                    text("SELECT pg_advisory_lock_shared(hashtextextended(:name, 0))"), {"name": WORKERS_LOCK}
                )
            elif monotonic() >= self._look_at:
                self._connection.execute(text("SELECT 1"))
            else:
                return True
        except DBAPIError:
            self._let_go()
            return False
        self._look_at = monotonic() + _LOOK_SECONDS
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(DBAPIError):
                # Given back to the pool it would keep the lock.
                self._connection.invalidate()
                self._connection.close()
            self._connection = None


def someone_listens() -> bool:
    """Whether relay and workers run somewhere."""
    return in_unit_of_work(lambda uow: is_lock_held(uow, WORKERS_LOCK))
