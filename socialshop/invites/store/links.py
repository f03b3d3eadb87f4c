"""Links: making, finding, listing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class LinkRow(NamedTuple):
    """A link; `number` is its owner's."""

    id: uuid.UUID
    code: str
    kind: str
    target_id: uuid.UUID | None
    channel: str | None
    owner_id: uuid.UUID
    number: int
    created_at: datetime
    expires_at: datetime | None = None
    paused_at: datetime | None = None
    vanity: str | None = None


_LINK = """
    SELECT l.id, l.code, l.kind, l.target_id, l.channel, l.owner_id, m.number, l.created_at, l.expires_at, l.paused_at,
        l.vanity
    FROM invite_links l JOIN members m ON m.id = l.owner_id
"""
_BY_CODE = text(f"{_LINK} WHERE l.code = :code OR l.vanity_key = :vanity_key")
_BY_ID = text(f"{_LINK} WHERE l.id = :id")
_OWN = text(
    f"{_LINK} WHERE l.owner_id = :owner_id AND (CAST(:after AS uuid) IS NULL OR l.id > :after)"
    " ORDER BY l.id LIMIT :limit"
)
_SAME = text(
    f"{_LINK} WHERE l.owner_id = :owner_id AND l.kind = :kind AND l.target_id IS NOT DISTINCT FROM :target_id"
    " AND l.channel IS NOT DISTINCT FROM :channel"
)


def add(session: Session, values: Mapping[str, object]) -> int | None:
    """Insert a link; its owner's number, or None if the code is taken or the owner has one for subject and channel."""
    statement = text(
        """
        INSERT INTO invite_links (id, code, kind, target_id, channel, owner_id, created_at)
        VALUES (:id, :code, :kind, :target_id, :channel, :owner_id, :created_at)
        ON CONFLICT DO NOTHING RETURNING (SELECT number FROM members WHERE id = owner_id)
        """
    )
    return session.execute(statement, values).scalar_one_or_none()


def add_all(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert links of one owner and kind; those that are there already stay. One statement."""
    session.execute(
        text(
            """
            INSERT INTO invite_links (id, code, kind, target_id, channel, owner_id, created_at)
            SELECT u.id, u.code, :kind, u.target_id, :channel, :owner_id, :created_at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:targets AS uuid[]))
                 AS u (id, code, target_id)
            ON CONFLICT DO NOTHING
            """
        ),
        {
            **{name: rows[0][name] for name in ("kind", "channel", "owner_id", "created_at")},
            "ids": [row["id"] for row in rows],
            "codes": [row["code"] for row in rows],
            "targets": [row["target_id"] for row in rows],
        },
    )


def codes_of(
    session: Session, owner_id: uuid.UUID, kind: str, target_ids: Sequence[uuid.UUID], channel: str
) -> dict[uuid.UUID, str]:
    """The codes of an owner's links to these, of one channel, by what they lead to."""
    rows = session.execute(
        text(
            "SELECT target_id, code FROM invite_links WHERE owner_id = :owner_id AND kind = :kind"
            " AND target_id = ANY(CAST(:targets AS uuid[])) AND channel = :channel"
        ),
        {"owner_id": owner_id, "kind": kind, "targets": list(target_ids), "channel": channel},
    )
    return {row[0]: row[1] for row in rows}


def find_same(
    session: Session, owner_id: uuid.UUID, kind: str, target_id: uuid.UUID | None, channel: str | None
) -> LinkRow | None:
    """The owner's link for this subject and channel."""
    values = {"owner_id": owner_id, "kind": kind, "target_id": target_id, "channel": channel}
    return _one(session.execute(_SAME, values).one_or_none())


def find_by_code(session: Session, code: str, vanity_key: str | None) -> LinkRow | None:
    """The link with this code, the shop's or the owner's."""
    return _one(session.execute(_BY_CODE, {"code": code, "vanity_key": vanity_key}).one_or_none())


def find_by_id(session: Session, link_id: uuid.UUID) -> LinkRow | None:
    """The link with this id."""
    return _one(session.execute(_BY_ID, {"id": link_id}).one_or_none())


def of_owner(session: Session, owner_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> list[LinkRow]:
    """Up to `limit` links of a member, oldest first, after this one."""
    return [LinkRow(*row) for row in session.execute(_OWN, {"owner_id": owner_id, "after": after, "limit": limit})]


def of_target(session: Session, kind: str, target_id: uuid.UUID, limit: int) -> list[LinkRow]:
    """Up to `limit` links of anybody to a subject, the one that was opened by most people first."""
    rows = session.execute(
        text(
            f"{_LINK} LEFT JOIN invite_click_counts k ON k.link_id = l.id"
            " WHERE l.kind = :kind AND l.target_id = :target_id"
            " ORDER BY coalesce(k.clicks, 0) DESC, l.id LIMIT :limit"
        ),
        {"kind": kind, "target_id": target_id, "limit": limit},
    )
    return [LinkRow(*row) for row in rows]


def keep_open(
    session: Session, link_id: uuid.UUID, expires_at: datetime | None, *, is_paused: bool, now: datetime
) -> tuple[datetime | None] | None:
    """Until when a link is good, and whether it is paused: (since when,). None where that end has passed.

    One conditional statement, so that of two changes at once neither is made from what the other replaced.
    """
    row = session.execute(
        text(
            """
            UPDATE invite_links l SET expires_at = said.until,
                paused_at = CASE WHEN :is_paused THEN coalesce(l.paused_at, :now) END
            FROM (SELECT CAST(:expires_at AS timestamptz) AS until) said
            WHERE l.id = :id AND (said.until IS NULL OR said.until = l.expires_at OR said.until > :now)
            RETURNING l.paused_at
            """
        ),
        {"id": link_id, "expires_at": expires_at, "is_paused": is_paused, "now": now},
    ).one_or_none()
    return None if row is None else (row.paused_at,)


def name(session: Session, link_id: uuid.UUID, vanity: str, vanity_key: str) -> bool:
    """Give a link a code of its owner's choice; False where it has one, or where a link has this or one like it."""
    found = session.execute(
        text(
            """
            UPDATE invite_links SET vanity = :vanity, vanity_key = :vanity_key
            WHERE id = :id AND vanity IS NULL
                AND NOT EXISTS (SELECT FROM invite_links o WHERE o.vanity_key = :vanity_key)
            RETURNING 1
            """
        ),
        {"id": link_id, "vanity": vanity, "vanity_key": vanity_key},
    )
    return found.one_or_none() is not None


def _one(row: Sequence[object] | None) -> LinkRow | None:
    return None if row is None else LinkRow._make(row)


def owner_name(session: Session, owner_id: uuid.UUID) -> str | None:
    """How the owner of a link is called."""
    found = session.execute(
        text("SELECT display_name FROM member_profiles WHERE member_id = :id"), {"id": owner_id}
    ).one_or_none()
    return found.display_name if found else None
