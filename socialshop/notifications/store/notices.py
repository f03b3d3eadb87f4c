"""Writing notices with the mails that go along, reading them, marking them read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids
from socialshop.notifications.rules import KINDS, class_of
from socialshop.notifications.store.gathering import Told

_CLASSES = {kind: found.value for kind in KINDS if (found := class_of(kind)) is not None}


class NoticeRow(NamedTuple):
    """A notice as it is read; `name` is that of the member it is about, if that person agreed to be named."""

    id: uuid.UUID
    kind: str
    target_id: uuid.UUID | None
    facts: dict[str, Any]
    name: str | None
    created_at: datetime
    read_at: datetime | None


class ReaderRow(NamedTuple):
    """How a member reads."""

    locale: str | None
    time_zone: str | None


_ADD = text(
    """
    WITH told AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:members AS bigint[]), CAST(:kinds AS text[]),
            CAST(:topics AS text[]), CAST(:mailed AS boolean[]), CAST(:shown AS boolean[]),
            CAST(:subjects AS text[]), CAST(:abouts AS bigint[]), CAST(:targets AS uuid[]), CAST(:facts AS text[]),
            CAST(:classes AS text[]))
            AS t (id, member, kind, topic, mailed, shown, subject, about, target_id, facts, kind_class)
    ), wanted AS (
        SELECT t.*, row_number() OVER (PARTITION BY t.member, t.kind_class ORDER BY t.id) AS place FROM told t
        WHERE t.shown AND NOT EXISTS (SELECT FROM notice_opt_outs o
            WHERE o.member = t.member AND o.channel = 'in_app' AND o.topic = t.topic)
    ), fresh AS (
        INSERT INTO notices (id, member, kind, subject, about, target_id, facts, created_at, silent, read_at)
        SELECT w.id, w.member, w.kind, w.subject, w.about, w.target_id, w.facts::jsonb, :now, rung.enough,
            CASE WHEN rung.enough THEN CAST(:now AS timestamptz) END
        FROM wanted w
        LEFT JOIN notice_caps c ON c.channel = 'in_app' AND c.kind_class = w.kind_class
        CROSS JOIN LATERAL (
            SELECT coalesce(
                w.place + count(*) FILTER (WHERE n.created_at > CAST(:now AS timestamptz) - interval '1 day')
                    > c.per_day
                OR w.place + count(*) > c.per_week, false) AS enough
            FROM notices n
            JOIN unnest(CAST(:known AS text[]), CAST(:known_classes AS text[])) AS k (kind, kind_class)
                ON k.kind = n.kind AND k.kind_class = w.kind_class
            WHERE n.member = w.member AND NOT n.silent AND n.created_at > CAST(:now AS timestamptz) - interval '7 days'
        ) rung
        ON CONFLICT (member, kind, subject) DO NOTHING RETURNING id
    ), queued AS (
        INSERT INTO mails (id, member, kind, subject, target_id, facts, due_at, created_at)
        SELECT t.id, t.member, t.kind, t.subject, t.target_id, t.facts::jsonb, :now, :now FROM told t
        JOIN members m ON m.number = t.member
        JOIN member_profiles p ON p.member_id = m.id AND p.email IS NOT NULL
        WHERE t.mailed AND NOT EXISTS (SELECT FROM notice_opt_outs o
            WHERE o.member = t.member AND o.channel = 'email' AND o.topic = t.topic)
        ON CONFLICT (member, kind, subject) DO NOTHING RETURNING id
    )
    SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM queued)
    """
)
_PAGE = text(
    """
    SELECT n.id, n.kind, n.target_id, n.facts,
        CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END,
        n.created_at, n.read_at
    FROM notices n
    LEFT JOIN members m ON m.number = n.about
    LEFT JOIN member_profiles p ON p.member_id = m.id
    WHERE n.member = :member AND (CAST(:before AS uuid) IS NULL OR n.id < :before)
        AND (n.read_at IS NULL OR NOT :unread)
    ORDER BY n.id DESC LIMIT :limit
    """
)


def add(session: Session, told: Sequence[Told], now: datetime) -> tuple[int, int]:
    """Write these notices and queue their mails, but for what was told before or is not wanted. One statement.

    A notice over its cap is written as read: it is there to be found and does not ring.
    Returns how many notices and how many mails are new.
    """
    if not told:
        return 0, 0
    kinds = [KINDS[each.kind] for each in told]
    values = {
        "ids": new_ids(len(told)),
        "members": [each.member for each in told],
        "kinds": [each.kind for each in told],
        "topics": [kind.topic.value for kind in kinds],
        "mailed": [kind.mailed for kind in kinds],
        "shown": [kind.in_app for kind in kinds],
        "subjects": [each.subject for each in told],
        "abouts": [each.about for each in told],
        "targets": [each.target_id for each in told],
        "facts": [json.dumps(each.facts) for each in told],
        "classes": [_CLASSES.get(each.kind) for each in told],
        "known": list(_CLASSES),
        "known_classes": list(_CLASSES.values()),
    }
    fresh, queued = session.execute(_ADD, {**values, "now": now}).one()
    return int(fresh), int(queued)


def page(session: Session, member: int, before: uuid.UUID | None, limit: int, *, unread: bool) -> list[NoticeRow]:
    """Up to `limit` notices of the member, the newest first, older than `before`."""
    values = {"member": member, "before": before, "limit": limit, "unread": unread}
    return [NoticeRow(*row) for row in session.execute(_PAGE, values)]


def count_unread(session: Session, member: int) -> int:
    """How many of the member's notices are not read."""
    counted = session.execute(
        text("SELECT count(*) FROM notices WHERE member = :member AND read_at IS NULL"), {"member": member}
    )
    return int(counted.scalar_one())


def count_own(session: Session, member: int, ids: Collection[uuid.UUID]) -> int:
    """How many of these notices are the member's."""
    counted = session.execute(
        text("SELECT count(*) FROM notices WHERE member = :member AND id = ANY(:ids)"),
        {"member": member, "ids": list(ids)},
    )
    return int(counted.scalar_one())


def mark_read(session: Session, member: int, ids: Collection[uuid.UUID] | None, now: datetime) -> None:
    """Mark these of the member's notices as read, or all of them; those read before keep their instant."""
    session.execute(
        text(
            "UPDATE notices SET read_at = :now WHERE member = :member AND read_at IS NULL"
            " AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(:ids))"
        ),
        {"member": member, "ids": None if ids is None else list(ids), "now": now},
    )


def reader(session: Session, member: int) -> ReaderRow | None:
    """How the member reads; None for one without a profile."""
    row = session.execute(
        text(
            "SELECT p.locale, p.time_zone FROM members m JOIN member_profiles p ON p.member_id = m.id"
            " WHERE m.number = :member"
        ),
        {"member": member},
    ).one_or_none()
    return ReaderRow(*row) if row else None


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` notices, remove those written before then; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM notices n USING (SELECT id FROM notices ORDER BY id LIMIT :limit) oldest
            WHERE n.id = oldest.id AND n.created_at < :before RETURNING n.id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
