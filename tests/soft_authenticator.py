"""An authenticator of software: makes credentials and signs, rightly or, when told, wrongly."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG
SEEN = FLAG.UP | FLAG.UV


@dataclass
class SoftAuthenticator:
    """One credential of one person; what it says can be changed to see it refused."""

    origin: str = "http://localhost:8000"
    flags: int = SEEN
    count: int = 0
    counts: bool = True
    user_handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser answers to creation options."""
        self.user_handle = options["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AuthenticatorData.create(
            sha256(options["rp"]["id"].encode()).digest(),
            FLAG(self.flags | FLAG.AT),
            self.count,
            AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public),
        )
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        said = self._client_data("webauthn.create", options["challenge"])
        response = {"clientDataJSON": websafe_encode(said), "attestationObject": websafe_encode(made)}
        return {"id": websafe_encode(self.credential_id), "response": response}

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser answers to request options."""
        if self.counts:
            self.count += 1
        data = AuthenticatorData.create(sha256(options["rpId"].encode()).digest(), FLAG(self.flags), self.count)
        said = self._client_data("webauthn.get", options["challenge"])
        signed = self.key.sign(bytes(data) + sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(said),
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(signed),
            "userHandle": self.user_handle,
        }
        return {"id": websafe_encode(self.credential_id), "response": response}

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()
