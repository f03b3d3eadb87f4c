"""Statements on one-time tokens, and on what they open."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import PURGED_AT_ONCE


class UsedRow(NamedTuple):
    """The token that was just used up."""

    member_id: uuid.UUID
    email: str


def add(session: Session, values: dict[str, object]) -> None:
    """Append a token."""
    session.execute(
        text(
            "INSERT INTO member_tokens (token_hash, member_id, purpose, email, created_at, expires_at)"
            " VALUES (:token_hash, :member_id, :purpose, :email, :now, :expires_at)"
        ),
        values,
    )


def email_of(session: Session, number: int, *, pending: bool) -> tuple[uuid.UUID, str] | None:
    """The member's id and e-mail, or (`pending`) the one that waits to be; None for a member without one."""
    row = session.execute(
        text(
            "SELECT m.id, CASE WHEN :pending THEN p.pending_email ELSE p.email END AS email"
            " FROM members m JOIN member_profiles p ON p.member_id = m.id WHERE m.number = :number"
        ),
        {"number": number, "pending": pending},
    ).one_or_none()
    return (row.id, row.email) if row and row.email else None


def use(session: Session, token_hash: bytes, purpose: str, now: datetime) -> UsedRow | None:
    """Use the token up, if it is good: one conditional statement, so of two who try at once one succeeds."""
    row = session.execute(
        text(
            """
            UPDATE member_tokens t SET used_at = :now FROM member_profiles p
            WHERE t.token_hash = :hash AND t.purpose = :purpose AND t.used_at IS NULL AND t.expires_at > :now
                AND p.member_id = t.member_id AND lower(p.email) = lower(t.email)
            RETURNING t.member_id, t.email
            """
        ),
        {"hash": token_hash, "purpose": purpose, "now": now},
    ).one_or_none()
    return UsedRow(*row) if row else None


def void(session: Session, member_id: uuid.UUID, purpose: str, now: datetime) -> None:
    """Use up whatever else of this was sent to the member."""
    session.execute(
        text(
            "UPDATE member_tokens SET used_at = :now"
            " WHERE member_id = :member AND purpose = :purpose AND used_at IS NULL"
        ),
        {"member": member_id, "purpose": purpose, "now": now},
    )


def verify_email(session: Session, member_id: uuid.UUID, now: datetime) -> None:
    """The member's address is the member's; the first time counts."""
    session.execute(
        text(
            "UPDATE member_profiles SET email_verified_at = :now"
            " WHERE member_id = :member AND email_verified_at IS NULL"
        ),
        {"member": member_id, "now": now},
    )


def set_password(session: Session, member_id: uuid.UUID, password_hash: str, now: datetime) -> None:
    """Another password of a member who has one; every session that was open is over."""
    session.execute(
        text("UPDATE member_credentials SET password_hash = :hash, changed_at = :now WHERE member_id = :member"),
        {"member": member_id, "hash": password_hash, "now": now},
    )
    session.execute(
        text("UPDATE member_sessions SET revoked_at = :now WHERE member_id = :member AND revoked_at IS NULL"),
        {"member": member_id, "now": now},
    )


def delete_expired(session: Session, before: datetime) -> bool:
    """Delete a batch of tokens that expired before; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM member_tokens WHERE token_hash = ANY (ARRAY(SELECT token_hash FROM member_tokens"
            " WHERE expires_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1"
        ),
        {"before": before, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE
