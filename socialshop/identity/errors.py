"""What identity refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class EmailTaken(DomainError):
    """Another member signs in with this e-mail address; letter case makes no difference."""

    code = "email_taken"
    kind = Kind.CONFLICT


class WrongCredentials(DomainError):
    """No member signs in with this e-mail and password; which of the two is wrong is not told."""

    code = "wrong_credentials"
    kind = Kind.UNAUTHENTICATED
