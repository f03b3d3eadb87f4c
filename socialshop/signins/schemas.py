"""Wire shapes of signing in otherwise than by password."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from socialshop.identity.service import LONGEST_PASSWORD
from socialshop.signins.rules import CODE_DIGITS
from socialshop.signins.service import LONGEST_PHONE, PhoneRow
from socialshop.web.schemas import Instant, Wire, with_example

_PHONE = "+8613800000000"
_OWN = {"number": _PHONE, "verified_at": "2026-01-31T12:00:00Z"}
Phone = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHONE), Field(examples=[_PHONE])]
Code = Annotated[str, StringConstraints(pattern=f"^[0-9]{{{CODE_DIGITS}}}$"), Field(repr=False)]
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
