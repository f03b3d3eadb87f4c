"""Tables of the sponsor tree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base


class ReferralNode(Base):
    """A member's place: the sponsor, the depth (0 at the top) and the nearest 8 uplines, the sponsor first.

    A full path would cost n² on a long chain (80 GB at 100,000 deep); commissions never look further than 8 levels.
    """

    __tablename__ = "referral_nodes"
    __table_args__ = (
        CheckConstraint("sponsor <> member_number", name="sponsor"),
        CheckConstraint("depth >= 0", name="depth"),
        CheckConstraint("cardinality(uplines) <= 8", name="uplines"),
        Index("ix_referral_nodes_sponsor", "sponsor"),
    )

    member_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("members.number"), primary_key=True, autoincrement=False
    )
    sponsor: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("referral_nodes.member_number"))
    depth: Mapped[int]
    uplines: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    placed_at: Mapped[datetime]
    is_merged: Mapped[bool] = mapped_column(server_default=text("false"))


class SponsorCorrection(Base):
    """One audited change of a sponsor; append-only, so that the sponsor at any instant can be told."""

    __tablename__ = "sponsor_corrections"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("from_sponsor IS DISTINCT FROM to_sponsor", name="change"),
        Index("ix_sponsor_corrections_member_number_id", "member_number", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    member_number: Mapped[int] = mapped_column(BigInteger, ForeignKey("referral_nodes.member_number"))
    from_sponsor: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("referral_nodes.member_number"))
    to_sponsor: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("referral_nodes.member_number"))
    reason: Mapped[str] = mapped_column(Text)
    corrected_by: Mapped[str] = mapped_column(Text)
    corrected_at: Mapped[datetime]
