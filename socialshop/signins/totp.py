"""Codes of an authenticator app (RFC 6238) and codes for the day it is lost. Pure.

The parameters are those that every app takes: HMAC-SHA-1, six digits, a new code every 30 seconds.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 6
# As long as the hash: RFC 4226, 4, R6 recommends 160 bits.
SECRET_BYTES = 20
RECOVERY_CODES = 10
LONGEST_RECOVERY_CODE = 40
# A secret that was made and never confirmed by a code is worthless after that.
CONFIRMED_WITHIN = timedelta(minutes=15)
_STEP_SECONDS = 30
# RFC 6238, 5.2: one step either way for clocks that differ and for who types slowly.
_STEPS = (0, -1, 1)
_RECOVERY_BYTES = 10
_GROUP = 4
_ISSUER = "socialshop"


def new_secret() -> bytes:
    """A secret that nobody can guess."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as an app takes it: base32 (RFC 4648), without padding, for its length needs none."""
    return base64.b32encode(secret).decode("ascii")


def address_of(secret: bytes, account: str) -> str:
    """The `otpauth` address that the picture for an app says."""
    return _generator(secret).get_provisioning_uri(account, _ISSUER)


def code_at(secret: bytes, now: datetime) -> str:
    """What an app with this secret shows at the instant."""
    return _generator(secret).generate(int(now.timestamp())).decode("ascii")


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Which 30 seconds since 1970 the code is of, within one step of now; None if it is not good."""
    generator, here = _generator(secret), int(now.timestamp()) // _STEP_SECONDS
    for step in (here + off for off in _STEPS):
        try:
            generator.verify(code.encode(), step * _STEP_SECONDS)
        except InvalidToken:
            continue
        return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes of 80 random bits, in groups that can be copied by hand. Each is good once."""
    return [_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code, however its letters and groups are written.

    Neither salt nor stretching: its bits cannot be guessed.
    """
    return hashlib.sha256("".join(code.split()).replace("-", "").upper().encode()).digest()


def _grouped(content: bytes) -> str:
    letters = base64.b32encode(content).decode("ascii")
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def _generator(secret: bytes) -> TOTP:
    # SHA-1 is what apps know (RFC 6238); HMAC does not rest on what is broken of it.
    return TOTP(secret, DIGITS, SHA1(), _STEP_SECONDS)  # noqa: S303  # nosec B303
