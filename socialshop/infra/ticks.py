"""Ticks of periodic work: which slots have begun, which are done, and when each job ran last."""

from __future__ import annotations

from collections.abc import Sequence
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


def begin(uow: UnitOfWork, slots: Sequence[tuple[str, datetime]], late: datetime) -> list[tuple[str, datetime]]:
    """Record the slots (job, instant) that have begun; returns the ticks to wake.

    Those are the new ones, and of each job the last that was begun before `late` and not finished.
    """
    jobs = [job for job, _ in slots]
    fresh = uow.session.execute(
        text(
            """
            INSERT INTO periodic_ticks (job, slot, started_at)
            SELECT job, slot, :now FROM unnest(CAST(:jobs AS text[]), CAST(:slots AS timestamptz[])) AS t (job, slot)
            ON CONFLICT DO NOTHING RETURNING job, slot
            """
        ),
        {"now": uow.now, "jobs": jobs, "slots": [slot for _, slot in slots]},
    ).all()
    left = uow.session.execute(
        text(
            """
            UPDATE periodic_ticks SET started_at = :now
            WHERE started_at < :late AND finished_at IS NULL AND (job, slot) IN (
                SELECT job, max(slot) FROM periodic_ticks WHERE finished_at IS NULL AND job = ANY(:jobs) GROUP BY job
            )
            RETURNING job, slot
            """
        ),
        {"now": uow.now, "late": late, "jobs": jobs},
    ).all()
    return [(job, slot) for job, slot in (*fresh, *left)]


def finish(uow: UnitOfWork, job: str, slot: datetime) -> None:
    """This tick's work is done, and so is that of older ticks of its job that were cut short."""
    uow.session.execute(
        text("UPDATE periodic_ticks SET finished_at = :now WHERE job = :job AND slot <= :slot AND finished_at IS NULL"),
        {"now": uow.now, "job": job, "slot": slot},
    )


def prune(uow: UnitOfWork, before: datetime) -> None:
    """Remove the ticks of slots before then."""
    uow.session.execute(text("DELETE FROM periodic_ticks WHERE slot < :before"), {"before": before})
