"""Statements on phones and their codes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from socialshop.infra.db import PURGED_AT_ONCE
from socialshop.signins.rules import CODE_GOOD_FOR, MOST_ATTEMPTS, SENT_A_DAY, SENT_EVERY

# One statement whether somebody signs in by this phone or not, so that the time taken tells nothing. By phone: who has
# the shop's keys signs in by none, for a number can be taken over at its provider.
_ASK = text(
    """
    INSERT INTO phone_codes (id, member_id, purpose, phone, status, created_at)
    SELECT :id, a.member_id, :purpose, :phone, 'queued', :now
    FROM (
        SELECT p.member_id FROM member_phones p JOIN members m ON m.id = p.member_id
        WHERE :purpose = 'sign_in' AND p.phone = :phone AND m.role IN ('member', 'leader')
        UNION ALL SELECT CAST(:member AS uuid) WHERE :purpose = 'link'
    ) AS a
    WHERE NOT EXISTS (SELECT FROM phone_codes c WHERE c.phone = :phone AND c.created_at > :lately)
        AND NOT EXISTS (SELECT FROM phone_codes c WHERE c.member_id = a.member_id AND c.created_at > :lately)
        AND (SELECT count(*) FROM phone_codes c WHERE c.phone = :phone AND c.created_at > :yesterday) < :a_day
        AND (SELECT count(*) FROM phone_codes c WHERE c.member_id = a.member_id AND c.created_at > :yesterday) < :a_day
    """
)
_CLAIM = text(
    """
    UPDATE phone_codes c SET status = 'sending', code_hash = :hash, expires_at = :expires_at
    FROM member_profiles p
    WHERE p.member_id = c.member_id AND c.id = (
        SELECT id FROM phone_codes WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING c.id, c.phone, p.locale
    """
)
# The newest code alone is good. Who waited for its row sees its attempts and status as the one ahead left them.
_TRY = text(
    """
    UPDATE phone_codes SET attempts = attempts + 1
    WHERE id = (
        SELECT id FROM phone_codes
        WHERE purpose = :purpose AND (phone = :phone OR (purpose = 'link' AND member_id = :member))
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AND status = 'sent' AND expires_at > :now AND attempts < :most
    RETURNING id, member_id, phone, code_hash
    """
)


class PhoneRow(NamedTuple):
    """A member's phone."""

    phone: str
    verified_at: datetime


class ClaimedCode(NamedTuple):
    """A code that is ours to send."""

    id: uuid.UUID
    phone: str
    locale: str | None


class TriedCode(NamedTuple):
    """The code that an attempt was counted against."""

    id: uuid.UUID
    member_id: uuid.UUID
    phone: str
    code_hash: str


def find(session: Session, member_id: uuid.UUID) -> PhoneRow | None:
    """The member's phone."""
    row = session.execute(
        text("SELECT phone, verified_at FROM member_phones WHERE member_id = :member"), {"member": member_id}
    ).one_or_none()
    return PhoneRow(*row) if row else None


def put(session: Session, member_id: uuid.UUID, phone: str, now: datetime) -> bool:
    """The phone is the member's, in place of another; False if somebody else has it."""
    try:
        # Two who show the same phone at once meet at the index: the second must not lose its transaction.
        with session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO member_phones (member_id, phone, verified_at) VALUES (:member, :phone, :now)"
                    " ON CONFLICT (member_id) DO UPDATE SET phone = :phone, verified_at = :now"
                ),
                {"member": member_id, "phone": phone, "now": now},
            )
    except IntegrityError:
        return False
    return True


def remove(session: Session, member_id: uuid.UUID) -> bool:
    """The member has no phone any more, and codes that are on their way are worth nothing; False if there was none."""
    gone = session.execute(
        text("DELETE FROM member_phones WHERE member_id = :member RETURNING 1"), {"member": member_id}
    ).one_or_none()
    session.execute(
        text("UPDATE phone_codes SET status = 'void' WHERE member_id = :member AND status IN ('sending', 'sent')"),
        {"member": member_id},
    )
    _drop_queued(session, member_id)
    return gone is not None


def ask(
    session: Session, code_id: uuid.UUID, now: datetime, *, purpose: str, phone: str, member_id: uuid.UUID | None
) -> None:
    """Queue a code, unless nobody has this phone or too many were asked for."""
    session.execute(
        _ASK,
        {
            "id": code_id,
            "purpose": purpose,
            "phone": phone,
            "member": member_id,
            "now": now,
            "lately": now - SENT_EVERY,
            "yesterday": now - timedelta(days=1),
            "a_day": SENT_A_DAY,
        },
    )


def claim(session: Session, code_hash: str, now: datetime) -> ClaimedCode | None:
    """Take the first code that waits, and keep its hash."""
    row = session.execute(_CLAIM, {"hash": code_hash, "expires_at": now + CODE_GOOD_FOR}).one_or_none()
    return ClaimedCode(*row) if row else None


def note_sent(session: Session, code_id: uuid.UUID, status: str) -> None:
    """What came of the sending."""
    session.execute(
        text("UPDATE phone_codes SET status = :status WHERE id = :id AND status = 'sending'"),
        {"id": code_id, "status": status},
    )


def try_code(
    session: Session, purpose: str, *, phone: str | None, member_id: uuid.UUID | None, now: datetime
) -> TriedCode | None:
    """Count an attempt against the newest code of this phone or member; None where no code is good any more."""
    row = session.execute(
        _TRY, {"purpose": purpose, "phone": phone, "member": member_id, "now": now, "most": MOST_ATTEMPTS}
    ).one_or_none()
    return TriedCode(*row) if row else None


def use(session: Session, tried: TriedCode) -> None:
    """The code, whose row this transaction holds, was the right one; others that the member has are worth nothing."""
    session.execute(
        text(
            "UPDATE phone_codes SET status = CASE WHEN id = :id THEN 'used' ELSE 'void' END"
            " WHERE member_id = :member AND status IN ('sending', 'sent')"
        ),
        {"id": tried.id, "member": tried.member_id},
    )
    _drop_queued(session, tried.member_id)


def _drop_queued(session: Session, member_id: uuid.UUID) -> None:
    """What was asked for before is not sent any more."""
    session.execute(
        text("DELETE FROM phone_codes WHERE member_id = :member AND status = 'queued'"), {"member": member_id}
    )


def purge(session: Session, before: datetime) -> bool:
    """Delete a batch of codes that were asked for before; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM phone_codes WHERE id = ANY (ARRAY(SELECT id FROM phone_codes"
            " WHERE created_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1"
        ),
        {"before": before, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE
