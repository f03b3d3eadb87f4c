"""What signing in otherwise than by password refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class CodeNotValid(DomainError):
    """The code is wrong, used, too old, tried too often, or none was sent: they are not told apart."""

    code = "code_not_valid"
    kind = Kind.INVALID


class TotpNotSetUp(DomainError):
    """The member has no authenticator, or none that waits for its first code."""

    code = "totp_not_set_up"
    kind = Kind.CONFLICT


class TotpIsSetUp(DomainError):
    """The member has a confirmed authenticator already."""

    code = "totp_is_set_up"
    kind = Kind.CONFLICT


class PhoneTaken(DomainError):
    """Another member signs in by this phone; told only to who has just shown to hold it."""

    code = "phone_taken"
    kind = Kind.CONFLICT


class PhonesUnavailable(DomainError):
    """This shop sends no text messages."""

    code = "phones_unavailable"
    kind = Kind.UNAVAILABLE


class PasskeyRefused(DomainError):
    """What the authenticator sent is not what was asked for, of nobody's passkey, or too late: not told apart."""

    code = "passkey_refused"
    kind = Kind.INVALID


class PasskeysUnavailable(DomainError):
    """Passkeys are bound to a host by name, and this shop is reached by an address alone."""

    code = "passkeys_unavailable"
    kind = Kind.UNAVAILABLE
