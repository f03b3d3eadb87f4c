"""The queue as who decides reads it: filtered, sorted, and who comes before and after whom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.payouts.store.requests import VIEW, Request

Sort = Literal["submitted", "-submitted", "amount", "-amount"]
_KEYS = {"submitted": "r.id", "amount": "r.amount_minor"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: in one of `statuses` (empty: any), of a channel, of members whose name has `name` in it."""

    statuses: Sequence[str] = ()
    channel: str | None = None
    name: str | None = None
    sort: Sort = "submitted"


def queue(session: Session, wanted: Wanted, *, limit: int, after: uuid.UUID | None) -> list[Request]:
    """At most `limit` requests beyond `after`, sorted as wanted. One statement."""
    down = wanted.sort.startswith("-")
    key, sign, order = _KEYS[wanted.sort.removeprefix("-")], "<" if down else ">", "DESC" if down else "ASC"
    found = session.execute(
        text(
            f"""
            {VIEW}
            WHERE (cardinality(CAST(:statuses AS text[])) = 0 OR r.status = ANY(CAST(:statuses AS text[])))
              AND (CAST(:channel AS text) IS NULL OR r.channel = :channel)
              AND (CAST(:name AS text) IS NULL OR strpos(lower(p.display_name), lower(:name)) > 0)
              AND (CAST(:after AS uuid) IS NULL
                   OR ({key}, r.id) {sign} (SELECT {key}, r.id FROM payout_requests r WHERE r.id = :after))
            ORDER BY {key} {order}, r.id {order} LIMIT :limit
            """  # noqa: S608 - keys of our own
        ),
        {
            "statuses": list(wanted.statuses),
            "channel": wanted.channel,
            "name": wanted.name,
            "after": after,
            "limit": limit,
        },
    )
    return [Request(*row) for row in found]


class Neighbours(NamedTuple):
    """The requests that wait before and after one; None at an end of the queue."""

    previous: uuid.UUID | None
    next: uuid.UUID | None


def neighbours(session: Session, request_id: uuid.UUID, statuses: Sequence[str]) -> Neighbours:
    """Who waits before and after a request, oldest first. One statement."""
    row = session.execute(
        text(
            """
            SELECT (SELECT id FROM payout_requests WHERE status = ANY(CAST(:statuses AS text[])) AND id < :id
                    ORDER BY id DESC LIMIT 1),
                   (SELECT id FROM payout_requests WHERE status = ANY(CAST(:statuses AS text[])) AND id > :id
                    ORDER BY id LIMIT 1)
            """
        ),
        {"id": request_id, "statuses": list(statuses)},
    ).one()
    return Neighbours(*row)


class WaitingSum(NamedTuple):
    """How many requests of a channel and currency are in a status, what they come to, and since when the oldest."""

    status: str
    channel: str
    currency: str
    requests: int
    amount_minor: int
    oldest_at: datetime


def waiting_sums(session: Session, statuses: Sequence[str]) -> list[WaitingSum]:
    """What is in these statuses, by status, channel and currency. One statement."""
    found = session.execute(
        text(
            """
            SELECT status, channel, currency, count(*), CAST(sum(amount_minor) AS bigint), min(submitted_at)
            FROM payout_requests WHERE status = ANY(CAST(:statuses AS text[]))
            GROUP BY status, channel, currency ORDER BY status, channel, currency
            """
        ),
        {"statuses": list(statuses)},
    )
    return [WaitingSum(*row) for row in found]
