"""All SQL of identity."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from socialshop.identity.models import (
    Member,
    MemberClaim,
    MemberConsent,
    MemberCredential,
    MemberProfile,
    MemberSession,
)
from socialshop.infra.columns import read_columns
from socialshop.infra.db import PURGED_AT_ONCE, Statement

_IDENTIFIER = re.compile(r"[a-z_]+", re.ASCII)
# Plain text where every request passes: building the same by expressions costs as much again as running it.
_LIVE_SESSION = Statement(
    """
    SELECT s.id, s.member_id, m.number, m.role, p.time_zone
    FROM member_sessions s JOIN members m ON m.id = s.member_id
    LEFT JOIN member_profiles p ON p.member_id = s.member_id
    WHERE s.token_hash = :token_hash AND s.expires_at > :now AND s.revoked_at IS NULL
    """
)


class CredentialRow(NamedTuple):
    """Whose password it is."""

    member_id: uuid.UUID
    password_hash: str


class AccountRow(NamedTuple):
    """A member's account as an admin finds it: the number, the shop's own id, and what there is already."""

    number: int
    external_id: str | None
    has_profile: bool
    has_password: bool


class SessionRow(NamedTuple):
    """A live session and its member."""

    session_id: uuid.UUID
    member_id: uuid.UUID
    number: int
    role: str
    time_zone: str | None


def let_lead(session: Session, number: int) -> bool:
    """Make a plain member a leader; False for who is none."""
    row = session.execute(
        text("UPDATE members SET role = 'leader' WHERE number = :number AND role = 'member' RETURNING number"),
        {"number": number},
    ).one_or_none()
    return row is not None


def add_member(session: Session, *, member_id: uuid.UUID, role: str, joined_at: datetime) -> int:
    """Insert a member; returns its number."""
    values = insert(Member).values(id=member_id, role=role, joined_at=joined_at)
    return session.execute(values.returning(Member.number)).scalar_one()


def add_profile(session: Session, values: Mapping[str, object]) -> bool:
    """Insert a profile; False if the e-mail is taken. Waits for another transaction that is adding the same e-mail."""
    statement = (
        upsert(MemberProfile)
        .values(**values)
        .on_conflict_do_nothing(index_elements=[func.lower(MemberProfile.email)])
        .returning(MemberProfile.member_id)
    )
    return session.execute(statement).one_or_none() is not None


def add_credential(session: Session, member_id: uuid.UUID, password_hash: str, at: datetime) -> None:
    """Insert a member's first password hash."""
    session.execute(insert(MemberCredential).values(member_id=member_id, password_hash=password_hash, changed_at=at))


def replace_hash(session: Session, member_id: uuid.UUID, password_hash: str) -> None:
    """Store the same password's hash under newer parameters; the password itself did not change."""
    session.execute(
        update(MemberCredential).where(MemberCredential.member_id == member_id).values(password_hash=password_hash)
    )


def add_consent(session: Session, member_id: uuid.UUID, document: str, version: str, at: datetime) -> None:
    """Record what was agreed to."""
    session.execute(
        insert(MemberConsent).values(member_id=member_id, document=document, version=version, accepted_at=at)
    )


def find_credential(session: Session, email: str) -> CredentialRow | None:
    """The credential behind an e-mail, whatever its letter case."""
    statement = (
        select(MemberCredential.member_id, MemberCredential.password_hash)
        .join(MemberProfile, MemberProfile.member_id == MemberCredential.member_id)
        .where(func.lower(MemberProfile.email) == func.lower(email))
    )
    row = session.execute(statement).one_or_none()
    return CredentialRow(*row) if row else None


