"""Notices as their member reads them: the sentence is made now, in the reader's language."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language, language_of
from socialshop.notifications import rules
from socialshop.notifications.rules import Topic
from socialshop.notifications.sentences import Reader, say
from socialshop.notifications.store import notices as store
from socialshop.notifications.store.notices import NoticeRow


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice; `target` is the public id of what it leads to."""

    id: uuid.UUID
    kind: str
    topic: Topic
    text: str
    target: str | None
    facts: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notices:
    """Some of a member's notices, and how many of all are unread."""

    rows: Sequence[NoticeView]
    unread: int


def list_notices(
    uow: UnitOfWork,
    number: int,
    *,
    before: uuid.UUID | None = None,
    limit: int = 50,
    language: Language | None = None,
    unread_only: bool = False,
) -> Notices:
    """Up to `limit` of the member's notices, the newest first, older than `before`. Three statements.

    In `language`, else in the member's own.
    """
    reader = reader_of(uow, number, language)
    rows = store.page(uow.session, number, before, limit, unread=unread_only)
    return Notices([_view(row, reader) for row in rows], unread_count(uow, number))


def unread_count(uow: UnitOfWork, number: int) -> int:
    """How many notices the member has not read. One indexed statement."""
    return store.count_unread(uow.session, number)


def mark_read(uow: UnitOfWork, number: int, ids: Collection[uuid.UUID] | None = None) -> int:
    """Mark these notices, or all, as read; returns how many are still unread. Raises NotFound, also for another's."""
    if ids is not None and store.count_own(uow.session, number, ids) < len(set(ids)):
        raise NotFound("no such notice")
    store.mark_read(uow.session, number, ids, uow.now)
    return unread_count(uow, number)


def reader_of(uow: UnitOfWork, number: int, language: Language | None = None) -> Reader:
    """How a member reads: by the shop's clock, if by no other, and without a profile in Chinese."""
    row = store.reader(uow.session, number)
    own, zone = (row.locale, row.time_zone) if row else (None, None)
    return Reader(language or language_of(own), zone or wired.settings().time_zone)


def _view(row: NoticeRow, reader: Reader) -> NoticeView:
    kind = rules.KINDS[row.kind]
    return NoticeView(
        id=row.id,
        kind=row.kind,
        topic=kind.topic,
        text=say(row.kind, {**row.facts, "name": row.name}, reader),
        target=to_public(kind.target, row.target_id) if kind.target and row.target_id else None,
        facts=row.facts,
        created_at=row.created_at,
        read_at=row.read_at,
    )
