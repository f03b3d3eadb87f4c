"""Invite links."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base


class InviteLink(Base):
    """A link that leads to its owner; every member has one of kind `member`."""

    __tablename__ = "invite_links"
    __table_args__ = (
        CheckConstraint("kind IN ('member')", name="kind"),
        Index("uq_invite_links_member", "owner_id", unique=True, postgresql_where=text("kind = 'member'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
