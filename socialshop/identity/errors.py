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


class TokenNotValid(DomainError):
    """The one-time token was used, has expired, was made for another address, or never was: they are not told apart."""

    code = "token_not_valid"
    kind = Kind.INVALID


class AlreadySignsIn(DomainError):
    """The member has a password already; nobody else attaches an e-mail to such an account."""

    code = "already_signs_in"
    kind = Kind.CONFLICT


class ClaimRefused(DomainError):
    """The claim's token is unknown, used, replaced or expired: the four are not told apart."""

    code = "claim_refused"
    kind = Kind.GONE


class PasswordLinkRefused(DomainError):
    """The member signs in with no password yet, or is an admin: nobody opens another admin's account."""

    code = "password_link_refused"
    kind = Kind.CONFLICT


class StandingLimited(DomainError):
    """A decision about the member's behaviour takes this away for now: `standing` is what holds, `ends_at` how long."""

    code = "standing_limited"
    kind = Kind.FORBIDDEN


class TermsNeeded(DomainError):
    """The terms cannot be withdrawn by a member who stays."""

    code = "terms_needed"
    kind = Kind.CONFLICT


class SignInAgain(DomainError):
    """What cannot be undone is done by who signed in not long ago: a token that was found lying about is older."""

    code = "sign_in_again"
    kind = Kind.FORBIDDEN


class WrongPassword(DomainError):
    """The password that should show who asks is not the member's."""

    code = "wrong_password"
    kind = Kind.INVALID


class BirthdayKept(DomainError):
    """The birthday was told within the last 365 days; an admin corrects what is wrong."""

    code = "birthday_kept"
    kind = Kind.CONFLICT
