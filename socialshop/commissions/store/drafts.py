"""Drafts of plans, beside the versions that were published without one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

# A plan on show is a draft with the version that it became, if it did; or a version that was published from a file.
_PLANS = """
    SELECT coalesce(d.id, v.id) AS id, coalesce(d.document, v.document) AS document,
           coalesce(d.created_at, v.published_at) AS created_at, v.id AS version_id, v.number, v.effective_at
    FROM commission_plan_drafts d FULL JOIN commission_plan_versions v ON v.id = d.version_id
"""


class PlanRow(NamedTuple):
    """A draft or a published plan; the last three are null for a draft."""

    id: uuid.UUID
    document: dict[str, Any]
    created_at: datetime
    version_id: uuid.UUID | None
    number: int | None
    effective_at: datetime | None


def add(
    session: Session, draft_id: uuid.UUID, document: dict[str, Any], *, created_by: uuid.UUID, now: datetime
) -> None:
    """Append a draft."""
    session.execute(
        text(
            """
            INSERT INTO commission_plan_drafts (id, name, currency, document, created_by, created_at)
            VALUES (:id, :name, :currency, :document, :created_by, :now)
            """
        ).bindparams(bindparam("document", type_=JSONB)),
        {
            "id": draft_id,
            "name": document["name"],
            "currency": document["currency"],
            "document": document,
            "created_by": created_by,
            "now": now,
        },
    )


def change(session: Session, draft_id: uuid.UUID, document: dict[str, Any]) -> None:
    """Say a draft anew, which is locked and not published."""
    session.execute(
        text(
            """
            UPDATE commission_plan_drafts SET name = :name, currency = :currency, document = :document
            WHERE id = :id AND version_id IS NULL
            """
        ).bindparams(bindparam("document", type_=JSONB)),
        {"id": draft_id, "name": document["name"], "currency": document["currency"], "document": document},
    )


def remove(session: Session, draft_id: uuid.UUID) -> None:
    """Throw a draft away, which is locked and not published, with what it was tried on."""
    for statement in (
        "DELETE FROM plan_simulations WHERE plan_id = :id",
        "DELETE FROM commission_plan_drafts WHERE id = :id AND version_id IS NULL",
    ):
        session.execute(text(statement), {"id": draft_id})


def lock(session: Session, draft_id: uuid.UUID) -> bool:
    """Keep the draft for this transaction alone; False if there is none."""
    found = session.execute(text("SELECT FROM commission_plan_drafts WHERE id = :id FOR UPDATE"), {"id": draft_id})
    return found.first() is not None


def find(session: Session, plan_id: uuid.UUID) -> PlanRow | None:
    """The draft or published plan of this id."""
    row = session.execute(text(f"SELECT * FROM ({_PLANS}) p WHERE id = :id"), {"id": plan_id}).one_or_none()  # noqa: S608
    return PlanRow(*row) if row else None


def page_of(session: Session, before: uuid.UUID | None, limit: int) -> list[PlanRow]:
    """Up to `limit` plans, the newest first, older than `before`."""
    rows = session.execute(
        text(
            f"SELECT * FROM ({_PLANS}) p WHERE CAST(:before AS uuid) IS NULL OR id < :before"  # noqa: S608
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [PlanRow(*row) for row in rows]


def mark_published(session: Session, draft_id: uuid.UUID, version_id: uuid.UUID) -> None:
    """The draft became this version. (The version may be another draft's too: the same document, published once.)"""
    session.execute(
        text("UPDATE commission_plan_drafts SET version_id = :version_id WHERE id = :id"),
        {"id": draft_id, "version_id": version_id},
    )


def became(session: Session, version_id: uuid.UUID) -> PlanRow | None:
    """The plan on show that this version belongs to; of several drafts of one document the one made first."""
    row = session.execute(
        text(f"SELECT * FROM ({_PLANS}) p WHERE version_id = :version_id ORDER BY id LIMIT 1"),  # noqa: S608
        {"version_id": version_id},
    ).one_or_none()
    return PlanRow(*row) if row else None
