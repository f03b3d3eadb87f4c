"""What a field of an import may hold. Each function gives the value or raises Fault; none repeats the input.

Not echoing values keeps the report of rejected lines harmless: nothing in it can be a spreadsheet's formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from socialshop.kernel.currencies import UnknownCurrency, is_currency
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import parse_decimal
from socialshop.kernel.time import parse_instant

MAX_IDENTIFIER = 200
# A fixed reward (at most 10^12 minor units) times the quantity stays within 64 bits.
MAX_QUANTITY = 1_000_000
_WHOLE = re.compile(r"-?[0-9]{1,30}", re.ASCII)

T = TypeVar("T")


class Fault(Exception):
    """A field is not what it may be: a stable code and a short reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FaultAt(NamedTuple):
    """A fault and its column: 1 for the first of the layout, 0 for a row whose fields do not fit the header."""

    column: int
    code: str
    reason: str


class Fields:
    """Reads the fields of one row after the other and remembers the first fault."""

    def __init__(self) -> None:
        self.fault: FaultAt | None = None

    def read(self, column: int, parse: Callable[..., T], *arguments: object) -> T | None:
        """The value of a column, or None with its fault remembered if it is the leftmost so far."""
        try:
            return parse(*arguments)
        except Fault as fault:
            if self.fault is None or column < self.fault.column:
                self.fault = FaultAt(column, fault.code, fault.reason)
            return None


def identifier(text: str) -> str:
    """An external id: 1 to 200 printable characters, no blank at either end."""
    if not text:
        raise Fault("missing", "is missing")
    if len(text) > MAX_IDENTIFIER:
        raise Fault("too_long", f"longer than {MAX_IDENTIFIER} characters")
    if not text.isprintable() or text[0] == " " or text[-1] == " ":
        raise Fault("invalid_text", "has blanks at an end or characters that are not printable")
    return text


def optional_identifier(text: str) -> str | None:
    """An external id, or nothing."""
    return identifier(text) if text else None


def past_instant(text: str, now: datetime) -> datetime:
    """An RFC 3339 instant with its zone, not after `now`."""
    if not text:
        raise Fault("missing", "is missing")
    try:
        instant = parse_instant(text)
    except InvalidValue as error:
        raise Fault("invalid_instant", error.detail) from None
    if instant > now:
        raise Fault("in_future", "lies in the future")
    return instant


def currency(text: str) -> str:
    """An ISO 4217 code of a currency with minor units."""
    if not text:
        raise Fault("missing", "is missing")
    if not is_currency(text):
        raise Fault("unknown_currency", "not an ISO 4217 currency code")
    return text


def amount_minor(text: str, of_currency: str) -> int:
    """A plain decimal as minor units of the currency, from 0 to 10^12."""
    if not text:
        raise Fault("missing", "is missing")
    try:
        minor = _minor(text, of_currency)
    except InvalidValue as error:
        raise Fault("invalid_amount", error.detail) from None
    if minor < 0:
        raise Fault("negative_amount", "is negative")
    return minor


def _minor(text: str, of_currency: str) -> int:
    try:
        return parse_decimal(text, of_currency)
    except UnknownCurrency:
        # The currency has its own fault further right; what is wrong here in any currency comes first.
        return parse_decimal(text.partition(".")[0], "JPY")


def quantity(text: str) -> int:
    """A whole number from 1 to a million; 1 where nothing is given."""
    if not text:
        return 1
    if not _WHOLE.fullmatch(text):
        raise Fault("invalid_quantity", "not a whole number")
    if not 1 <= int(text) <= MAX_QUANTITY:
        raise Fault("invalid_quantity", f"not from 1 to {MAX_QUANTITY:,}")
    return int(text)
