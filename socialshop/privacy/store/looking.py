"""Statements on who looked at whose data."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# Whose data something shows, by the prefix of its public id.
_WHOSE: Mapping[str, str] = {
    "mbr": "SELECT id FROM members WHERE id = :key",
    "ord": "SELECT m.id FROM orders o JOIN members m ON m.number = o.buyer WHERE o.id = :key",
    "rfd": "SELECT m.id FROM refunds r JOIN members m ON m.number = r.buyer WHERE r.id = :key",
    "acr": "SELECT m.id FROM accruals a JOIN members m ON m.number = a.beneficiary WHERE a.id = :key",
    "rdm": "SELECT m.id FROM reward_redemptions d JOIN members m ON m.number = d.member WHERE d.id = :key",
    "post": "SELECT m.id FROM posts p JOIN members m ON m.number = p.author WHERE p.id = :key",
    "qst": "SELECT m.id FROM questions q JOIN members m ON m.number = q.member WHERE q.id = :key",
    "rpt": "SELECT m.id FROM reports r JOIN members m ON m.number = r.about WHERE r.id = :key",
    "dec": "SELECT m.id FROM standing_decisions d JOIN members m ON m.number = d.member WHERE d.id = :key",
    "por": "SELECT member_id AS id FROM payout_requests WHERE id = :key",
    "fnd": "SELECT m.id FROM finding_members f JOIN members m ON m.number = f.member_number WHERE f.finding_id = :key",
    "pob": "SELECT DISTINCT member_id AS id FROM payout_requests WHERE batch_id = :key",
}
KINDS = frozenset(_WHOSE)
_NOTE = {
    prefix: text(
        "INSERT INTO data_looks (member_id, viewer, saw, looked_at)"  # noqa: S608 - constants of this module
        f" SELECT w.id, :viewer, :saw, :now FROM ({whose}) w WHERE w.id <> :viewer"
    )
    for prefix, whose in _WHOSE.items()
}


class LookRow(NamedTuple):
    """A look: who, as what the shop knows the viewer now, at what, when."""

    id: int
    viewer: uuid.UUID
    role: str
    saw: str
    looked_at: datetime


def note(session: Session, prefix: str, key: uuid.UUID, viewer: uuid.UUID, *, saw: str, now: datetime) -> None:
    """Append a row for everybody whose data was seen, but for the viewer's own."""
    session.execute(_NOTE[prefix], {"key": key, "viewer": viewer, "saw": saw, "now": now})


def page(session: Session, member_id: uuid.UUID, before: int | None, limit: int) -> list[LookRow]:
    """Up to `limit` looks at a member's data, the newest first."""
    rows = session.execute(
        text(
            "SELECT l.id, l.viewer, m.role, l.saw, l.looked_at FROM data_looks l JOIN members m ON m.id = l.viewer"
            " WHERE l.member_id = :member AND (CAST(:before AS bigint) IS NULL OR l.id < :before)"
            " ORDER BY l.id DESC LIMIT :limit"
        ),
        {"member": member_id, "before": before, "limit": limit},
    )
    return [LookRow(*row) for row in rows]


class DeskLook(NamedTuple):
    """A look as those read it who answer for it: who saw whose data."""

    id: int
    viewer: uuid.UUID
    member_id: uuid.UUID
    saw: str
    looked_at: datetime


def desk_page(
    session: Session, viewer: uuid.UUID | None, member_id: uuid.UUID | None, before: int | None, limit: int
) -> list[DeskLook]:
    """Up to `limit` looks by somebody, at somebody's data, or any, the newest first."""
    conditions = ["true"]
    conditions += ["viewer = :viewer"] if viewer is not None else []
    conditions += ["member_id = :member"] if member_id is not None else []
    conditions += ["id < :before"] if before is not None else []
    rows = session.execute(
        text(
            "SELECT id, viewer, member_id, saw, looked_at FROM data_looks"  # noqa: S608 - conditions of our own
            f" WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT :limit"
        ),
        {"viewer": viewer, "member": member_id, "before": before, "limit": limit},
    )
    return [DeskLook(*row) for row in rows]


def forget(session: Session, before: datetime, limit: int) -> int:
    """Delete up to `limit` looks older than that; returns how many."""
    gone = session.execute(
        text(
            "DELETE FROM data_looks WHERE id = ANY (ARRAY("
            " SELECT id FROM data_looks WHERE looked_at < :before LIMIT :limit)) RETURNING 1"
        ),
        {"before": before, "limit": limit},
    ).all()
    return len(gone)
