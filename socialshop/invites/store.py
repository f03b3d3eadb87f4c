"""All SQL of invites."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from socialshop.invites.models import InviteLink


class OwnerRow(NamedTuple):
    """Whose link it is."""

    member_id: uuid.UUID
    number: int


def add_own_link(session: Session, *, link_id: uuid.UUID, code: str, owner_id: uuid.UUID, at: datetime) -> bool:
    """Insert a member's own link; False if the code is taken or the member has one already."""
    statement = (
        insert(InviteLink)
        .values(id=link_id, code=code, kind="member", owner_id=owner_id, created_at=at)
        .on_conflict_do_nothing()
        .returning(InviteLink.id)
    )
    return session.execute(statement).one_or_none() is not None


def find_own_code(session: Session, owner_id: uuid.UUID) -> str | None:
    """The code of a member's own link."""
    statement = select(InviteLink.code).where(InviteLink.owner_id == owner_id, InviteLink.kind == "member")
    return session.execute(statement).scalar_one_or_none()


def find_owner(session: Session, code: str) -> OwnerRow | None:
    """The owner of the link with this code."""
    row = session.execute(
        text("SELECT m.id, m.number FROM invite_links l JOIN members m ON m.id = l.owner_id WHERE l.code = :code"),
        {"code": code},
    ).one_or_none()
    return OwnerRow(*row) if row else None
