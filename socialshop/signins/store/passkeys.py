"""Statements on passkeys and their challenges."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from socialshop.infra.db import PURGED_AT_ONCE


class PasskeyRow(NamedTuple):
    """A passkey as its member sees it."""

    id: uuid.UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class CredentialRow(NamedTuple):
    """Whose credential it is."""

    id: uuid.UUID
    member_id: uuid.UUID
    credential: bytes


def add_challenge(session: Session, challenge_hash: bytes, member_id: uuid.UUID | None, expires_at: datetime) -> None:
    """A challenge waits to be signed: by this member's new passkey, or by anybody's (None)."""
    session.execute(
        text(
            "INSERT INTO passkey_challenges (challenge_hash, member_id, expires_at)"
            " VALUES (:hash, :member, :expires_at)"
        ),
        {"hash": challenge_hash, "member": member_id, "expires_at": expires_at},
    )


def use_challenge(session: Session, challenge_hash: bytes, member_id: uuid.UUID | None, now: datetime) -> bool:
    """Take the challenge away; False if it is not there for this member, or too old. Of two at once one succeeds."""
    gone = session.execute(
        text(
            "DELETE FROM passkey_challenges WHERE challenge_hash = :hash"
            " AND member_id IS NOT DISTINCT FROM CAST(:member AS uuid) AND expires_at > :now RETURNING 1"
        ),
        {"hash": challenge_hash, "member": member_id, "now": now},
    )
    return gone.one_or_none() is not None


def purge_challenges(session: Session, now: datetime) -> bool:
    """Delete a batch of challenges that nobody signed in time; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM passkey_challenges WHERE challenge_hash = ANY (ARRAY(SELECT challenge_hash"
            " FROM passkey_challenges WHERE expires_at < :now LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1"
        ),
        {"now": now, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE


def of_member(session: Session, member_id: uuid.UUID) -> list[PasskeyRow]:
    """The member's passkeys, the newest first."""
    rows = session.execute(
        text(
            "SELECT id, name, created_at, last_used_at FROM member_passkeys WHERE member_id = :member ORDER BY id DESC"
        ),
        {"member": member_id},
    )
    return [PasskeyRow(*row) for row in rows]


def credentials_of(session: Session, member_id: uuid.UUID) -> list[bytes]:
    """The ids by which the member's authenticators know their credentials."""
    rows = session.execute(
        text("SELECT credential_id FROM member_passkeys WHERE member_id = :member ORDER BY id"), {"member": member_id}
    )
    return [bytes(row.credential_id) for row in rows]


def add(session: Session, values: dict[str, object]) -> bool:
    """Append a passkey; False if the credential is somebody's already."""
    try:
        # Two who send the same credential meet at the index: the second must not lose its transaction.
        with session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO member_passkeys"
                    " (id, member_id, credential_id, credential, sign_count, name, created_at) VALUES"
                    " (:id, :member, :credential_id, :credential, :sign_count, :name, :now)"
                ),
                values,
            )
    except IntegrityError:
        return False
    return True


def find(session: Session, credential_id: bytes) -> CredentialRow | None:
    """The credential of this id."""
    row = session.execute(
        text("SELECT id, member_id, credential FROM member_passkeys WHERE credential_id = :id"), {"id": credential_id}
    ).one_or_none()
    return CredentialRow(row.id, row.member_id, bytes(row.credential)) if row else None


def note_use(session: Session, passkey_id: uuid.UUID, sign_count: int, now: datetime) -> bool:
    """It was used; False if it has not counted on: then there are two of it (WebAuthn, 6.1.1). 0: it does not count."""
    done = session.execute(
        text(
            "UPDATE member_passkeys SET sign_count = :count, last_used_at = :now"
            " WHERE id = :id AND (sign_count < :count OR (sign_count = 0 AND :count = 0)) RETURNING 1"
        ),
        {"id": passkey_id, "count": sign_count, "now": now},
    )
    return done.one_or_none() is not None


def rename(session: Session, member_id: uuid.UUID, passkey_id: uuid.UUID, name: str) -> PasskeyRow | None:
    """Call the member's passkey so; None if the member has none of this id."""
    row = session.execute(
        text(
            "UPDATE member_passkeys SET name = :name WHERE id = :id AND member_id = :member"
            " RETURNING id, name, created_at, last_used_at"
        ),
        {"id": passkey_id, "member": member_id, "name": name},
    ).one_or_none()
    return PasskeyRow(*row) if row else None


def remove(session: Session, member_id: uuid.UUID, passkey_id: uuid.UUID) -> bool:
    """Take the member's passkey away; False if the member has none of this id."""
    gone = session.execute(
        text("DELETE FROM member_passkeys WHERE id = :id AND member_id = :member RETURNING 1"),
        {"id": passkey_id, "member": member_id},
    )
    return gone.one_or_none() is not None