def add_session(
    session: Session,
    *,
    session_id: uuid.UUID,
    token_hash: bytes,
    member_id: uuid.UUID,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    """Insert a session."""
    session.execute(
        insert(MemberSession).values(
            id=session_id, token_hash=token_hash, member_id=member_id, created_at=created_at, expires_at=expires_at
        )
    )


def find_session(session: Session, token_hash: bytes, now: datetime) -> SessionRow | None:
    """The live session of a token: one indexed statement, paid by every authenticated request."""
    row = _LIVE_SESSION.row(session, {"token_hash": token_hash, "now": now})
    return SessionRow(*row) if row else None


def revoke_session(session: Session, session_id: uuid.UUID, at: datetime) -> None:
    """End a session; the second time changes nothing."""
    session.execute(
        update(MemberSession)
        .where(MemberSession.id == session_id, MemberSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def update_profile(session: Session, member_id: uuid.UUID, changes: Mapping[str, object]) -> None:
    """Change some columns of a profile."""
    session.execute(update(MemberProfile).where(MemberProfile.member_id == member_id).values(**changes))


def delete_sessions(session: Session, expired_before: datetime) -> bool:
    """Delete a batch of sessions long expired; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM member_sessions WHERE id = ANY (ARRAY(SELECT id FROM member_sessions"
            " WHERE expires_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1"
        ),
        {"before": expired_before, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE


def lock_account(session: Session, member_id: uuid.UUID) -> AccountRow | None:
    """A member's account, held until the end of the transaction: an e-mail is attached or a claim redeemed, in turn."""
    statement = text(
        """
        SELECT m.number, m.external_id, p.member_id IS NOT NULL, c.member_id IS NOT NULL
        FROM members m
        LEFT JOIN member_profiles p ON p.member_id = m.id
        LEFT JOIN member_credentials c ON c.member_id = m.id
        WHERE m.id = :member_id FOR NO KEY UPDATE OF m
        """
    )
    row = session.execute(statement, {"member_id": member_id}).one_or_none()
    return AccountRow(*row) if row else None


def change_email(session: Session, member_id: uuid.UUID, email: str) -> bool:
    """Put an e-mail into a profile; False if another member has it, whatever its letter case."""
    try:
        # Two who attach the same address at once meet at the index: the second must not lose its transaction.
        with session.begin_nested():
            update_profile(session, member_id, {"email": email})
    except IntegrityError:
        return False
    return True


def put_claim(
    session: Session, member_id: uuid.UUID, token_hash: bytes, *, created_at: datetime, expires_at: datetime
) -> None:
    """Insert a member's claim, in place of the one before."""
    values = {"token_hash": token_hash, "created_at": created_at, "expires_at": expires_at}
    statement = upsert(MemberClaim).values(member_id=member_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[MemberClaim.member_id], set_=values))


def take_claim(session: Session, token_hash: bytes, now: datetime) -> uuid.UUID | None:
    """Use a claim up; of two who try at once one gets the member, the other None."""
    statement = (
        delete(MemberClaim)
        .where(MemberClaim.token_hash == token_hash, MemberClaim.expires_at > now)
        .returning(MemberClaim.member_id)
    )
    return session.execute(statement).scalar_one_or_none()


def delete_claims(session: Session, expired_before: datetime) -> bool:
    """Delete a batch of claims long expired; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM member_claims WHERE member_id = ANY (ARRAY(SELECT member_id FROM member_claims"
            " WHERE expires_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1"
        ),
        {"before": expired_before, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE


def number_by_external_id(session: Session, external_id: str) -> int | None:
    """Of the member with this external id."""
    return session.execute(select(Member.number).where(Member.external_id == external_id)).scalar_one_or_none()


def number_by_id(session: Session, member_id: uuid.UUID) -> int | None:
    """Of the member with this key."""
    return session.execute(select(Member.number).where(Member.id == member_id)).scalar_one_or_none()


def ids_of(session: Session, numbers: Sequence[int]) -> list[tuple[int, str | None, uuid.UUID]]:
    """Number, external id and key of each."""
    found = select(Member.number, Member.external_id, Member.id).where(Member.number.in_(list(numbers)))
    return [(number, external_id, key) for number, external_id, key in session.execute(found)]


def set_external_id(session: Session, member_id: uuid.UUID, external_id: str) -> None:
    """Name a member; the name must be free."""
    session.execute(update(Member).where(Member.id == member_id).values(external_id=external_id))


def has_members(session: Session) -> bool:
    """Whether there is any."""
    return session.execute(select(Member.number).limit(1)).first() is not None


def email_of(session: Session, member_id: uuid.UUID) -> str | None:
    """The address that the member signs in with; None where there is none."""
    found = session.execute(select(MemberProfile.email).where(MemberProfile.member_id == member_id))
    return found.scalar_one_or_none()


def has_email(session: Session, email: str) -> bool:
    """Whether somebody has this e-mail, whatever its letter case."""
    found = select(MemberProfile.member_id).where(func.lower(MemberProfile.email) == func.lower(email))
    return session.execute(found).first() is not None


def take_numbers(session: Session, count: int) -> npt.NDArray[np.int64]:
    """The next `count` numbers, in no order."""
    taken = read_columns(
        session,
        "SELECT nextval(pg_get_serial_sequence('members', 'number')) AS number"  # noqa: S608 - a whole number
        f" FROM generate_series(1, {int(count)})",
        {"number": "bigint"},
    )
    return taken["number"]


def add_staged(session: Session, staged: str, longest_name: int) -> None:
    """Insert the members of a staged table, and the profiles of those of whom a name or an e-mail is known."""
    if not _IDENTIFIER.fullmatch(staged):
        raise ValueError(f"not an identifier: {staged!r}")
    members = f"""
        INSERT INTO members (id, number, external_id, joined_at)
        SELECT id, number, external_id, joined_at FROM {staged}
    """  # noqa: S608 - an identifier, checked
    profiles = f"""
        INSERT INTO member_profiles (member_id, display_name, email)
        SELECT id, coalesce(display_name, left(external_id, {longest_name})), email FROM {staged}
        WHERE display_name IS NOT NULL OR email IS NOT NULL
    """  # noqa: S608 - an identifier, checked
    for statement in (members, profiles):
        session.execute(text(statement))


class Named(NamedTuple):
    """A member by number and name; without a name where the person has left or was never named."""

    id: uuid.UUID
    number: int
    role: str
    joined_at: datetime
    display_name: str | None
    email: str | None


_NAMED = """
    SELECT m.id, m.number, m.role, m.joined_at, p.display_name, p.email
    FROM members m LEFT JOIN member_profiles p ON p.member_id = m.id
"""


# Each part has its index: a member is looked up among a million as among ten.
_SOUGHT = """
    SELECT member_id FROM member_profiles WHERE lower(display_name) LIKE lower(:begins)
    UNION ALL SELECT member_id FROM member_profiles WHERE lower(email) LIKE lower(:begins)
    UNION ALL SELECT id FROM members WHERE external_id = :sought
    UNION ALL SELECT CAST(:member_id AS uuid)
"""
_WILD = re.compile(r"[\\%_]")


def named(session: Session, ids: Sequence[uuid.UUID], numbers: Sequence[int]) -> list[Named]:
    """The members of these ids or numbers."""
    rows = session.execute(
        text(f"{_NAMED} WHERE m.id = ANY(CAST(:ids AS uuid[])) OR m.number = ANY(CAST(:numbers AS bigint[]))"),
        {"ids": list(ids), "numbers": list(numbers)},
    )
    return [Named(*row) for row in rows]


def search(
    session: Session,
    *,
    sought: str | None,
    member_id: uuid.UUID | None,
    role: str | None,
    before: uuid.UUID | None,
    limit: int,
) -> list[Named]:
    """Up to `limit` members, the newest first: whose name or e-mail begins so, or who are known by it."""
    found = "" if sought is None else f"m.id IN ({_SOUGHT}) AND"
    begins = None if sought is None else _WILD.sub(r"\\\g<0>", sought) + "%"
    rows = session.execute(
        text(
            f"""
            {_NAMED}
            WHERE {found} (CAST(:role AS text) IS NULL OR m.role = :role)
              AND (CAST(:before AS uuid) IS NULL OR m.id < :before)
            ORDER BY m.id DESC LIMIT :limit
            """
        ),
        {
            "sought": sought,
            "begins": begins,
            "member_id": member_id,
            "role": role,
            "before": before,
            "limit": limit,
        },
    )
    return [Named(*row) for row in rows]
