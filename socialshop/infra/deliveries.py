"""What the outbox owes: fan events out into deliveries, claim those that are due, say how each ended.

All of it is set-based. SKIP LOCKED keeps relays and workers out of each other's way; the key (event, handler) makes
a second fan-out change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from socialshop.infra.logging import describe
from socialshop.infra.uow import UnitOfWork

# The first retry follows after a second; each next one waits twice as long, at most this long.
_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)


class Delivery(NamedTuple):
    """One handler's claimed duty: how often it failed so far, the chain of its event (by the root), the payload."""

    id: int
    attempts: int
    root: int
    payload: dict[str, Any]


class Backlog(NamedTuple):
    """How much is still owed to known handlers, and how much was given up."""

    unrelayed: int
    pending: int
    dead: int

    @property
    def is_empty(self) -> bool:
        """Nothing is on its way; what is dead waits for a person, not for a worker."""
        return self.unrelayed == 0 and self.pending == 0


class Dead(NamedTuple):
    """How many deliveries were given up, and of the last one its handler and error (None if there is none)."""

    number: int
    handler: str | None
    error: str | None


class GivenUp(NamedTuple):
    """One delivery that waits for a person: whose duty, towards which event, and why it failed the last time."""

    id: int
    handler: str
    event: str
    occurred_at: datetime
    error: str


def fan_out(uow: UnitOfWork, routes: Iterable[tuple[str, str]], limit: int) -> Mapping[str, int]:
    """Turn up to `limit` unrelayed events into deliveries; `routes` are pairs (event name, handler name).

    Returns how many events of each name were relayed. An event that no route names is relayed to nobody.
    """
    pairs = list(routes)
    rows = uow.session.execute(
        text(
            """
            WITH claimed AS (
                SELECT id, name FROM outbox_events WHERE relayed_at IS NULL
                ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            ), fanned AS (
                INSERT INTO outbox_deliveries (event_id, handler, due_at)
                SELECT claimed.id, route.handler, :now
                FROM claimed
                JOIN unnest(CAST(:events AS text[]), CAST(:handlers AS text[])) AS route (event, handler)
                  ON route.event = claimed.name
                ORDER BY claimed.id
                ON CONFLICT DO NOTHING
            ), marked AS (
                UPDATE outbox_events SET relayed_at = :now FROM claimed WHERE outbox_events.id = claimed.id
                RETURNING outbox_events.name
            )
            SELECT name, count(*) AS relayed FROM marked GROUP BY name
            """
        ),
        {
            "limit": limit,
            "now": uow.now,
            "events": [event for event, _ in pairs],
            "handlers": [handler for _, handler in pairs],
        },
    )
    return {row.name: row.relayed for row in rows}


def handlers_with_due(uow: UnitOfWork, handlers: Sequence[str]) -> list[str]:
    """Those of `handlers` that have something to do now; one index probe each."""
    rows = uow.session.execute(
        text(
            """
            SELECT handler FROM unnest(CAST(:handlers AS text[])) WITH ORDINALITY AS known (handler, place)
            WHERE EXISTS (
                SELECT FROM outbox_deliveries d
                WHERE d.handler = known.handler AND d.state = 'pending' AND d.due_at <= :now
            )
            ORDER BY place
            """
        ),
        {"handlers": list(handlers), "now": uow.now},
    )
    return list(rows.scalars())


def claim(uow: UnitOfWork, handler: str, limit: int) -> list[Delivery]:
    """Lock up to `limit` due deliveries of `handler` that nobody else holds, oldest event first."""
    return _claim(uow, "d.handler = :handler AND d.due_at <= :now", {"handler": handler, "limit": limit})


def claim_one(uow: UnitOfWork, delivery_id: int) -> Delivery | None:
    """Lock this one delivery if it is still pending and nobody else holds it."""
    found = _claim(uow, "d.id = :id", {"id": delivery_id, "limit": 1})
    return found[0] if found else None


def _claim(uow: UnitOfWork, condition: str, parameters: dict[str, object]) -> list[Delivery]:
    rows = uow.session.execute(
        text(
            f"""
            SELECT d.id, d.attempts, coalesce(e.root_id, e.id), e.payload
            FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id
            WHERE d.state = 'pending' AND {condition}
            ORDER BY d.event_id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
            """  # noqa: S608  (the condition is one of two constants above)
        ),
        {"now": uow.now, **parameters},
    )
    return [Delivery(*row) for row in rows]


def lease(uow: UnitOfWork, handler: str, limit: int, until: datetime) -> list[Delivery]:
    """Take up to `limit` due deliveries of `handler`, oldest event first, and let them be due again at `until`."""
    rows = uow.session.execute(
        text(
            """
            UPDATE outbox_deliveries d SET due_at = :until
            FROM outbox_events e
            WHERE e.id = d.event_id AND d.id IN (
                SELECT id FROM outbox_deliveries
                WHERE state = 'pending' AND handler = :handler AND due_at <= :now
                ORDER BY event_id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            RETURNING d.id, d.attempts, coalesce(e.root_id, e.id), e.payload
            """
        ),
        {"handler": handler, "limit": limit, "now": uow.now, "until": until},
    )
    return sorted(Delivery(*row) for row in rows)


