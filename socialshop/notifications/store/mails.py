"""The queue of mails: put in, claimed one by one, ended, or put off."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Claimed(NamedTuple):
    """A mail that is ours for a while, with all that decides whether it leaves.

    `declined` are the topics that its member wants no mails of by now; `sent` how many mails went lately.
    """

    id: uuid.UUID
    member: int
    kind: str
    target_id: uuid.UUID | None
    facts: dict[str, Any]
    attempts: int
    email: str | None
    locale: str | None
    time_zone: str | None
    declined: list[str]
    sent: int


class MailRow(NamedTuple):
    """A mail as admins see it."""

    id: uuid.UUID
    member_id: uuid.UUID
    kind: str
    status: str
    attempts: int
    because: str | None
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None


class UnsentRow(NamedTuple):
    """A mail that did not leave, with what it would have said; it never holds a token, for that is made at sending."""

    id: uuid.UUID
    member_id: uuid.UUID
    name: str | None
    kind: str
    status: str
    because: str | None
    created_at: datetime
    facts: dict[str, Any]


_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM mails WHERE status = 'queued' AND due_at <= :now
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE mails m SET attempts = attempts + 1, due_at = CAST(:now AS timestamptz) + :lease
        FROM due WHERE m.id = due.id
        RETURNING m.id, m.member, m.kind, m.target_id, m.facts, m.attempts
    )
    SELECT c.*, CASE WHEN c.kind = 'email_change' THEN p.pending_email ELSE p.email END, p.locale, p.time_zone,
        ARRAY(SELECT topic FROM notice_opt_outs o WHERE o.member = c.member AND o.channel = 'email'),
        (SELECT count(*) FROM mails s WHERE s.member = c.member AND s.status = 'sent' AND s.kind = ANY(:capped)
            AND s.ended_at > CAST(:now AS timestamptz) - interval '24 hours')
    FROM claimed c JOIN members m ON m.number = c.member LEFT JOIN member_profiles p ON p.member_id = m.id
    """
)
# One statement whether the address is known or not, so that the time taken tells nothing. Who asks again and again
# fills no mailbox: one in two minutes, five a day.
_QUEUE_ON_REQUEST = text(
    """
    INSERT INTO mails (id, member, kind, subject, facts, due_at, created_at)
    SELECT :id, m.number, :kind, CAST(:id AS text), '{}', :now, :now
    FROM member_profiles p JOIN members m ON m.id = p.member_id
    WHERE (lower(p.email) = lower(:email) OR (p.email IS NOT NULL AND m.number = :member))
        AND NOT (:unverified AND p.email_verified_at IS NOT NULL)
        AND EXISTS (SELECT FROM member_credentials c WHERE c.member_id = m.id)
        AND NOT EXISTS (SELECT FROM mails r WHERE r.member = m.number AND r.kind = :kind
            AND r.created_at > CAST(:now AS timestamptz) - interval '2 minutes')
        AND (SELECT count(*) FROM mails r WHERE r.member = m.number AND r.kind = :kind
            AND r.created_at > CAST(:now AS timestamptz) - interval '24 hours') < 5
    """
)
_COLUMNS = "l.id, m.id, l.kind, l.status, l.attempts, l.because, l.created_at, l.due_at, l.ended_at"


def queue_on_request(
    session: Session, mail_id: uuid.UUID, kind: str, now: datetime, *, email: str | None, member: int | None
) -> None:
    """Queue a mail that somebody asked for, to the member of this address or number, if there is one who signs in.

    Who was imported and has no password claims the account first.
    """
    values = {"id": mail_id, "kind": kind, "now": now, "email": email, "member": member}
    session.execute(_QUEUE_ON_REQUEST, {**values, "unverified": kind == "email_verification"})


def claim(session: Session, now: datetime, lease: timedelta, capped: Collection[str]) -> Claimed | None:
    """Take the first mail that is due, for so long; whoever dies with it leaves it due again after."""
    row = session.execute(_CLAIM, {"now": now, "lease": lease, "capped": list(capped)}).one_or_none()
    return Claimed(*row) if row else None


