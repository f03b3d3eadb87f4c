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
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from flask import request

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import DomainError, Kind
from socialshop.web import problems, store
from socialshop.web.problems import Refused
from socialshop.web.store import Claim, Kept

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


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
    answered = store.find_answer(uow.session, found)
    if answered is None:
        return found
    request_hash, kept = answered
    if request_hash != found.request_hash:
        raise IdempotencyKeyReused("this key was used for another request; a new intent needs a new key")
    return replace(found, kept=kept)


def keep(uow: UnitOfWork, claim: Claim, status: int, media_type: str, content: bytes) -> None:
    """Store the answer in the transaction of the change: both are there, or neither."""
    store.add_answer(uow.session, claim, Kept(status, media_type, content), uow.now)


def purge(uow: UnitOfWork) -> bool:
    """Forget answers older than KEPT_FOR, a batch a call; True while there are more."""
    return store.delete_answers(uow.session, uow.now - KEPT_FOR)
