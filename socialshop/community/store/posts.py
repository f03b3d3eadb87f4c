"""Statements on posts: writing, deciding, and the lists in which they are read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.community.rules import Kind, Rating, Status, Words
from socialshop.orders.service import ReceivedLine


class PostRow(NamedTuple):
    """A post as it is read; `author_name` of who agreed to be named, `pictures` in their order."""

    id: uuid.UUID
    kind: Kind
    author: int
    author_id: uuid.UUID
    author_name: str | None
    product_id: uuid.UUID
    product_title: str
    order_line_id: uuid.UUID
    rating: int | None
    title: str | None
    body: str
    status: Status
    reason: str | None
    version: int
    written_at: datetime
    decided_at: datetime | None
    pictures: list[uuid.UUID]


_POST = """
    SELECT p.id, p.kind, p.author, m.id, CASE WHEN consent_stands(m.id, 'names') THEN f.display_name END, p.product_id,
        g.title, p.order_line_id, p.rating, p.title, p.body, p.status, p.reason, p.version, p.written_at, p.decided_at,
        ARRAY(SELECT c.id FROM post_pictures c WHERE c.post_id = p.id ORDER BY c.place)
    FROM posts p JOIN members m ON m.number = p.author LEFT JOIN member_profiles f ON f.member_id = m.id
    JOIN products g ON g.id = p.product_id
"""


def add(
    session: Session, post_id: uuid.UUID, kind: Kind, line: ReceivedLine, *, author: int, words: Words, now: datetime
) -> bool:
    """Insert a post about an order line; False where there is one of its kind."""
    added = session.execute(
        text(
            """
            INSERT INTO posts (id, kind, author, product_id, order_line_id, rating, title, body, written_at)
            VALUES (:id, :kind, :author, :product, :line, :rating, :title, :body, :now)
            ON CONFLICT (kind, order_line_id) DO NOTHING RETURNING id
            """
        ),
        {
            "id": post_id,
            "kind": kind.value,
            "author": author,
            "line": line.id,
            "product": line.product_id,
            "rating": words.rating,
            "title": words.title,
            "body": words.body,
            "now": now,
        },
    ).one_or_none()
    return added is not None


def lock(session: Session, post_id: uuid.UUID) -> PostRow | None:
    """A post, for this transaction alone to change."""
    return _one(session, " WHERE p.id = :id FOR NO KEY UPDATE OF p", post_id)


def find(session: Session, post_id: uuid.UUID) -> PostRow | None:
    """A post, whatever its state."""
    return _one(session, " WHERE p.id = :id", post_id)


def revise(session: Session, post_id: uuid.UUID, words: Words, now: datetime) -> None:
    """Put other words in a post: it waits again."""
    session.execute(
        text(
            """
            UPDATE posts SET rating = :rating, title = :title, body = :body, status = 'pending', reason = NULL,
                decided_at = NULL, version = version + 1, written_at = :now
            WHERE id = :id
            """
        ),
        {"id": post_id, "rating": words.rating, "title": words.title, "body": words.body, "now": now},
    )


def set_status(session: Session, post_id: uuid.UUID, status: Status, reason: str | None, now: datetime) -> None:
    """Say where a post stands from now on."""
    session.execute(
        text("UPDATE posts SET status = :status, reason = :reason, decided_at = :now WHERE id = :id"),
        {"id": post_id, "status": status.value, "reason": reason, "now": now},
    )


def published(
    session: Session, kind: Kind, product_id: uuid.UUID | None, before: uuid.UUID | None, limit: int
) -> list[PostRow]:
    """Up to `limit` published posts of a kind, the newest first, of a product or all. Who has left says nothing."""
    return _many(
        session,
        " WHERE p.kind = :kind AND p.status = 'published' AND p.body <> ''"
        " AND (CAST(:product AS uuid) IS NULL OR p.product_id = :product)"
        " AND (CAST(:before AS uuid) IS NULL OR p.id < :before) ORDER BY p.id DESC LIMIT :limit",
        {"kind": kind.value, "product": product_id, "before": before, "limit": limit},
    )


def of_author(session: Session, author: int, before: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` posts of a member, the newest first."""
    return _many(
        session,
        " WHERE p.author = :author AND (CAST(:before AS uuid) IS NULL OR p.id < :before)"
        " ORDER BY p.id DESC LIMIT :limit",
        {"author": author, "before": before, "limit": limit},
    )


def in_status(session: Session, status: Status, after: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` posts that stand so, the oldest first."""
    return _many(
        session,
        " WHERE p.status = :status AND (CAST(:after AS uuid) IS NULL OR p.id > :after) ORDER BY p.id LIMIT :limit",
        {"status": status.value, "after": after, "limit": limit},
    )


def count_pending(session: Session) -> int:
    """How many posts wait for a decision."""
    return int(session.execute(text("SELECT count(*) FROM posts WHERE status = 'pending'")).scalar_one())


def ratings(session: Session, product_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Rating]:
    """What published reviews say of these products; without those that have none."""
    rows = session.execute(
        text(
            """
            SELECT product_id, count(*), sum(rating) FROM posts
            WHERE product_id = ANY(:ids) AND kind = 'review' AND status = 'published' GROUP BY product_id
            """
        ),
        {"ids": list(product_ids)},
    )
    return {row[0]: Rating(row[1], row[2]) for row in rows}


def titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these published notes are called."""
    rows = session.execute(
        text("SELECT id, title FROM posts WHERE id = ANY(:ids) AND kind = 'note' AND status = 'published'"),
        {"ids": list(ids)},
    )
    return {row.id: row.title for row in rows}


def kinds_written(session: Session, line_ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, Kind]]:
    """Which of these order lines have a post of which kind."""
    rows = session.execute(
        text("SELECT order_line_id, kind FROM posts WHERE order_line_id = ANY(:ids)"), {"ids": list(line_ids)}
    )
    return {(row[0], Kind(row[1])) for row in rows}


class SalesRow(NamedTuple):
    """What came through the links of a note, less what was sent back."""

    note_id: uuid.UUID
    orders: int
    volume_minor: int


def sales(session: Session, note_ids: Sequence[uuid.UUID], currency: str) -> list[SalesRow]:
    """Of each of these notes the orders that came through its links, but for its author's own; without none."""
    rows = session.execute(
        text(
            """
            SELECT p.id, count(*), sum(o.total_minor - o.refunded_minor)::bigint
            FROM posts p JOIN invite_links l ON l.kind = 'note' AND l.target_id = p.id
            JOIN orders o ON o.link_id = l.id AND o.buyer <> p.author AND o.currency = :currency
                AND o.status IN ('confirmed', 'shipped', 'received', 'completed')
            WHERE p.id = ANY(:ids) GROUP BY p.id
            """
        ),
        {"ids": list(note_ids), "currency": currency},
    )
    return [SalesRow(*row) for row in rows]


def _one(session: Session, where: str, post_id: uuid.UUID) -> PostRow | None:
    row = session.execute(text(_POST + where), {"id": post_id}).one_or_none()
    return None if row is None else _post(row)


def _many(session: Session, where: str, values: dict[str, object]) -> list[PostRow]:
    return [_post(row) for row in session.execute(text(_POST + where), values)]


def _post(row: Sequence[object]) -> PostRow:
    found = PostRow._make(row)
    return found._replace(kind=Kind(found.kind), status=Status(found.status))
