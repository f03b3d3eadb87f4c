"""Mails that are held for a digest, and the digest that they are folded into."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids

_FOLD = text(
    """
    WITH fresh AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:members AS bigint[])) AS f (id, member)
    ), folded AS (
        UPDATE mails m SET status = 'folded', digest_id = f.id, ended_at = :now, because = 'told in a digest'
        FROM fresh f WHERE m.member = f.member AND m.status = 'held' AND m.due_at <= :now
        RETURNING m.digest_id
    )
    INSERT INTO mails (id, member, kind, subject, facts, due_at, created_at)
    SELECT f.id, f.member, 'digest', CAST(f.id AS text), '{}', :now, :now FROM fresh f
    WHERE EXISTS (SELECT FROM folded d WHERE d.digest_id = f.id)
    """
)


def due(session: Session, now: datetime, limit: int) -> list[int]:
    """Up to `limit` members who have mails that were held until now."""
    found = session.execute(
        text(
            "SELECT DISTINCT member FROM (SELECT member FROM mails WHERE status = 'held' AND due_at <= :now"
            " ORDER BY due_at, member LIMIT :limit) first ORDER BY member"
        ),
        {"now": now, "limit": limit},
    )
    return list(found.scalars())


def fold(session: Session, members: Collection[int], now: datetime) -> None:
    """Fold what was held for these members until now into one mail each. One statement."""
    session.execute(_FOLD, {"ids": new_ids(len(members)), "members": list(members), "now": now})


def items(
    session: Session, digests: Collection[uuid.UUID], most: int
) -> Mapping[uuid.UUID, list[tuple[str, dict[str, Any]]]]:
    """What was folded into these mails, kind and facts, the newest first, and `most` of each."""
    rows = session.execute(
        text(
            """
            SELECT digest_id, kind, facts FROM (
                SELECT id, digest_id, kind, facts, row_number() OVER (PARTITION BY digest_id ORDER BY id DESC) AS place
                FROM mails WHERE digest_id = ANY(:ids)
            ) folded WHERE place <= :most ORDER BY digest_id, place
            """
        ),
        {"ids": list(digests), "most": most},
    )
    found: dict[uuid.UUID, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        found[row.digest_id].append((row.kind, row.facts))
    return found
