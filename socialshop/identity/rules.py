"""What an e-mail address, a password and a name may be. Pure."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.time import is_time_zone

# NIST SP 800-63B, 3.1.1: length matters, rules of composition do not. The upper bound keeps hashing cheap.
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
LONGEST_NAME = 60
LONGEST_EMAIL = 254
TERMS = "terms"
TERMS_VERSION = "2026-11"


def normalized_email(text: str) -> str:
    """The address as it is kept: domain in lower case, Unicode composed. Raises InvalidValue.

    Nothing is asked of the network: whether the address receives mail is found out by mail.
    """
    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        # Its words would echo the address into answers and logs.
        raise InvalidValue("not an e-mail address", field="email") from None


def check_password(text: str) -> None:
    """Raises InvalidValue for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise InvalidValue(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", field="password")


def trimmed_name(text: str) -> str:
    """A display name without space around it. Raises InvalidValue where nothing visible is left, or too much."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidValue(f"a name has 1 to {LONGEST_NAME} visible characters", field="display_name")
    return name


def check_time_zone(name: str) -> None:
    """Raises InvalidValue for a name that the IANA database does not know."""
    if not is_time_zone(name):
        raise InvalidValue("not an IANA time zone such as Asia/Shanghai", field="time_zone")
