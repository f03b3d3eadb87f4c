"""Statements on secrets of authenticator apps and on recovery codes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class TotpRow(NamedTuple):
    """A member's authenticator; `confirmed_at` is None until a first code has come."""

    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None


def find(session: Session, member_id: uuid.UUID) -> TotpRow | None:
    """The member's authenticator."""
    row = session.execute(
        text("SELECT sealed_secret, created_at, confirmed_at FROM member_totp WHERE member_id = :member"),
        {"member": member_id},
    ).one_or_none()
    return TotpRow(bytes(row.sealed_secret), row.created_at, row.confirmed_at) if row else None


def put(
    session: Session, member_id: uuid.UUID, sealed_secret: bytes, now: datetime, confirmed: datetime | None
) -> None:
    """The member's authenticator from now on, in place of another."""
    session.execute(
        text(
            "INSERT INTO member_totp (member_id, sealed_secret, created_at, confirmed_at, last_step)"
            " VALUES (:member, :secret, :now, :confirmed, 0) ON CONFLICT (member_id) DO UPDATE"
            " SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at,"
            " confirmed_at = excluded.confirmed_at, last_step = 0"
        ),
        {"member": member_id, "secret": sealed_secret, "now": now, "confirmed": confirmed},
    )


def use_step(session: Session, member_id: uuid.UUID, sealed_secret: bytes, step: int, now: datetime) -> bool:
    """A code of this step was shown; False if it, or a later one, was shown before. Of two at once one succeeds.

    The first one confirms. The secret is named, for another may have taken its place meanwhile.
    """
    done = session.execute(
        text(
            "UPDATE member_totp SET last_step = :step, confirmed_at = coalesce(confirmed_at, :now)"
            " WHERE member_id = :member AND sealed_secret = :secret AND last_step < :step RETURNING 1"
        ),
        {"member": member_id, "secret": sealed_secret, "step": step, "now": now},
    )
    return done.one_or_none() is not None


def remove(session: Session, member_id: uuid.UUID) -> bool:
    """The member has no authenticator and no recovery codes; False if there was none."""
    session.execute(text("DELETE FROM recovery_codes WHERE member_id = :member"), {"member": member_id})
    gone = session.execute(text("DELETE FROM member_totp WHERE member_id = :member RETURNING 1"), {"member": member_id})
    return gone.one_or_none() is not None


def replace_codes(session: Session, member_id: uuid.UUID, hashes: Sequence[bytes], now: datetime) -> None:
    """These recovery codes and no others."""
    session.execute(text("DELETE FROM recovery_codes WHERE member_id = :member"), {"member": member_id})
    session.execute(
        text(
            "INSERT INTO recovery_codes (member_id, code_hash, created_at)"
            " SELECT :member, hash, :now FROM unnest(CAST(:hashes AS bytea[])) AS given (hash)"
        ),
        {"member": member_id, "hashes": list(hashes), "now": now},
    )


def use_code(session: Session, member_id: uuid.UUID, code_hash: bytes, now: datetime) -> bool:
    """A recovery code was shown; False if it is none of the member's, or was shown before."""
    done = session.execute(
        text(
            "UPDATE recovery_codes SET used_at = :now"
            " WHERE member_id = :member AND code_hash = :hash AND used_at IS NULL RETURNING 1"
        ),
        {"member": member_id, "hash": code_hash, "now": now},
    )
    return done.one_or_none() is not None


def codes_left(session: Session, member_id: uuid.UUID) -> int:
    """How many recovery codes were not used."""
    return int(
        session.execute(
            text("SELECT count(*) FROM recovery_codes WHERE member_id = :member AND used_at IS NULL"),
            {"member": member_id},
        ).scalar_one()
    )
