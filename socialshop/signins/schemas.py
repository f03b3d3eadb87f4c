"""Wire shapes of signing in otherwise than by password, and of stepping up."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from socialshop.identity.service import LONGEST_PASSWORD
from socialshop.kernel.ids import to_public
from socialshop.signins.rules import CODE_DIGITS
from socialshop.signins.service import LONGEST_PASSKEY_NAME, LONGEST_PHONE, PasskeyRow, PhoneRow
from socialshop.signins.totp import DIGITS, LONGEST_RECOVERY_CODE
from socialshop.web.schemas import Instant, Wire, with_example

PASSKEY_PREFIX = "psk"
_PASSKEY = {
    "id": "psk_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "name": "My phone",
    "created_at": "2026-01-31T12:00:00Z",
    "last_used_at": None,
}

_PHONE = "+8613800000000"
_OWN = {"number": _PHONE, "verified_at": "2026-01-31T12:00:00Z"}
Phone = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHONE), Field(examples=[_PHONE])]
Code = Annotated[str, StringConstraints(pattern=f"^[0-9]{{{CODE_DIGITS}}}$"), Field(repr=False)]
_SINCE = "2026-01-31T12:00:00Z"
_CODES = ["ABCD-EFGH-IJKL-MNOP"]
Totp = Annotated[str, StringConstraints(pattern=f"^[0-9]{{{DIGITS}}}$")]
RecoveryCode = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_RECOVERY_CODE)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD), Field(repr=False)]


class PhoneLink(Wire):
    """The phone that is to be yours (E.164), and the password that you sign in with."""

    model_config = with_example({"phone": _PHONE, "current_password": "correct horse battery"})

    phone: Phone
    current_password: Password


class PhoneAsked(Wire):
    """Who wants to sign in."""

    model_config = with_example({"phone": _PHONE})

    phone: Phone


class PhoneCode(Wire):
    """The code of the newest text message."""

    model_config = with_example({"code": "123456"})

    code: Code


class PhoneCredentials(Wire):
    """A phone, and the code of the newest text message to it."""

    model_config = with_example({"phone": _PHONE, "code": "123456"})

    phone: Phone
    code: Code


class PasswordProof(Wire):
    """The password that you sign in with."""

    model_config = with_example({"current_password": "correct horse battery"})

    current_password: Password


class PhoneWire(Wire):
    """The phone that you sign in by."""

    model_config = with_example(_OWN)

    number: str
    verified_at: Instant

    @classmethod
    def of(cls, row: PhoneRow) -> PhoneWire:
        """The wire form of a phone."""
        return cls(number=row.phone, verified_at=row.verified_at)


class OwnPhone(Wire):
    """The phone that you sign in by; null where there is none."""

    model_config = with_example({"phone": _OWN})

    phone: PhoneWire | None


class Options(Wire):
    """`options` as `navigator.credentials` takes them, in JSON; the challenge is good once, for minutes."""

    model_config = with_example(
        {"options": {"challenge": "3q2-7w", "rpId": "shop.example", "userVerification": "required"}}
    )

    options: dict[str, Any]


Encoded = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern="^[A-Za-z0-9_-]+$")]
"""Bytes in base64url without padding, as WebAuthn's JSON has them."""


class CreatedResponse(Wire):
    """What the authenticator made."""

    clientDataJSON: Encoded  # noqa: N815 - WebAuthn's name
    attestationObject: Encoded  # noqa: N815


class CreatedCredential(Wire):
    """The parts of a RegistrationResponseJSON that count."""

    id: Encoded
    response: CreatedResponse


class AssertedResponse(Wire):
    """What the authenticator signed."""

    clientDataJSON: Encoded  # noqa: N815
    authenticatorData: Encoded  # noqa: N815
    signature: Encoded
    userHandle: Encoded | None = None  # noqa: N815


class AssertedCredential(Wire):
    """The parts of an AuthenticationResponseJSON that count."""

    id: Encoded
    response: AssertedResponse


PasskeyName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSKEY_NAME)]


class NewPasskey(Wire):
    """What the browser answered to the options, what the passkey is to be called, and your password."""

    model_config = with_example(
        {
            "name": "My phone",
            "current_password": "correct horse battery",
            "credential": {"id": "3q2-7w", "response": {"clientDataJSON": "eyJ0", "attestationObject": "o2Nm"}},
        }
    )

    name: PasskeyName
    current_password: Password
    credential: CreatedCredential


class PasskeyEdit(Wire):
    """What the passkey is to be called."""

    model_config = with_example({"name": "My old phone"})

    name: PasskeyName


class PasskeySignIn(Wire):
    """What the browser answered to the options."""

    model_config = with_example(
        {
            "credential": {
                "id": "3q2-7w",
                "response": {"clientDataJSON": "eyJ0", "authenticatorData": "SZYN", "signature": "MEUC"},
            }
        }
    )

    credential: AssertedCredential


class PasskeyWire(Wire):
    """A passkey of yours."""

    model_config = with_example(_PASSKEY)

    id: str
    name: str
    created_at: Instant
    last_used_at: Instant | None

    @classmethod
    def of(cls, row: PasskeyRow) -> PasskeyWire:
        """The wire form of a passkey."""
        return cls(
            id=to_public(PASSKEY_PREFIX, row.id),
            name=row.name,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )


class Passkeys(Wire):
    """Your passkeys, the newest first."""

    model_config = with_example({"data": [_PASSKEY]})

    data: list[PasskeyWire]


class StepUp(Wire):
    """The code that your authenticator shows, or one of your recovery codes: exactly one of the two."""

    model_config = with_example({"totp": "123456"})

    totp: Totp | None = Field(None, repr=False)
    recovery_code: RecoveryCode | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _one_of_both(self) -> StepUp:
        if (self.totp is None) == (self.recovery_code is None):
            raise ValueError("totp or recovery_code, one of the two")
        return self


class SteppedUp(Wire):
    """Until when what asks for it can be done."""

    model_config = with_example({"stepped_up_until": _SINCE})

    stepped_up_until: Instant


class OwnTotp(Wire):
    """Your authenticator: null until one is confirmed."""

    model_config = with_example({"confirmed_at": _SINCE, "recovery_codes_left": 10})

    confirmed_at: Instant | None
    recovery_codes_left: int


class TotpSecret(Wire):
    """What to put into an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds): told this once."""

    model_config = with_example(
        {
            "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "otpauth_url": "otpauth://totp/socialshop:ada%40example.com?digits=6&secret=…&algorithm=SHA1&period=30",
        }
    )

    totp_secret: str
    otpauth_url: str


class TotpProof(Wire):
    """The code that the app shows now."""

    model_config = with_example({"totp": "123456"})

    totp: Totp = Field(repr=False)


class RecoveryCodes(Wire):
    """Ten codes for the day the device is lost, each good once; told this once."""

    model_config = with_example({"recovery_codes": _CODES})

    recovery_codes: list[str]
