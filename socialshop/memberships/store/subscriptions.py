"""Subscriptions: who has a plan, until when, and what comes then. Locked in the order of their ids."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.memberships.offers import MOST_NOTICE_DAYS

LIVE = "status IN ('pending', 'active', 'grace')"
_COLUMNS = (
    "id, member, offer_id, term, status, renews, mandate_id, number, anchor_on, months_through, ends_on, ends_at,"
    " announced_at, next_price_minor, next_growth, charge_at, attempts, retry_at, grace_until, created_at,"
    " ended_at, ended_because, next_offer_id, next_term"
)


class SubscriptionRow(NamedTuple):
    """A subscription; `number` is that of its term now, 0 before the first.

    `next_offer_id` and `next_term`: what the member chose to follow in place of what the term is of; both or neither.
    """

    id: uuid.UUID
    member: int
    offer_id: uuid.UUID
    term: str
    status: str
    renews: bool
    mandate_id: uuid.UUID | None
    number: int
    anchor_on: date | None
    months_through: int
    ends_on: date | None
    ends_at: datetime | None
    announced_at: datetime | None
    next_price_minor: int | None
    next_growth: int | None
    charge_at: datetime | None
    attempts: int
    retry_at: datetime | None
    grace_until: datetime | None
    created_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    next_offer_id: uuid.UUID | None
    next_term: str | None

    @property
    def renews_offer_id(self) -> uuid.UUID:
        """The offer by which the next term is charged, if there is one."""
        return self.next_offer_id or self.offer_id

    @property
    def renews_term(self) -> str:
        """The term that it is charged for."""
        return self.next_term or self.term


def add(
    session: Session, subscription_id: uuid.UUID, *, member: int, offer_id: uuid.UUID, term: str, now: datetime
) -> None:
    """Open a subscription that waits for its first term, unless the member has one that lives."""
    session.execute(
        text(
            """
            INSERT INTO plan_subscriptions (id, member, offer_id, term, status, renews, created_at)
            VALUES (:id, :member, :offer_id, :term, 'pending', false, :now) ON CONFLICT DO NOTHING
            """
        ),
        {"id": subscription_id, "member": member, "offer_id": offer_id, "term": term, "now": now},
    )


def add_trial(session: Session, member: int, subscription_id: uuid.UUID, began_on: date) -> bool:
    """Note the member's trial; False if the member had one."""
    found = session.execute(
        text(
            "INSERT INTO plan_trials (member, subscription_id, began_on) VALUES (:member, :id, :began_on)"
            " ON CONFLICT (member) DO NOTHING RETURNING member"
        ),
        {"member": member, "id": subscription_id, "began_on": began_on},
    )
    return found.one_or_none() is not None


def had_trial(session: Session, member: int) -> bool:
    """Whether the member had a trial of any plan."""
    found = session.execute(text("SELECT 1 FROM plan_trials WHERE member = :member"), {"member": member})
    return found.one_or_none() is not None


def lock_live(session: Session, member: int) -> SubscriptionRow | None:
    """The member's subscription that lives, for this transaction alone to change."""
    found = _rows(session, f"member = :member AND {LIVE} FOR NO KEY UPDATE", {"member": member})
    return found[0] if found else None


def lock(session: Session, subscription_id: uuid.UUID, member: int) -> SubscriptionRow | None:
    """This member's subscription, for this transaction alone to change."""
    found = _rows(session, "id = :id AND member = :member FOR NO KEY UPDATE", {"id": subscription_id, "member": member})
    return found[0] if found else None


def lock_all(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, SubscriptionRow]:
    """These subscriptions by id, for this transaction alone to change."""
    found = _rows(session, "id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE", {"ids": list(ids)})
    return {row.id: row for row in found}


def running(session: Session, member: int) -> uuid.UUID | None:
    """The subscription of the member's that gives its benefits now."""
    found: uuid.UUID | None = session.execute(
        text("SELECT id FROM plan_subscriptions WHERE member = :member AND status IN ('active', 'grace')"),
        {"member": member},
    ).scalar_one_or_none()
    return found


def of_member(session: Session, member: int) -> list[SubscriptionRow]:
    """The member's subscriptions that ever began or wait to, the newest first."""
    return _rows(session, "member = :member AND status <> 'abandoned' ORDER BY id DESC", {"member": member})


