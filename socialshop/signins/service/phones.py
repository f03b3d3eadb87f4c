"""Signing in by phone: a code of six digits, made when it is sent, good once, for five minutes and five attempts.

An attempt counts whether or not it is right, so a wrong one must be committed: what tries a code answers with nothing
where the code is not good, and its caller refuses after the commit.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import NamedTuple

import structlog

from socialshop.identity import passwords
from socialshop.identity import service as identity
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideCall, Refused
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.languages import language_of
from socialshop.onboarding import service as onboarding
from socialshop.onboarding.service import Entrance
from socialshop.screening import service as screening
from socialshop.screening.signals import NO_SIGNALS, Signals
from socialshop.signins import rules
from socialshop.signins.errors import PhonesUnavailable, PhoneTaken
from socialshop.signins.events import CodeAsked
from socialshop.signins.gateway import Texter, TextMessage
from socialshop.signins.service.telling import tell
from socialshop.signins.store import phones as store
from socialshop.signins.store.phones import PhoneRow

# Longer than the day by which the sending is limited.
_CODES_KEPT_FOR = timedelta(days=2)
_log = structlog.stdlib.get_logger("socialshop.signins")


class _Message(NamedTuple):
    """A code on its way."""

    id: uuid.UUID
    message: TextMessage


def phone_of(uow: UnitOfWork, member_id: uuid.UUID) -> PhoneRow | None:
    """The phone that the member signs in by; None without one."""
    return store.find(uow.session, member_id)


def ask_phone_link(uow: UnitOfWork, texter: Texter | None, member_id: uuid.UUID, phone: str, password: str) -> None:
    """Have a code sent to a phone that is to be the member's.

    Says nothing about whose it is, nor whether too many were asked for. Raises PhonesUnavailable, InvalidValue (phone),
    WrongPassword.
    """
    _require(texter)
    number = rules.normalized_phone(phone)
    identity.check_own_password(uow, member_id, password)
    _ask(uow, "link", number, member_id)


def confirm_phone(uow: UnitOfWork, member_id: uuid.UUID, member: int, code: str) -> PhoneRow | None:
    """The phone is the member's; told by a notice and by mail. None: the code is not good. Raises PhoneTaken."""
    tried = _right(uow, store.try_code(uow.session, "link", phone=None, member_id=member_id, now=uow.now), code)
    if tried is None:
        return None
    if not store.put(uow.session, member_id, tried.phone, uow.now):
        raise PhoneTaken("another member signs in by this phone")
    screening.note_signals(uow, member_id, phone=tried.phone)
    tell(uow, member, "phone_linked")
    _log.info("phone linked", member=to_public("mbr", member_id))
    return PhoneRow(tried.phone, uow.now)


def remove_phone(uow: UnitOfWork, member_id: uuid.UUID, member: int, password: str) -> None:
    """The member signs in by no phone any more; told by a notice and by mail. Raises WrongPassword, NotFound."""
    identity.check_own_password(uow, member_id, password)
    if not store.remove(uow.session, member_id):
        raise NotFound("you sign in by no phone")
    tell(uow, member, "phone_removed")


def ask_phone_sign_in(uow: UnitOfWork, texter: Texter | None, phone: str) -> None:
    """Have a code sent to who signs in by this phone. Says nothing either way.

    Raises PhonesUnavailable, InvalidValue (phone).
    """
    _require(texter)
    _ask(uow, "sign_in", rules.normalized_phone(phone), None)


def sign_in_by_phone(
    uow: UnitOfWork,
    phone: str,
    code: str,
    *,
    session_days: int,
    visitor: bytes | None = None,
    signals: Signals = NO_SIGNALS,
) -> Entrance | None:
    """Open a session for who has this phone; None: the code is not good. Raises InvalidValue (phone)."""
    number = rules.normalized_phone(phone)
    tried = _right(uow, store.try_code(uow.session, "sign_in", phone=number, member_id=None, now=uow.now), code)
    if tried is None:
        return None
    return onboarding.enter(uow, tried.member_id, session_days=session_days, visitor=visitor, signals=signals)


def send_codes(clock: Clock, texter: Texter | None) -> None:
    """Follow CodeAsked: make and send what waits. Killed between two steps, the person asks for another code."""
    if texter is None:
        return
    call = OutsideCall[_Message, None](
        "codes", claim=_claim, call=lambda code: texter.send(code.message), record=_record
    )
    while call.make(clock):
        pass


def purge_codes(uow: UnitOfWork) -> bool:
    """Delete a batch of codes of days ago; True while there are more. For the periodic table."""
    return store.purge(uow.session, uow.now - _CODES_KEPT_FOR)


def _require(texter: Texter | None) -> None:
    if texter is None:
        raise PhonesUnavailable("this shop sends no text messages")


def _ask(uow: UnitOfWork, purpose: str, phone: str, member_id: uuid.UUID | None) -> None:
    # Limits are counted: who asks for a phone, known or not, or for a member waits for who asked before.
    advisory_lock(uow, f"signins:phone {phone}")
    if member_id is not None:
        advisory_lock(uow, f"signins:member {member_id}")
    store.ask(uow.session, new_id(), uow.now, purpose=purpose, phone=phone, member_id=member_id)
    # Whether or not there is one to send: the time taken tells nothing.
    uow.emit(CodeAsked())


def _claim(uow: UnitOfWork) -> _Message | None:
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    claimed = store.claim(uow.session, passwords.hash_password(code), uow.now)
    if claimed is None:
        return None
    return _Message(claimed.id, TextMessage(claimed.phone, rules.words_of(code, language_of(claimed.locale))))


def _record(uow: UnitOfWork, code: _Message, answer: OutcomeUnknown | Refused | None) -> None:
    if answer is not None:
        _log.warning("a code was not sent", because=str(answer))
    store.note_sent(uow.session, code.id, "sent" if answer is None else "failed")


def _right(uow: UnitOfWork, tried: store.TriedCode | None, code: str) -> store.TriedCode | None:
    """What was tried, used up, if the code is right; as late where there is nothing to try."""
    if not passwords.verify(tried.code_hash if tried else None, code) or tried is None:
        return None
    store.use(uow.session, tried)
    return tried