def end(session: Session, mail_id: uuid.UUID, status: str, because: str | None, now: datetime) -> None:
    """The mail is sent, or will not be."""
    session.execute(
        text(
            "UPDATE mails SET status = :status, because = :because, ended_at = :now"
            " WHERE id = :id AND status = 'queued'"
        ),
        {"id": mail_id, "status": status, "because": because, "now": now},
    )


def put_off(session: Session, mail_id: uuid.UUID, because: str | None, until: datetime, *, counts: bool) -> None:
    """Try later; `counts` says whether this was an attempt."""
    session.execute(
        text(
            "UPDATE mails SET due_at = :until, because = :because, attempts = attempts - :back"
            " WHERE id = :id AND status = 'queued'"
        ),
        {"id": mail_id, "until": until, "because": because, "back": 0 if counts else 1},
    )


def keep_undelivered(session: Session, because: str, now: datetime) -> None:
    """There is nobody to hand mails to: those that are due are kept for admins to see."""
    session.execute(
        text(
            "UPDATE mails SET status = 'undelivered', because = :because, ended_at = :now"
            " WHERE status = 'queued' AND due_at <= :now"
        ),
        {"because": because, "now": now},
    )


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a mail waits to be sent."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM mails WHERE status = 'queued' AND due_at <= :now)"), {"now": now}
    )
    return bool(found.scalar())


def count_stuck(session: Session) -> int:
    """Mails that a person must look at."""
    counted = session.execute(text("SELECT count(*) FROM mails WHERE status IN ('undelivered', 'set_aside')"))
    return int(counted.scalar_one())


def page(session: Session, status: str | None, before: uuid.UUID | None, limit: int) -> list[MailRow]:
    """Up to `limit` mails, the newest first, older than `before`."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM mails l JOIN members m ON m.number = l.member"  # noqa: S608  (a constant)
            " WHERE (CAST(:status AS text) IS NULL OR l.status = :status)"
            " AND (CAST(:before AS uuid) IS NULL OR l.id < :before) ORDER BY l.id DESC LIMIT :limit"
        ),
        {"status": status, "before": before, "limit": limit},
    )
    return [MailRow(*row) for row in rows]


def unsent(session: Session, before: uuid.UUID | None, limit: int) -> list[UnsentRow]:
    """Up to `limit` mails that were kept or set aside, the newest first, older than `before`."""
    rows = session.execute(
        text(
            "SELECT l.id, m.id, p.display_name, l.kind, l.status, l.because, l.created_at, l.facts"
            " FROM mails l JOIN members m ON m.number = l.member LEFT JOIN member_profiles p ON p.member_id = m.id"
            " WHERE l.status IN ('undelivered', 'set_aside')"
            " AND (CAST(:before AS uuid) IS NULL OR l.id < :before) ORDER BY l.id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [UnsentRow(*row) for row in rows]


def find(session: Session, mail_id: uuid.UUID) -> MailRow | None:
    """One mail."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM mails l JOIN members m ON m.number = l.member WHERE l.id = :id"),  # noqa: S608
        {"id": mail_id},
    ).one_or_none()
    return MailRow(*row) if row else None


def queue_again(session: Session, mail_id: uuid.UUID, now: datetime) -> bool:
    """Queue a mail that was kept or set aside; False if it is neither."""
    moved = session.execute(
        text(
            "UPDATE mails SET status = 'queued', attempts = 0, because = NULL, ended_at = NULL, due_at = :now"
            " WHERE id = :id AND status IN ('undelivered', 'set_aside') RETURNING 1"
        ),
        {"id": mail_id, "now": now},
    )
    return moved.one_or_none() is not None


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` mails, remove those that ended before then, sent or not; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM mails m USING (SELECT id FROM mails ORDER BY id LIMIT :limit) oldest
            WHERE m.id = oldest.id AND m.ended_at < :before RETURNING m.id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
