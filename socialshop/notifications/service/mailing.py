"""Mails that somebody asks for, those that did not leave, and what admins do about them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.notifications.events import MailsQueued
from socialshop.notifications.sentences import Reader, say
from socialshop.notifications.store import mails as store
from socialshop.notifications.store.mails import MailRow
from socialshop.notifications.subjects import SUBJECTS


def request_password_reset(uow: UnitOfWork, email: str) -> None:
    """Queue a mail with a link to a new password, if somebody signs in with this address. Says nothing either way."""
    store.queue_on_request(uow.session, new_id(), "password_reset", uow.now, email=email, member=None)
    uow.emit(MailsQueued())


def request_email_verification(uow: UnitOfWork, number: int) -> None:
    """Queue a mail with a link that verifies the member's address, unless there is none or it is verified."""
    store.queue_on_request(uow.session, new_id(), "email_verification", uow.now, email=None, member=number)
    uow.emit(MailsQueued())


def request_email_change(uow: UnitOfWork, number: int) -> None:
    """Queue a mail to the address that waits to be the member's, and one that tells the present address of it."""
    for kind in ("email_change_asked", "email_change"):
        store.queue_on_request(uow.session, new_id(), kind, uow.now, email=None, member=number)
    uow.emit(MailsQueued())


def poll_mails(uow: UnitOfWork) -> bool:
    """Say that mails are due that nobody sent: put off, left by who died, or waiting for the morning. For the table."""
    if store.is_any_due(uow.session, uow.now):
        uow.emit(MailsQueued())
    return False


def count_stuck_mails(uow: UnitOfWork) -> int:
    """Mails that were kept or set aside: a person must look."""
    return store.count_stuck(uow.session)


def list_mails(uow: UnitOfWork, status: str | None, before: uuid.UUID | None, limit: int) -> Sequence[MailRow]:
    """Up to `limit` mails, the newest first."""
    return store.page(uow.session, status, before, limit)


@dataclass(frozen=True, slots=True)
class UnsentMail:
    """A mail that did not leave, as its reader would have read it: subject and text, without the link that it carries.

    That link may hold a token: it is made when a mail leaves and kept nowhere, so nobody reads it here.
    """

    id: uuid.UUID
    member_id: uuid.UUID
    name: str | None
    kind: str
    because: str | None
    created_at: datetime
    subject: str
    text: str


def unsent_mails(uow: UnitOfWork, reader: Reader, before: uuid.UUID | None, limit: int) -> list[UnsentMail]:
    """Up to `limit` mails that were kept or set aside, the newest first, in `reader`'s words. One statement."""
    return [
        UnsentMail(
            id=row.id,
            member_id=row.member_id,
            name=row.name,
            kind=row.kind,
            because=row.because,
            created_at=row.created_at,
            subject=reader.choose(SUBJECTS[row.kind]),
            text=say(row.kind, row.facts, reader),
        )
        for row in store.unsent(uow.session, before, limit)
    ]


def retry_mail(uow: UnitOfWork, actor: uuid.UUID, mail_id: uuid.UUID) -> MailRow:
    """Queue again what was kept or set aside; any other mail stays as it is. Raises NotFound."""
    if store.queue_again(uow.session, mail_id, uow.now):
        audit.record(uow, actor=actor, action="mail.retried", target=to_public("mail", mail_id), facts={})
        uow.emit(MailsQueued())
    found = store.find(uow.session, mail_id)
    if found is None:
        raise NotFound("no such mail")
    return found
