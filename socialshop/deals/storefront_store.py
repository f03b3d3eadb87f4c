"""Statements on leaders' storefronts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.picture_store import banner_of


class StorefrontRow(NamedTuple):
    """A storefront; the name is None once its leader has left, `leads` says whether the member still does."""

    id: uuid.UUID
    leader: int
    leader_id: uuid.UUID
    display_name: str | None
    leads: bool
    title: str
    intro: str
    banner: dict[str, Any] | None


class PickRow(NamedTuple):
    """What stands at a place: a deal or a product."""

    deal_id: uuid.UUID | None
    product_id: uuid.UUID | None


_STOREFRONT = f"""
    SELECT s.id, s.leader, m.id, p.display_name, m.role IN ('leader', 'admin'), s.title, s.intro, {banner_of("s.id")}
    FROM storefronts s JOIN members m ON m.number = s.leader LEFT JOIN member_profiles p ON p.member_id = m.id
"""  # noqa: S608 - constants of these modules


def find(session: Session, storefront_id: uuid.UUID) -> StorefrontRow | None:
    """One storefront."""
    row = session.execute(text(_STOREFRONT + " WHERE s.id = :id"), {"id": storefront_id}).one_or_none()
    return StorefrontRow(*row) if row else None


def of_leader(session: Session, leader: int) -> StorefrontRow | None:
    """The leader's storefront."""
    row = session.execute(text(_STOREFRONT + " WHERE s.leader = :leader"), {"leader": leader}).one_or_none()
    return StorefrontRow(*row) if row else None


def lock_own(session: Session, leader: int) -> uuid.UUID | None:
    """The leader's storefront, held for this transaction; None without one."""
    found: uuid.UUID | None = session.execute(
        text("SELECT id FROM storefronts WHERE leader = :leader FOR NO KEY UPDATE"), {"leader": leader}
    ).scalar_one_or_none()
    return found


def picks_of(session: Session, storefront_id: uuid.UUID) -> list[PickRow]:
    """What is picked, in order."""
    rows = session.execute(
        text("SELECT deal_id, product_id FROM storefront_picks WHERE storefront_id = :id ORDER BY place"),
        {"id": storefront_id},
    )
    return [PickRow(*row) for row in rows]


def keep(session: Session, values: dict[str, object], picks: Sequence[PickRow]) -> uuid.UUID:
    """Keep the leader's storefront as it is to be; two at once come one after the other, and the later stays."""
    kept: uuid.UUID = session.execute(
        text(
            "INSERT INTO storefronts (id, leader, title, intro, kept_at) VALUES (:id, :leader, :title, :intro, :at)"
            " ON CONFLICT (leader) DO UPDATE SET title = excluded.title, intro = excluded.intro,"
            " kept_at = excluded.kept_at RETURNING id"
        ),
        values,
    ).scalar_one()
    session.execute(text("DELETE FROM storefront_picks WHERE storefront_id = :id"), {"id": kept})
    session.execute(
        text(
            "INSERT INTO storefront_picks (storefront_id, place, deal_id, product_id)"
            " SELECT :id, place, deal_id, product_id"
            " FROM unnest(CAST(:deals AS uuid[]), CAST(:products AS uuid[]))"
            " WITH ORDINALITY AS given (deal_id, product_id, place)"
        ),
        {"id": kept, "deals": [pick.deal_id for pick in picks], "products": [pick.product_id for pick in picks]},
    )
    return kept


def titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these storefronts are called, by id."""
    rows = session.execute(text("SELECT id, title FROM storefronts WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.title for row in rows}
