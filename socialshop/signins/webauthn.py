"""WebAuthn (Web Authentication Level 3) as this shop speaks it: discoverable credentials, the person always verified.

Options are spelled out here as the browser's JSON has them; what comes back is verified by the library `fido2`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

_MILLISECONDS = 300_000
_REQUIRED = "required"
# COSE: ES256 first, as every authenticator has it; then Ed25519 and RS256.
_ALGORITHMS = (-7, -8, -257)
# It would log every credential that comes by.
logging.getLogger("fido2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom credentials are: the host that they are bound to, and the one origin that may use them."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential that an authenticator has just made."""

    credential_id: bytes
    credential: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator signed: for whom, if it says so, and how often it has."""

    user_handle: bytes | None
    sign_count: int


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose credential it is to be, as the authenticator shows it."""

    member_id: uuid.UUID
    name: str
    display_name: str


def relying_party(public_url: str) -> RelyingParty | None:
    """Who this shop is to authenticators. An address is no host that a credential can be bound to (WebAuthn, 5.1.2).

    On the own machine `localhost` stands for it; None for any other.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    try:
        address = ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{parts.scheme}://{host}{port}")
    return RelyingParty("localhost", f"{parts.scheme}://localhost{port}") if address.is_loopback else None


def creation_options(
    party: RelyingParty, owner: Owner, challenge: bytes, known: Sequence[bytes], title: str
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON: one that needs no name to be found, on no device of `known`."""
    return {
        "rp": {"id": party.id, "name": title},
        "user": {
            "id": websafe_encode(owner.member_id.bytes),
            "name": owner.name,
            "displayName": owner.display_name,
        },
        "challenge": websafe_encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "timeout": _MILLISECONDS,
        "excludeCredentials": [{"type": "public-key", "id": websafe_encode(one)} for one in known],
        "authenticatorSelection": {
            "residentKey": _REQUIRED,
            "requireResidentKey": True,
            "userVerification": _REQUIRED,
        },
        "attestation": "none",
    }


def request_options(party: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptionsJSON: any credential of this shop that the person has."""
    return {
        "rpId": party.id,
        "challenge": websafe_encode(challenge),
        "timeout": _MILLISECONDS,
        "userVerification": _REQUIRED,
    }


def challenge_in(client_data: str) -> bytes | None:
    """The challenge that was signed; None for what is no client data."""
    try:
        return CollectedClientData(websafe_decode(client_data)).challenge
    except Exception:  # whatever a parser says to what a stranger sent
        return None


def verified_creation(party: RelyingParty, challenge: bytes, created: Mapping[str, Any]) -> NewCredential | None:
    """The credential of a RegistrationResponseJSON; None unless all of it is as it was asked for (WebAuthn, 7.1)."""
    try:
        data = _server(party).register_complete(_state(challenge), {**created, "rawId": created["id"]})
    except Exception:  # whatever a parser says to what a stranger sent
        return None
    found = data.credential_data
    return None if found is None else NewCredential(found.credential_id, bytes(found), data.counter)


def verified_assertion(
    party: RelyingParty, challenge: bytes, credential: bytes, asserted: Mapping[str, Any]
) -> Assertion | None:
    """What an AuthenticationResponseJSON says; None unless this credential signed it for us (WebAuthn, 7.2)."""
    try:
        response = AuthenticationResponse.from_dict({**asserted, "rawId": asserted["id"]})
        _server(party).authenticate_complete(_state(challenge), [AttestedCredentialData(credential)], response)
    except Exception:  # whatever a parser says to what a stranger sent
        return None
    return Assertion(response.response.user_handle, response.response.authenticator_data.counter)


def _server(party: RelyingParty) -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(name=party.id, id=party.id)
    return Fido2Server(entity, verify_origin=lambda origin: origin == party.origin)


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": UserVerificationRequirement.REQUIRED}
