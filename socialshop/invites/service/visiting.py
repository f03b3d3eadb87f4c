"""Somebody follows a link: the click is recorded, and the landing page's facts come back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Kind, ShareSubject
from socialshop.invites.store import clicks as store
from socialshop.kernel.errors import NotFound

_BATCH = 5_000

SubjectOf = Callable[[Kind, uuid.UUID], ShareSubject | None]
"""Finds what a link leads to; None once it is gone."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens a link: the hash of the visitor's number, the member where one is signed in, and whether a program."""

    visitor: bytes
    member_id: uuid.UUID | None
    bot: bool


@dataclass(frozen=True, slots=True)
class Landing:
    """What a visitor sees: who invites, and to what. `subject` is None for a member's link, or once it is gone."""

    link_id: uuid.UUID
    code: str
    kind: Kind
    target_id: uuid.UUID | None
    inviter: str
    subject: ShareSubject | None


def open_link(code: str, visit: Visit, now: datetime, subject_of: SubjectOf) -> Landing:
    """Record a click in a transaction of its own, and tell what the link leads to. Raises NotFound.

    One statement, besides what `subject_of` needs for a target.
    """
    canonical = rules.canonical(code)
    opened = None
    if rules.is_code(canonical):
        opened = store.open_link(canonical, visitor=visit.visitor, member_id=visit.member_id, bot=visit.bot, now=now)
    if opened is None:
        raise NotFound("no such invite link")
    kind = Kind(opened.kind)
    subject = None if opened.target_id is None else subject_of(kind, opened.target_id)
    return Landing(opened.id, canonical, kind, opened.target_id, opened.owner_name or "", subject)


def find_subject(uow: UnitOfWork, subjects: Subjects, kind: Kind, target_id: uuid.UUID) -> ShareSubject | None:
    """What a link leads to; None once it is gone."""
    try:
        return subjects[kind](uow, target_id)
    except NotFound:
        return None


def recognize(uow: UnitOfWork, visitor: bytes, member_id: uuid.UUID) -> None:
    """Remember that a visitor is this member, whose own links the visitor's clicks then do not count for."""
    store.recognize(uow.session, visitor, member_id, uow.now)


def judge_clicks(uow: UnitOfWork) -> bool:
    """Judge clicks that were only recorded, and add them up; True while more wait.

    One at a time, so that of two clicks of one visitor the second finds the first judged.
    """
    advisory_lock(uow, "invites:judging")
    return store.judge(uow.session, _BATCH, rules.REPEAT_WITHIN) == _BATCH


def forget_clicks(uow: UnitOfWork, before: datetime) -> bool:
    """Forget clicks of before then, which the links' figures have counted; True if there may be more."""
    return store.forget(uow.session, before, _BATCH) == _BATCH
