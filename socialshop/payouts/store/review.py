"""The queue as who decides reads it: filtered, sorted, and who comes before and after whom."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
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
    """Which requests: in one of `statuses` (empty: any), of a channel, of members whose name has `name` in it.

    `before` is those asked for by then; `late` those past the hours of their risk; `risk` the gravest that was found
    (`severe`, `warning`, `none`); `first` those of members to whom nothing was ever paid; `claimed_by` those that this
    person has claimed.
    """

    statuses: Sequence[str] = ()
    channel: str | None = None
    name: str | None = None
    sort: Sort = "submitted"
    before: datetime | None = None
    late: Mapping[str, int] | None = None
    currency: str | None = None
    risk: str | None = None
    first: bool = False
    claimed_by: uuid.UUID | None = None


NEVER_PAID = """
    NOT EXISTS (SELECT FROM payout_requests e WHERE e.member_id = r.member_id AND e.status IN ('paid', 'returned'))
"""


def queue(session: Session, wanted: Wanted, *, limit: int, after: uuid.UUID | None, now: datetime) -> list[Request]:
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
              AND (CAST(:before AS timestamptz) IS NULL OR r.submitted_at <= :before)
              AND (CAST(:none AS integer) IS NULL OR r.submitted_at <= :now - make_interval(
                  hours => CASE payout_risk(r.id, r.member_number)
                      WHEN 'severe' THEN CAST(:severe AS integer) WHEN 'warning' THEN CAST(:warning AS integer)
                      ELSE :none END))
              AND (CAST(:currency AS text) IS NULL OR r.currency = :currency)
              AND (CAST(:risk AS text) IS NULL OR payout_risk(r.id, r.member_number) = :risk)
              AND (NOT :first OR {NEVER_PAID})
              AND (CAST(:claimed_by AS uuid) IS NULL OR EXISTS (
                  SELECT FROM payout_claims c
                  WHERE c.request_id = r.id AND c.claimed_by = :claimed_by AND c.claimed_until > :now))
              AND (CAST(:after AS uuid) IS NULL
                   OR ({key}, r.id) {sign} (SELECT {key}, r.id FROM payout_requests r WHERE r.id = :after))
            ORDER BY {key} {order}, r.id {order} LIMIT :limit
            """  # noqa: S608 - keys of our own
        ),
        {
            "statuses": list(wanted.statuses),
            "channel": wanted.channel,
            "name": wanted.name,
            "before": wanted.before,
            **(wanted.late or dict.fromkeys(("none", "warning", "severe"))),
            "currency": wanted.currency,
            "risk": wanted.risk,
            "first": wanted.first,
            "claimed_by": wanted.claimed_by,
            "now": now,
            "after": after,
            "limit": limit,
        },
    )
    return [Request(*row) for row in found]


class Beside(NamedTuple):
    """What stands beside a request in the queue: how much was found and how grave, who has claimed it until when."""

    id: uuid.UUID
    findings: int
    risk: str
    is_first: bool
    claimed_by: uuid.UUID | None
    claimer: str | None
    claimed_until: datetime | None


def beside(session: Session, ids: Sequence[uuid.UUID], now: datetime) -> list[Beside]:
    """What stands beside these requests. One statement, whatever the number."""
    found = session.execute(
        text(
            f"""
            SELECT r.id, (SELECT count(*) FROM payout_findings(r.id, r.member_number)),
                   payout_risk(r.id, r.member_number), {NEVER_PAID}, c.claimed_by, p.display_name, c.claimed_until
            FROM payout_requests r
            LEFT JOIN payout_claims c ON c.request_id = r.id AND c.claimed_until > :now
            LEFT JOIN member_profiles p ON p.member_id = c.claimed_by
            WHERE r.id = ANY(CAST(:ids AS uuid[]))
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(ids), "now": now},
    )
    return [Beside(*row) for row in found]


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
