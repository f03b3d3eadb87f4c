"""Idempotency keys: the same key and body get the same answer again, and the change happens once.

Only 2xx answers are kept, per actor, method and full path, in the transaction of the change itself. "Still running" is
an advisory try-lock of the same transaction: commit or crash frees it, and nothing is ever stuck. Every statement must
see what was committed before it, so an operation under another isolation takes no key. No operation that answers with
a token takes part: no token is ever stored.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from flask import request
from sqlalchemy import Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import DomainError, Kind
from socialshop.web import problems
from socialshop.web.problems import Refused

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_PURGED_AT_ONCE = 10_000


class Idempotency(StrEnum):
    """What an operation makes of the header."""

    REQUIRED = "required"
    ACCEPTED = "accepted"
    IGNORED = "ignored"


class IdempotencyInProgress(DomainError):
    """A request with this key is still running."""

    code = "idempotency_in_progress"
    kind = Kind.CONFLICT


class IdempotencyKeyReused(DomainError):
    """The key was used before for something else."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID


class IdempotencyAnswer(Base):
    """A 2xx answer, kept for KEPT_FOR."""

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


# Built once: each request with a key asks and keeps.
_FIND = text(
    "SELECT request_hash, status, media_type, content FROM idempotency_answers"
    " WHERE actor_id = :actor_id AND method = :method AND path = :path AND key = :key"
)
_KEEP = text(
    "INSERT INTO idempotency_answers"
    " (actor_id, method, path, key, request_hash, status, media_type, content, answered_at)"
    " VALUES (:actor_id, :method, :path, :key, :request_hash, :status, :media_type, :content, :answered_at)"
)


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


def key_of_request(rule: Idempotency) -> str | None:
    """The request's key, None without one. Raises Refused (400) where it is required and missing, or malformed."""
    if rule is Idempotency.IGNORED:
        return None
    key = request.headers.get(HEADER)
    if key is None:
        if rule is Idempotency.REQUIRED:
            raise Refused(problems.KEY_MISSING, f"send {HEADER}: a text of your own, new for every new intent")
        return None
    if not _KEY.fullmatch(key):
        raise Refused(problems.KEY_MALFORMED, f"{HEADER} is 1 to 255 visible ASCII characters")
    return key


def claim(uow: UnitOfWork, actor_id: uuid.UUID, method: str, path: str, *, key: str, content: bytes) -> Claim:
    """Hold the key until the unit of work ends, and look for the answer that was given under it.

    Raises IdempotencyInProgress while another request holds it, IdempotencyKeyReused if it answered other content.
    """
    found = Claim(actor_id, method, path, key, hashlib.sha256(content).digest())
    if not advisory_lock(uow, f"idempotency {actor_id} {method} {path} {key}", wait=False):
        raise IdempotencyInProgress("a request with this key is still running; ask again in a moment")
    # Only a statement that begins after the lock was given sees what its last holder committed.
    row = uow.session.execute(_FIND, {"actor_id": actor_id, "method": method, "path": path, "key": key}).one_or_none()
    if row is None:
        return found
    if row.request_hash != found.request_hash:
        raise IdempotencyKeyReused("this key was used for another request; a new intent needs a new key")
    return replace(found, kept=Kept(row.status, row.media_type, row.content))


def keep(uow: UnitOfWork, claim: Claim, status: int, media_type: str, content: bytes) -> None:
    """Store the answer in the transaction of the change: both are there, or neither."""
    uow.session.execute(
        _KEEP,
        {
            "actor_id": claim.actor_id,
            "method": claim.method,
            "path": claim.path,
            "key": claim.key,
            "request_hash": claim.request_hash,
            "status": status,
            "media_type": media_type,
            "content": content,
            "answered_at": uow.now,
        },
    )


def purge(uow: UnitOfWork) -> bool:
    """Forget answers older than KEPT_FOR, a batch a call; True while there are more."""
    gone = uow.session.execute(
        text(
            "DELETE FROM idempotency_answers WHERE ctid = ANY (ARRAY("
            " SELECT ctid FROM idempotency_answers WHERE answered_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED))"
            " RETURNING 1"
        ),
        {"before": uow.now - KEPT_FOR, "batch": _PURGED_AT_ONCE},
    ).all()
    return len(gone) == _PURGED_AT_ONCE
