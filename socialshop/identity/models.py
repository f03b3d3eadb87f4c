"""Members, what is known of the person, and how the person proves to be that member.

The ledger and the tree know a member by `number` alone; everything personal hangs from the profile, so that erasing a
person leaves sums and structure whole.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base


class Member(Base):
    """Somebody who may buy and earn; `number` is the pseudonym, `external_id` the shop's own id of an imported one."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("role IN ('member', 'leader', 'finance', 'admin')", name="role"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=False), unique=True)
    external_id: Mapped[str | None] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text, server_default=text("'member'"))
    joined_at: Mapped[datetime]


class MemberProfile(Base):
    """What is known of the person; without a time zone of its own, the shop's counts."""

    __tablename__ = "member_profiles"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    display_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    pending_email: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)


# Unique whatever the letter case; an expression, so that no second column can disagree with the first.
Index("uq_member_profiles_email", func.lower(MemberProfile.email), unique=True)


class MemberCredential(Base):
    """The hash of a password; a member without one cannot sign in."""

    __tablename__ = "member_credentials"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class MemberSession(Base):
    """A signed-in device. Only the SHA-256 of the token is kept: who reads this table can sign in as nobody."""

    __tablename__ = "member_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    stepped_up_at: Mapped[datetime | None]


class MemberConsent(Base):
    """What the person agreed to or no longer does, in which version, when: the newest row of a document counts."""

    __tablename__ = "member_consents"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    given: Mapped[bool] = mapped_column(server_default=text("true"))
    accepted_at: Mapped[datetime] = mapped_column(primary_key=True)


class MemberClaim(Base):
    """The right of an imported person to set a first password. Only the SHA-256 of the token is kept."""

    __tablename__ = "member_claims"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
