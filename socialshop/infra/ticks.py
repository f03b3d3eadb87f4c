"""When periodic work ran last, for who looks after the shop."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork


class LastTick(NamedTuple):
    """The newest tick of one job; `finished_at` None: still running, or lost."""

    job: str
    started_at: datetime
    finished_at: datetime | None


def last_ticks(uow: UnitOfWork) -> list[LastTick]:
    """The newest tick of every job, by name. One statement, one index probe a job."""
    rows = uow.session.execute(
        text(
            """
            WITH RECURSIVE jobs (job) AS (
                (SELECT job FROM periodic_ticks ORDER BY job LIMIT 1)
                UNION ALL
                SELECT (SELECT t.job FROM periodic_ticks t WHERE t.job > j.job ORDER BY t.job LIMIT 1)
                FROM jobs j WHERE j.job IS NOT NULL
            )
            SELECT j.job, t.started_at, t.finished_at
            FROM jobs j CROSS JOIN LATERAL (
                SELECT started_at, finished_at FROM periodic_ticks p WHERE p.job = j.job ORDER BY slot DESC LIMIT 1
            ) t
            ORDER BY j.job
            """
        )
    )
    return [LastTick(*row) for row in rows]
