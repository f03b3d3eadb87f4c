"""All SQL of the web's glue: answers kept under idempotency keys."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from socialshop.infra.db import PURGED_AT_ONCE, Base, Statement


class IdempotencyAnswer(Base):
    """A 2xx answer, kept for a day (`idempotency.KEPT_FOR`)."""

    __tablename__ = "idempotency_answers"
    __table_args__ = (Index(None, "answered_at"),)

    actor_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(Text, primary_key=True)
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    media_type: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer under a key, or (`kept`) the answer already given."""

    actor_id: uuid.UUID
    method: str
    path: str
    key: str
    request_hash: bytes
    kept: Kept | None = None


def find_answer(session: Session, claim: Claim) -> tuple[bytes, Kept] | None:
    """The answer under the claim's key, if there is one, and the hash of the request that it answered."""
    asked = {"actor_id": claim.actor_id, "method": claim.method, "path": claim.path, "key": claim.key}
    row = _FIND.row(session, asked)
    return None if row is None else (row[0], Kept(*row[1:]))


def add_answer(session: Session, claim: Claim, answer: Kept, at: datetime) -> None:
    """Insert an answer under its key."""
    _ADD.rows(
        session,
        {
            "actor_id": claim.actor_id,
            "method": claim.method,
            "path": claim.path,
            "key": claim.key,
            "request_hash": claim.request_hash,
            "status": answer.status,
            "media_type": answer.media_type,
            "content": answer.content,
            "answered_at": at,
        },
    )


# Built once: each request with a key asks and keeps.
_FIND = Statement(
    "SELECT request_hash, status, media_type, content FROM idempotency_answers"
    " WHERE actor_id = :actor_id AND method = :method AND path = :path AND key = :key"
)
_ADD = Statement(
    "INSERT INTO idempotency_answers"
    " (actor_id, method, path, key, request_hash, status, media_type, content, answered_at)"
    " VALUES (:actor_id, :method, :path, :key, :request_hash, :status, :media_type, :content, :answered_at)"
)


def delete_answers(session: Session, answered_before: datetime) -> bool:
    """Delete a batch of old answers; True while there are more."""
    gone = session.execute(
        text(
            "DELETE FROM idempotency_answers WHERE ctid = ANY (ARRAY("
            " SELECT ctid FROM idempotency_answers WHERE answered_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED))"
            " RETURNING 1"
        ),
        {"before": answered_before, "batch": PURGED_AT_ONCE},
    ).all()
    return len(gone) == PURGED_AT_ONCE
