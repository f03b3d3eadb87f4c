"""Statements on addresses that wait to be confirmed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session


class ConfirmedRow(NamedTuple):
    """Whose address was confirmed."""

    member_id: uuid.UUID
    email: str


def is_anothers(session: Session, member_id: uuid.UUID, email: str) -> bool:
    """Whether somebody else signs in with this address, whatever its letter case."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM member_profiles WHERE lower(email) = lower(:email) AND member_id <> :member)"),
        {"email": email, "member": member_id},
    )
    return bool(found.scalar_one())


def note(session: Session, member_id: uuid.UUID, email: str) -> None:
    """The address waits."""
    session.execute(
        text("UPDATE member_profiles SET pending_email = :email WHERE member_id = :member"),
        {"email": email, "member": member_id},
    )


def use(session: Session, token_hash: bytes, now: datetime) -> ConfirmedRow | None:
    """Use the token up, if it is good and its address still the one that waits; of two at once one succeeds."""
    row = session.execute(
        text(
            """
            UPDATE member_tokens t SET used_at = :now FROM member_profiles p
            WHERE t.token_hash = :hash AND t.purpose = 'email_change' AND t.used_at IS NULL AND t.expires_at > :now
                AND p.member_id = t.member_id AND lower(p.pending_email) = lower(t.email)
            RETURNING t.member_id, t.email
            """
        ),
        {"hash": token_hash, "now": now},
    ).one_or_none()
    return ConfirmedRow(*row) if row else None


def change(session: Session, member_id: uuid.UUID, email: str, now: datetime) -> bool:
    """Put the address in place of the one before; False if another member has it by now."""
    try:
        # Two who confirm the same address meet at the index: the second must not lose its transaction.
        with session.begin_nested():
            session.execute(
                text(
                    "UPDATE member_profiles SET email = :email, email_verified_at = :now, pending_email = NULL"
                    " WHERE member_id = :member"
                ),
                {"email": email, "member": member_id, "now": now},
            )
    except IntegrityError:
        return False
    return True
