"""Gifts: who pays a plan for another, and whether it was redeemed."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_COLUMNS = "id, giver, charge_id, status, subscription_id, created_at, redeemed_at"


class GiftRow(NamedTuple):
    """A gift."""

    id: uuid.UUID
    giver: int
    charge_id: uuid.UUID
    status: str
    subscription_id: uuid.UUID | None
    created_at: datetime
    redeemed_at: datetime | None


def add(session: Session, gift_id: uuid.UUID, *, giver: int, charge_id: uuid.UUID, now: datetime) -> None:
    """A gift that waits for its payment."""
    session.execute(
        text("INSERT INTO plan_gifts (id, giver, charge_id, created_at) VALUES (:id, :giver, :charge, :now)"),
        {"id": gift_id, "giver": giver, "charge": charge_id, "now": now},
    )


def of_giver(session: Session, giver: int) -> list[GiftRow]:
    """The gifts of a giver, the newest first."""
    return _rows(session, "giver = :giver ORDER BY id DESC", {"giver": giver})


def lock(session: Session, gift_id: uuid.UUID, giver: int) -> GiftRow | None:
    """This giver's gift, for this transaction alone to change."""
    found = _rows(session, "id = :id AND giver = :giver FOR NO KEY UPDATE", {"id": gift_id, "giver": giver})
    return found[0] if found else None


def lock_by_token(session: Session, token_hash: bytes) -> GiftRow | None:
    """The gift that a link gives, for this transaction alone to change."""
    found = _rows(session, "token_hash = :hash FOR NO KEY UPDATE", {"hash": token_hash})
    return found[0] if found else None


def set_token(session: Session, gift_id: uuid.UUID, token_hash: bytes) -> bool:
    """The gift's link is this one alone; False where it may have none."""
    found = session.execute(
        text("UPDATE plan_gifts SET token_hash = :hash WHERE id = :id AND status = 'ready' RETURNING id"),
        {"id": gift_id, "hash": token_hash},
    )
    return found.one_or_none() is not None


def note_paid(session: Session, charge_ids: Collection[uuid.UUID]) -> None:
    """The gifts of these charges may be redeemed."""
    session.execute(
        text("UPDATE plan_gifts SET status = 'ready' WHERE charge_id = ANY(:ids) AND status = 'waiting'"),
        {"ids": list(charge_ids)},
    )


def note_redeemed(session: Session, gift_id: uuid.UUID, subscription_id: uuid.UUID, now: datetime) -> None:
    """Somebody has it: the link is used."""
    session.execute(
        text(
            "UPDATE plan_gifts SET status = 'redeemed', subscription_id = :subscription, redeemed_at = :now,"
            " token_hash = NULL WHERE id = :id AND status = 'ready'"
        ),
        {"id": gift_id, "subscription": subscription_id, "now": now},
    )


def note_returned(session: Session, gift_id: uuid.UUID) -> None:
    """The giver has the money back: the link is worth nothing."""
    session.execute(
        text("UPDATE plan_gifts SET status = 'returned', token_hash = NULL WHERE id = :id AND status = 'ready'"),
        {"id": gift_id},
    )


def _rows(session: Session, condition: str, parameters: dict[str, object]) -> list[GiftRow]:
    statement = f"SELECT {_COLUMNS} FROM plan_gifts WHERE {condition}"  # noqa: S608 - constants
    return [GiftRow(*row) for row in session.execute(text(statement), parameters)]
