"""What an e-mail address, a password, a name and a birthday may be. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from socialshop.identity import weak
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.time import is_time_zone

# NIST SP 800-63B, 3.1.1: length matters, rules of composition do not. The upper bound keeps hashing cheap.
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
LONGEST_NAME = 60
LONGEST_EMAIL = 254
TERMS = "terms"
TERMS_VERSION = "2026-11"
# How long a session counts as stepped up: payouts are approved and released within that. The database says it too.
STEPPED_UP_FOR = timedelta(minutes=5)
BIRTHDAY_KEPT_FOR = timedelta(days=365)
FIRST_YEAR = 1900
# With no year given, any day that there ever is may be a birthday.
_LEAP_YEAR = 2000
_FEBRUARY, _LEAP_DAY = 2, 29


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
    """Raises InvalidValue for one that is too short or too long, or that everybody tries first."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise InvalidValue(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", field="password")
    if weak.is_common(text):
        raise InvalidValue("this password is one of the first that anybody tries", field="password")


def check_not_the_address(password: str, email: str | None) -> None:
    """Raises InvalidValue for a password that is the e-mail address of its account; None: it has none."""
    if email is not None and weak.is_the_address(password, email):
        raise InvalidValue("a password is not the e-mail address", field="password")


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


class Born(NamedTuple):
    """A day of birth; `year` None: the member keeps it."""

    month: int
    day: int
    year: int | None = None


def check_birthday(born: Born, *, today: date) -> None:
    """Raises InvalidValue (day) for no day of the calendar, (year) for one before FIRST_YEAR or a day to come."""
    try:
        day = date(born.year or _LEAP_YEAR, born.month, born.day)
    except ValueError:
        raise InvalidValue("no such day", field="day") from None
    if born.year is not None and not (born.year >= FIRST_YEAR and day <= today):
        raise InvalidValue("nobody was born in that year", field="year")


def born_on(day: date) -> list[tuple[int, int]]:
    """Whose birthday this day is, as (month, day): on 28 February of a common year theirs too who were born on 29."""
    born = [(day.month, day.day)]
    tomorrow = day + timedelta(days=1)
    if (day.month, day.day) == (_FEBRUARY, _LEAP_DAY - 1) and tomorrow.month != _FEBRUARY:
        born.append((_FEBRUARY, _LEAP_DAY))
    return born
