"""Statements on a member's own sessions and password."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class LiveRow(NamedTuple):
    """A session that has not ended."""

    id: uuid.UUID
    created_at: datetime
    expires_at: datetime


def live(session: Session, member_id: uuid.UUID, now: datetime) -> list[LiveRow]:
    """The member's sessions that have not ended, the newest first."""
    rows = session.execute(
        text(
            "SELECT id, created_at, expires_at FROM member_sessions"
            " WHERE member_id = :member AND revoked_at IS NULL AND expires_at > :now ORDER BY id DESC"
        ),
        {"member": member_id, "now": now},
    )
    return [LiveRow(*row) for row in rows]


def began_since(session: Session, session_id: uuid.UUID, since: datetime) -> bool:
    """Whether the session began then or later."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM member_sessions WHERE id = :id AND created_at >= :since)"),
        {"id": session_id, "since": since},
    )
    return bool(found.scalar_one())


def revoke(session: Session, member_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> bool:
    """End a session of the member; False if the member has none of this id."""
    ended = session.execute(
        text(
            "UPDATE member_sessions SET revoked_at = coalesce(revoked_at, :now)"
            " WHERE id = :id AND member_id = :member RETURNING 1"
        ),
        {"id": session_id, "member": member_id, "now": now},
    )
    return ended.one_or_none() is not None


def revoke_others(session: Session, member_id: uuid.UUID, current: uuid.UUID, now: datetime) -> None:
    """End every session of the member but this one."""
    session.execute(
        text(
            "UPDATE member_sessions SET revoked_at = :now"
            " WHERE member_id = :member AND id <> :current AND revoked_at IS NULL"
        ),
        {"member": member_id, "current": current, "now": now},
    )


def hash_of(session: Session, member_id: uuid.UUID) -> str | None:
    """The member's password hash, held until the transaction ends: two changes go one after the other."""
    return session.execute(
        text("SELECT password_hash FROM member_credentials WHERE member_id = :member FOR UPDATE"), {"member": member_id}
    ).scalar_one_or_none()


def set_password(session: Session, member_id: uuid.UUID, password_hash: str, now: datetime) -> None:
    """Another password of a member who has one."""
    session.execute(
        text("UPDATE member_credentials SET password_hash = :hash, changed_at = :now WHERE member_id = :member"),
        {"member": member_id, "hash": password_hash, "now": now},
    )
