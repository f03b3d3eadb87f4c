"""The queue of mails: put in, claimed by the batch, ended, or put off."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Due(NamedTuple):
    """A mail whose time has come, with all that decides whether it leaves now.

    `declined` are the topics that its member wants no mails of by now; `counted_at` is when it took its place under a
    cap, at an earlier attempt.
    """

    id: uuid.UUID
    member: int
    kind: str
    target_id: uuid.UUID | None
    facts: dict[str, Any]
    attempts: int
    counted_at: datetime | None
    email: str | None
    locale: str | None
    time_zone: str | None
    quiet_from: int | None
    quiet_until: int | None
    digest: str | None
    declined: list[str]


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


_DUE = text(
    """
    WITH due AS (
        SELECT id, member, kind, target_id, facts, attempts, counted_at, due_at FROM mails
        WHERE status = 'queued' AND due_at <= :now ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT d.id, d.member, d.kind, d.target_id, d.facts, d.attempts, d.counted_at,
        CASE WHEN d.kind = 'email_change' THEN p.pending_email ELSE p.email END, p.locale, p.time_zone,
        h.quiet_from, h.quiet_until, h.digest,
        ARRAY(SELECT topic FROM notice_opt_outs o WHERE o.member = d.member AND o.channel = 'email')
    FROM due d
    JOIN members m ON m.number = d.member
    LEFT JOIN member_profiles p ON p.member_id = m.id
    LEFT JOIN notice_habits h ON h.member = d.member
    ORDER BY d.due_at, d.id
    """
)
_LEAVE = text(
    """
    UPDATE mails m SET attempts = m.attempts + 1, due_at = :until,
        counted_at = coalesce(m.counted_at, CASE WHEN l.counts THEN CAST(:now AS timestamptz) END)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS boolean[])) AS l (id, counts) WHERE m.id = l.id
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


def due(session: Session, now: datetime, limit: int) -> list[Due]:
    """Lock the first mails that are due and that nobody else holds."""
    return [Due(*row) for row in session.execute(_DUE, {"now": now, "limit": limit})]


def counted(session: Session, members: Collection[int], since: datetime) -> list[tuple[int, str, datetime]]:
    """The mails of these members that took a place under a cap since then: member, kind, when."""
    rows = session.execute(
        text(
            "SELECT member, kind, counted_at FROM mails WHERE member = ANY(:members) AND counted_at > :since"
            " AND status IN ('queued', 'sent')"
        ),
        {"members": list(members), "since": since},
    )
    return [(row.member, row.kind, row.counted_at) for row in rows]


def leave(session: Session, leaving: Mapping[uuid.UUID, bool], now: datetime, until: datetime) -> None:
    """These are ours until then; whoever dies with them leaves them due again. The value: whether a place is taken."""
    values = {"ids": list(leaving), "counts": list(leaving.values()), "now": now, "until": until}
    session.execute(_LEAVE, values)


def end(session: Session, ended: Sequence[tuple[uuid.UUID, str, str | None]], now: datetime) -> None:
    """These mails are sent, or will not be: id, status, and why it is not."""
    session.execute(
        text(
            "UPDATE mails m SET status = e.status, because = e.because, ended_at = :now"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:becauses AS text[]))"
            " AS e (id, status, because) WHERE m.id = e.id AND m.status = 'queued'"
        ),
        {
            "ids": [mail_id for mail_id, _, _ in ended],
            "statuses": [status for _, status, _ in ended],
            "becauses": [because for _, _, because in ended],
            "now": now,
        },
    )


def put_off(session: Session, later: Sequence[tuple[uuid.UUID, str, datetime, str | None]]) -> None:
    """These are due at another time: id, status (queued, or held for a digest), when, and why."""
    session.execute(
        text(
            "UPDATE mails m SET status = l.status, due_at = l.due_at, because = l.because"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:dues AS timestamptz[]),"
            " CAST(:becauses AS text[])) AS l (id, status, due_at, because) WHERE m.id = l.id AND m.status = 'queued'"
        ),
        {
            "ids": [mail_id for mail_id, _, _, _ in later],
            "statuses": [status for _, status, _, _ in later],
            "dues": [due_at for _, _, due_at, _ in later],
            "becauses": [because for _, _, _, because in later],
        },
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
