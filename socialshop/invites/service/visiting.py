"""Somebody follows a link: the click is recorded, and the landing page's facts come back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Kind, ShareSubject
from socialshop.invites.store import clicks as store
from socialshop.kernel.errors import NotFound

_BATCH = 5_000


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


def open_link(uow: UnitOfWork, code: str, visit: Visit, subjects: Subjects) -> Landing:
    """Record a click and tell what the link leads to. Raises NotFound. Two statements."""
    canonical = rules.canonical(code)
    opened = None
    if rules.is_code(canonical):
        opened = store.open_link(
            uow.session, canonical, visitor=visit.visitor, member_id=visit.member_id, bot=visit.bot, now=uow.now
        )
    if opened is None:
        raise NotFound("no such invite link")
    kind = Kind(opened.kind)
    subject = None if opened.target_id is None else _subject(uow, subjects, kind, opened.target_id)
    return Landing(opened.id, canonical, kind, opened.target_id, opened.owner_name or "", subject)


def recognize(uow: UnitOfWork, visitor: bytes, member_id: uuid.UUID) -> None:
    """Remember that a visitor is this member, whose own links the visitor's clicks then do not count for."""
    store.recognize(uow.session, visitor, member_id, uow.now)


def judge_clicks(uow: UnitOfWork) -> bool:
    """Judge clicks that were only recorded, and add them up; True while more wait.

    One at a time, so that of two clicks of one visitor the second finds the first judged.
    """
    advisory_lock(uow, "invites:judging")
    return store.judge(uow.session, _BATCH, rules.REPEAT_WITHIN) == _BATCH


def _subject(uow: UnitOfWork, subjects: Subjects, kind: Kind, target_id: uuid.UUID) -> ShareSubject | None:
    try:
        return subjects[kind](uow, target_id)
    except NotFound:
        return None