def mark_done(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Their handler ran in this very unit of work; all commits together or nothing does."""
    uow.session.execute(
        text(
            "UPDATE outbox_deliveries SET state = 'done', done_at = :now, last_error = NULL"
            " WHERE id = ANY(:ids) AND state = 'pending'"
        ),
        {"ids": list(ids), "now": uow.now},
    )


def record_failure(uow: UnitOfWork, ids: Sequence[int], error: BaseException, most_attempts: int) -> list[int]:
    """Count a failed attempt: due again later, and later each time; given up (`dead`) at the last. Returns the dead."""
    rows = uow.session.execute(
        text(
            """
            UPDATE outbox_deliveries SET
                attempts = attempts + 1,
                last_error = :error,
                state = CASE WHEN attempts + 1 >= :most THEN 'dead' ELSE 'pending' END,
                due_at = :now + least(CAST(:longest AS interval), CAST(:first AS interval) * power(2, attempts))
            WHERE id = ANY(:ids) AND state = 'pending'
            RETURNING id, state
            """
        ),
        {
            "ids": list(ids),
            "error": describe(error),
            "most": most_attempts,
            "now": uow.now,
            "first": _FIRST_RETRY,
            "longest": _LONGEST_WAIT,
        },
    )
    return [delivery_id for delivery_id, state in rows if state == "dead"]


def newest_event(uow: UnitOfWork) -> int:
    """The highest id of an event so far; 0 where there is none."""
    return int(uow.session.execute(text("SELECT coalesce(max(id), 0) FROM outbox_events")).scalar_one())


def backlog(uow: UnitOfWork, handlers: Sequence[str] | None, *, up_to: int | None = None) -> Backlog:
    """How much is owed, to some handlers (what is owed to others nobody here would do) or, for None, to all.

    `up_to` counts only events up to this id and what follows from them.
    """
    row = uow.session.execute(
        text(
            """
            SELECT (SELECT count(*) FROM outbox_events
                    WHERE relayed_at IS NULL AND coalesce(root_id, id) <= coalesce(:up_to, root_id, id)),
                   (SELECT count(*) FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id
                    WHERE d.state = 'pending' AND coalesce(e.root_id, e.id) <= coalesce(:up_to, e.root_id, e.id)
                    AND (CAST(:handlers AS text[]) IS NULL OR d.handler = ANY(:handlers))),
                   (SELECT count(*) FROM outbox_deliveries WHERE state = 'dead')
            """
        ),
        {"handlers": None if handlers is None else list(handlers), "up_to": up_to},
    ).one()
    return Backlog(*row)


def dead_since(uow: UnitOfWork, since: datetime, *, up_to: int) -> Dead:
    """What was given up of events that occurred at `since` or later, up to this id, and of what follows from them."""
    row = uow.session.execute(
        text(
            """
            SELECT count(*),
                   (array_agg(d.handler ORDER BY d.id DESC))[1],
                   (array_agg(d.last_error ORDER BY d.id DESC))[1]
            FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id
            WHERE d.state = 'dead' AND e.occurred_at >= :since AND coalesce(e.root_id, e.id) <= :up_to
            """
        ),
        {"since": since, "up_to": up_to},
    ).one()
    return Dead(*row)


def given_up(uow: UnitOfWork) -> list[GivenUp]:
    """All that were given up, oldest event first."""
    rows = uow.session.execute(
        text(
            """
            SELECT d.id, d.handler, e.name, e.occurred_at, coalesce(d.last_error, '')
            FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id
            WHERE d.state = 'dead' ORDER BY d.event_id, d.id
            """
        )
    )
    return [GivenUp(*row) for row in rows]


def put_back(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Let those of `ids` that were given up be tried again now, from their first attempt."""
    uow.session.execute(
        text(
            "UPDATE outbox_deliveries SET state = 'pending', attempts = 0, due_at = :now"
            " WHERE id = ANY(:ids) AND state = 'dead'"
        ),
        {"ids": list(ids), "now": uow.now},
    )


def prune(uow: UnitOfWork, before: datetime, limit: int) -> int:
    """Remove up to `limit` events of before then of which nothing is owed or dead; returns how many."""
    result = uow.session.execute(
        text(
            """
            DELETE FROM outbox_events WHERE id IN (
                SELECT e.id FROM outbox_events e
                WHERE e.occurred_at < :before AND e.relayed_at IS NOT NULL
                  AND NOT EXISTS (SELECT FROM outbox_deliveries d WHERE d.event_id = e.id AND d.state <> 'done')
                ORDER BY e.occurred_at LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            RETURNING id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(result.all())
