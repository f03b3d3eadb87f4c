"""All SQL of onboarding: one read across the rooms that a member's card is made of."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.memberships.service import TIER_OF

_CARD = text(
    f"""
    SELECT m.id, m.role, {TIER_OF} AS tier, m.joined_at,
           coalesce(p.display_name, left(m.external_id, 60), 'member ' || m.number) AS display_name,
           p.email, p.locale, p.time_zone,
           l.code, s.id AS sponsor, p.email_verified_at IS NOT NULL AS email_verified
    FROM members m
    LEFT JOIN member_profiles p ON p.member_id = m.id
    LEFT JOIN invite_links l ON l.owner_id = m.id AND l.kind = 'member' AND l.channel IS NULL
    LEFT JOIN referral_nodes n ON n.member_number = m.number
    LEFT JOIN members s ON s.number = n.sponsor
    WHERE m.id = :member_id
    """  # noqa: S608 - a text of the memberships' own
)


class CardRow(NamedTuple):
    """What is known of a member; `code` is None until the own link is made.

    `locale` and `time_zone` are None until they are chosen.
    """

    id: uuid.UUID
    role: str
    tier: str
    joined_at: datetime
    display_name: str
    email: str | None
    locale: str | None
    time_zone: str | None
    code: str | None
    sponsor: uuid.UUID | None
    email_verified: bool


def find_card(session: Session, member_id: uuid.UUID, now: datetime) -> CardRow | None:
    """The card of a member; one without a profile, from an import, is called by the shop's own id."""
    row = session.execute(_CARD, {"member_id": member_id, "now": now}).one_or_none()
    return CardRow(*row) if row else None
