"""Sending mails: claimed one by one, handed over outside any transaction, and what came of it recorded.

At least once: killed after the server took a mail and before that is recorded, it is handed over again under the same
Message-ID. A mail that fails is tried again later each time, then set aside for a person; none is ever lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.identity.service import Purpose
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideCall, Refused
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.languages import language_of
from socialshop.notifications import letters, rules
from socialshop.notifications.events import MailsQueued
from socialshop.notifications.gateway import Postman
from socialshop.notifications.letters import Letter, Sender
from socialshop.notifications.rules import KINDS, QuietHours, Topic
from socialshop.notifications.sentences import Reader
from socialshop.notifications.store import mails as store
from socialshop.notifications.store.mails import Claimed, MailRow

# Longer than handing a mail over can take.
_LEASE = timedelta(minutes=2)
_MAILS_A_RUN = 20
_PASSED_OVER_A_CLAIM = 100
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_NO_POSTMAN = "no SMTP server is set up"
_CAPPED = tuple(kind for kind in KINDS if rules.is_capped(kind))
_TOKENS = {"email_verification": Purpose.EMAIL_VERIFICATION, "password_reset": Purpose.PASSWORD_RESET}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PostOffice:
    """How this shop sends mails; `postman` None: it does not, yet."""

    postman: Postman | None
    sender: Sender
    attempts: int
    mails_per_day: int
    quiet: QuietHours


def request_password_reset(uow: UnitOfWork, email: str) -> None:
    """Queue a mail with a link to a new password, if somebody signs in with this address. Says nothing either way."""
    store.queue_on_request(uow.session, new_id(), "password_reset", uow.now, email=email, member=None)
    uow.emit(MailsQueued())


def request_email_verification(uow: UnitOfWork, number: int) -> None:
    """Queue a mail with a link that verifies the member's address, unless there is none or it is verified."""
    store.queue_on_request(uow.session, new_id(), "email_verification", uow.now, email=None, member=number)
    uow.emit(MailsQueued())


def send_due(clock: Clock, office: PostOffice) -> None:
    """Follow MailsQueued: send what is due, so many at most; the rest follows. Any number of times is safe."""
    postman = office.postman
    if postman is None:
        in_unit_of_work(lambda uow: store.keep_undelivered(uow.session, _NO_POSTMAN, uow.now), clock)
        return
    call = OutsideCall[Letter, None](
        "mails",
        claim=lambda uow: _claim(uow, office),
        call=lambda letter: postman.hand_over(letters.compose(letter, office.sender, clock.now())),
        record=lambda uow, letter, answer: _record(uow, office, letter, answer),
    )
    for _ in range(_MAILS_A_RUN):
        if not call.make(clock):
            return
    in_unit_of_work(lambda uow: uow.emit(MailsQueued()), clock)


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


def retry_mail(uow: UnitOfWork, actor: uuid.UUID, mail_id: uuid.UUID) -> MailRow:
    """Queue again what was kept or set aside; any other mail stays as it is. Raises NotFound."""
    if store.queue_again(uow.session, mail_id, uow.now):
        audit.record(uow, actor=actor, action="mail.retried", target=to_public("mail", mail_id), facts={})
        uow.emit(MailsQueued())
    found = store.find(uow.session, mail_id)
    if found is None:
        raise NotFound("no such mail")
    return found


def _claim(uow: UnitOfWork, office: PostOffice) -> Letter | None:
    """The next mail that may leave now; those that may not are dropped or put off on the way."""
    for _ in range(_PASSED_OVER_A_CLAIM):
        row = store.claim(uow.session, uow.now, _LEASE, _CAPPED)
        if row is None:
            return None
        until = office.quiet.over_at(uow.now) if rules.can_wait(row.kind) else None
        if (unwanted := _unwanted(row, office)) is not None:
            store.end(uow.session, row.id, "dropped", unwanted, uow.now)
        elif until is not None:
            store.put_off(uow.session, row.id, None, until, counts=False)
        else:
            return _letter(uow, office, row)
    return None


def _unwanted(row: Claimed, office: PostOffice) -> str | None:
    """Why the member does not get this mail; the choice that counts is the one at the time of sending."""
    if row.email is None:
        return "the member has no address"
    if KINDS[row.kind].topic.value in row.declined:
        return "the member does not want it"
    if rules.is_capped(row.kind) and row.sent >= office.mails_per_day:
        return "the member had enough mails for a day"
    return None


def _letter(uow: UnitOfWork, office: PostOffice, row: Claimed) -> Letter:
    reader = Reader(language_of(row.locale or "zh"), row.time_zone or office.quiet.zone)
    letter = Letter(row.id, row.kind, row.facts, row.target_id, row.email or "", reader, row.attempts)
    if KINDS[row.kind].topic is not Topic.SECURITY:
        return letter
    # Made anew for each attempt, for it is stored nowhere; a mail that came twice holds two that are good.
    return replace(letter, token=identity.issue_token(uow, row.member, _TOKENS[row.kind]))


def _record(uow: UnitOfWork, office: PostOffice, letter: Letter, answer: OutcomeUnknown | Refused | None) -> None:
    if answer is None:
        store.end(uow.session, letter.id, "sent", None, uow.now)
        return
    because = str(answer)
    if isinstance(answer, Refused) or letter.attempts >= office.attempts:
        store.end(uow.session, letter.id, "set_aside", because, uow.now)
        _log.error("mail set aside", mail=to_public("mail", letter.id), kind=letter.kind, because=because)
        return
    store.put_off(uow.session, letter.id, because, _later(uow.now, letter.attempts), counts=True)
    _log.warning("mail put off", mail=to_public("mail", letter.id), kind=letter.kind, because=because)


def _later(now: datetime, attempts: int) -> datetime:
    factor: int = 4 ** min(attempts - 1, 8)
    return now + min(_LONGEST_WAIT, _FIRST_WAIT * factor)