def page_of(session: Session, status: str | None, before: uuid.UUID | None, limit: int) -> list[SubscriptionRow]:
    """Up to `limit` subscriptions of this status, the newest first, older than `before`."""
    condition = (
        "(CAST(:status AS text) IS NULL OR status = :status) AND (CAST(:before AS uuid) IS NULL OR id < :before)"
        " ORDER BY id DESC LIMIT :limit"
    )
    return _rows(session, condition, {"status": status, "before": before, "limit": limit})


class Begun(NamedTuple):
    """A subscription whose next term begins: nothing of what was to come then is left."""

    id: uuid.UUID
    offer_id: uuid.UUID
    term: str
    renews: bool
    number: int
    anchor_on: date
    months_through: int
    ends_on: date
    ends_at: datetime
    mandate_id: uuid.UUID | None
    months_from: date | None


def begin_terms(session: Session, begun: Sequence[Begun]) -> None:
    """Each has a term more; the mandate and the first month stay where they are. One statement."""
    columns = dict(zip(Begun._fields, map(list, zip(*begun, strict=True)), strict=True))
    session.execute(
        text(
            """
            UPDATE plan_subscriptions s SET status = 'active', offer_id = g.offer_id, term = g.term, renews = g.renews,
                number = g.number, anchor_on = g.anchor_on, months_through = g.months_through, ends_on = g.ends_on,
                ends_at = g.ends_at, mandate_id = coalesce(g.mandate_id, s.mandate_id),
                months_from = coalesce(s.months_from, g.months_from),
                announced_at = NULL, next_offer_id = NULL, next_term = NULL, next_price_minor = NULL,
                next_growth = NULL, charge_at = NULL, attempts = 0, retry_at = NULL, grace_until = NULL
            FROM unnest(CAST(:id AS uuid[]), CAST(:offer_id AS uuid[]), CAST(:term AS text[]),
                CAST(:renews AS boolean[]), CAST(:number AS integer[]), CAST(:anchor_on AS date[]),
                CAST(:months_through AS integer[]), CAST(:ends_on AS date[]), CAST(:ends_at AS timestamptz[]),
                CAST(:mandate_id AS uuid[]), CAST(:months_from AS date[]))
                AS g (id, offer_id, term, renews, number, anchor_on, months_through, ends_on, ends_at, mandate_id,
                    months_from)
            WHERE s.id = g.id
            """
        ),
        columns,
    )


class Announced(NamedTuple):
    """What a member is told comes after the term: charged `next_price_minor` then, or nothing."""

    id: uuid.UUID
    next_price_minor: int | None
    next_growth: int | None
    charge_at: datetime | None


class Attempted(NamedTuple):
    """A renewal that was charged so often, and is again at `retry_at`, until `grace_until`."""

    id: uuid.UUID
    attempts: int
    retry_at: datetime | None
    grace_until: datetime


# What is due is taken in the order of its index: by id, each batch would pass over all that those before it have done.
def _by_id(rows: list[SubscriptionRow]) -> list[SubscriptionRow]:
    return sorted(rows, key=lambda row: row.id)


def take_unannounced(session: Session, now: datetime, limit: int) -> list[SubscriptionRow]:
    """Up to `limit` that end within their offer's days of notice and whose members were not told, held."""
    condition = """
        status = 'active' AND announced_at IS NULL AND ends_at <= :now + make_interval(days => :most)
        AND ends_at <= :now + make_interval(days => (
            SELECT (o.document ->> 'remind_days')::integer FROM plan_offers o WHERE o.id = offer_id))
        ORDER BY ends_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    """
    return _by_id(_rows(session, condition, {"now": now, "limit": limit, "most": MOST_NOTICE_DAYS}))


def announce(session: Session, announced: Sequence[Announced], now: datetime) -> None:
    """The members were told. One statement."""
    if not announced:
        return
    session.execute(
        text(
            """
            UPDATE plan_subscriptions s SET announced_at = :now, next_price_minor = g.next_price_minor,
                next_growth = g.next_growth, charge_at = g.charge_at
            FROM unnest(CAST(:id AS uuid[]), CAST(:next_price_minor AS bigint[]), CAST(:next_growth AS bigint[]),
                CAST(:charge_at AS timestamptz[])) AS g (id, next_price_minor, next_growth, charge_at)
            WHERE s.id = g.id
            """
        ),
        {**dict(zip(Announced._fields, map(list, zip(*announced, strict=True)), strict=True)), "now": now},
    )


