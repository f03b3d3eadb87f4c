"""Passkeys: a key on the member's own device signs a challenge that this shop made once.

A challenge is taken away by the first try, good or not; so what tries one answers with nothing where it is not good,
and its caller refuses after the commit.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from fido2.utils import websafe_decode

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.onboarding import service as onboarding
from socialshop.onboarding.service import Entrance
from socialshop.screening.signals import NO_SIGNALS, Signals
from socialshop.signins import rules, webauthn
from socialshop.signins.errors import PasskeysUnavailable
from socialshop.signins.service.telling import tell
from socialshop.signins.store import passkeys as store
from socialshop.signins.store.passkeys import PasskeyRow
from socialshop.signins.webauthn import Owner, RelyingParty

_CHALLENGE_BYTES = 32
_TITLE = "socialshop"
_log = structlog.stdlib.get_logger("socialshop.signins")


def party() -> RelyingParty | None:
    """Who this shop is to authenticators; None where passkeys are not offered."""
    return webauthn.relying_party(wired.public_address())


def passkeys_of(uow: UnitOfWork, member_id: uuid.UUID) -> list[PasskeyRow]:
    """The member's passkeys, the newest first. One statement."""
    return store.of_member(uow.session, member_id)


def begin_passkey(uow: UnitOfWork, party: RelyingParty | None, member_id: uuid.UUID) -> dict[str, Any]:
    """What a browser needs to make a passkey for the member. Raises PasskeysUnavailable."""
    party = _require(party)
    card = onboarding.card_of(uow, member_id)
    owner = Owner(member_id, card.email or card.display_name, card.display_name)
    known = store.credentials_of(uow.session, member_id)
    return webauthn.creation_options(party, owner, _challenge(uow, member_id), known, _TITLE)


def add_passkey(
    uow: UnitOfWork,
    party: RelyingParty | None,
    member_id: uuid.UUID,
    member: int,
    *,
    name: str,
    created: Mapping[str, Any],
) -> PasskeyRow | None:
    """The passkey that was made is the member's; told by a notice and by mail. None: it is not as it was asked for.

    Raises InvalidValue (name), PasskeysUnavailable.
    """
    party, called = _require(party), rules.passkey_name(name)
    challenge = _used(uow, created, member_id)
    made = webauthn.verified_creation(party, challenge, created) if challenge else None
    if made is None:
        return None
    row = PasskeyRow(new_id(), called, uow.now, None)
    values = {
        "id": row.id,
        "member": member_id,
        "credential_id": made.credential_id,
        "credential": made.credential,
        "sign_count": made.sign_count,
        "name": called,
        "now": uow.now,
    }
    if not store.add(uow.session, values):
        return None
    tell(uow, member, "passkey_added")
    return row


def rename_passkey(uow: UnitOfWork, member_id: uuid.UUID, passkey_id: uuid.UUID, name: str) -> PasskeyRow:
    """Call it otherwise. Raises InvalidValue (name), NotFound, also for another's."""
    found = store.rename(uow.session, member_id, passkey_id, rules.passkey_name(name))
    if found is None:
        raise NotFound("no such passkey")
    return found


def remove_passkey(uow: UnitOfWork, member_id: uuid.UUID, member: int, passkey_id: uuid.UUID) -> None:
    """It signs in no more; told by a notice and by mail. Raises NotFound, also for another's."""
    if not store.remove(uow.session, member_id, passkey_id):
        raise NotFound("no such passkey")
    tell(uow, member, "passkey_removed")


def begin_passkey_sign_in(uow: UnitOfWork, party: RelyingParty | None) -> dict[str, Any]:
    """What a browser needs to sign in by any passkey of this shop. Raises PasskeysUnavailable."""
    return webauthn.request_options(_require(party), _challenge(uow, None))


def sign_in_by_passkey(
    uow: UnitOfWork,
    party: RelyingParty | None,
    asserted: Mapping[str, Any],
    *,
    session_days: int,
    visitor: bytes | None = None,
    signals: Signals = NO_SIGNALS,
) -> Entrance | None:
    """Open a session for whose passkey signed; None: it is not good. Raises PasskeysUnavailable."""
    party = _require(party)
    challenge = _used(uow, asserted, None)
    found = store.find(uow.session, _id_in(asserted))
    if challenge is None or found is None:
        return None
    signed = webauthn.verified_assertion(party, challenge, found.credential, asserted)
    if signed is None or signed.user_handle not in (None, found.member_id.bytes):
        return None
    if not store.note_use(uow.session, found.id, signed.sign_count, uow.now):
        _log.warning("a passkey did not count on: there may be two of it", member=to_public("mbr", found.member_id))
        return None
    return onboarding.enter(uow, found.member_id, session_days=session_days, visitor=visitor, signals=signals)


def purge_challenges(uow: UnitOfWork) -> bool:
    """Delete a batch of challenges that nobody signed; True while there are more. For the periodic table."""
    return store.purge_challenges(uow.session, uow.now)


def _require(party: RelyingParty | None) -> RelyingParty:
    if party is None:
        raise PasskeysUnavailable("this shop has no host that a passkey could be bound to")
    return party


def _challenge(uow: UnitOfWork, member_id: uuid.UUID | None) -> bytes:
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    store.add_challenge(uow.session, _hash(challenge), member_id, uow.now + rules.CHALLENGE_GOOD_FOR)
    return challenge


def _used(uow: UnitOfWork, answer: Mapping[str, Any], member_id: uuid.UUID | None) -> bytes | None:
    """The challenge that was signed, taken away; None if it is none that this shop made for that."""
    challenge = webauthn.challenge_in(answer["response"]["clientDataJSON"])
    if challenge is None or not store.use_challenge(uow.session, _hash(challenge), member_id, uow.now):
        return None
    return challenge


def _id_in(answer: Mapping[str, Any]) -> bytes:
    try:
        return websafe_decode(answer["id"])
    except ValueError:
        return b""


def _hash(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