def take_renewable(session: Session, now: datetime, limit: int) -> list[SubscriptionRow]:
    """Up to `limit` whose announced renewal is due, held."""
    condition = """
        status = 'active' AND renews AND charge_at <= :now
        ORDER BY charge_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    """
    return _by_id(_rows(session, condition, {"now": now, "limit": limit}))


def take_retries(session: Session, now: datetime, limit: int) -> list[SubscriptionRow]:
    """Up to `limit` whose renewal is to be charged again, held."""
    condition = "status = 'grace' AND retry_at <= :now ORDER BY retry_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED"
    return _by_id(_rows(session, condition, {"now": now, "limit": limit}))


def take_ended(session: Session, now: datetime, limit: int) -> list[SubscriptionRow]:
    """Up to `limit` that are over: the term of those that do not go on, the grace of those that were not paid; held."""
    ended = "status = 'active' AND NOT renews AND ends_at <= :now ORDER BY ends_at"
    unpaid = "status = 'grace' AND grace_until <= :now ORDER BY grace_until"
    found: list[SubscriptionRow] = []
    # Each by an index of its own: one statement for both would read all that runs.
    for condition in (ended, unpaid):
        left = {"now": now, "limit": limit - len(found)}
        found += _rows(session, f"{condition} LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED", left)
    return _by_id(found)


def note_attempts(session: Session, attempted: Sequence[Attempted]) -> None:
    """Their renewals are being charged: the grace runs. One statement."""
    if not attempted:
        return
    session.execute(
        text(
            """
            UPDATE plan_subscriptions s SET status = 'grace', attempts = g.attempts, retry_at = g.retry_at,
                grace_until = g.grace_until
            FROM unnest(CAST(:id AS uuid[]), CAST(:attempts AS integer[]), CAST(:retry_at AS timestamptz[]),
                CAST(:grace_until AS timestamptz[])) AS g (id, attempts, retry_at, grace_until)
            WHERE s.id = g.id
            """
        ),
        dict(zip(Attempted._fields, map(list, zip(*attempted, strict=True)), strict=True)),
    )


def end(session: Session, ids: Collection[uuid.UUID], because: str, now: datetime) -> None:
    """These subscriptions are over."""
    session.execute(
        text(
            f"""
            UPDATE plan_subscriptions SET status = 'ended', renews = false, ended_at = :now, ended_because = :because,
                charge_at = NULL, retry_at = NULL, grace_until = NULL, next_price_minor = NULL,
                next_offer_id = NULL, next_term = NULL
            WHERE id = ANY(:ids) AND {LIVE}
            """  # noqa: S608 - a constant
        ),
        {"ids": list(ids), "because": because, "now": now},
    )


def abandon(session: Session, ids: Collection[uuid.UUID]) -> None:
    """These were never paid."""
    session.execute(
        text(
            "UPDATE plan_subscriptions s SET status = 'abandoned' WHERE id = ANY(:ids) AND status = 'pending'"
            " AND NOT EXISTS (SELECT FROM plan_charges c WHERE c.subscription_id = s.id AND c.status = 'due')"
        ),
        {"ids": list(ids)},
    )


def set_renews(session: Session, subscription_id: uuid.UUID, renews: bool) -> None:
    """Whether it goes on after the term, as what it is; what was chosen or announced is so no more, nor a mandate."""
    session.execute(
        text(
            """
            UPDATE plan_subscriptions SET renews = :renews, announced_at = NULL, next_price_minor = NULL,
                next_growth = NULL, charge_at = NULL, next_offer_id = NULL, next_term = NULL, mandate_id = NULL
            WHERE id = :id
            """
        ),
        {"id": subscription_id, "renews": renews},
    )


def follow_with(session: Session, subscription_id: uuid.UUID, offer_id: uuid.UUID | None, term: str | None) -> None:
    """Renew as this offer and term, or with None as what it is; what was announced is so no more."""
    session.execute(
        text(
            """
            UPDATE plan_subscriptions SET next_offer_id = :offer_id, next_term = :term, announced_at = NULL,
                next_price_minor = NULL, next_growth = NULL, charge_at = NULL
            WHERE id = :id
            """
        ),
        {"id": subscription_id, "offer_id": offer_id, "term": term},
    )


def _rows(session: Session, condition: str, parameters: dict[str, Any]) -> list[SubscriptionRow]:
    statement = f"SELECT {_COLUMNS} FROM plan_subscriptions WHERE {condition}"  # noqa: S608 - constants
    return [SubscriptionRow(*row) for row in session.execute(text(statement), parameters)]
