"""Money as whole minor units of an ISO 4217 currency, and the only arithmetic allowed on it.

Units: `*_minor` are minor units (cents, fen); `*_bps` are basis points (1/10000). No float comes near.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.errors import InvalidValue

BPS = 10_000
# Basis points of one percent: people write rates in percent.
PERCENT = BPS // 100
MAX_AMOUNT_MINOR = 10**12
_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,30})(?:\.(?P<fraction>[0-9]{1,30}))?", re.ASCII)


class CurrencyMismatch(InvalidValue):
    """Two amounts of different currencies were put together."""

    code = "currency_mismatch"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount_minor` minor units of `currency`; may be negative."""

    amount_minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return other.amount_minor

    def __str__(self) -> str:
        return f"{to_decimal_text(self.amount_minor, self.currency)} {self.currency}"


def rate_of(base_minor: int, rate_bps: int) -> int:
    """`floor(base_minor * rate_bps / 10000)` for non-negative input; the residue stays with the shop."""
    if base_minor < 0 or rate_bps < 0:
        raise ValueError("a rate is taken of a non-negative base")
    return base_minor * rate_bps // BPS


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split `total_minor` in proportion to `weights` by the largest remainder method (Hamilton).

    The parts sum exactly to the total; units left over go to the largest remainders, ties to the earlier part.
    Raises ValueError for a negative total or weight, or weights that sum to zero.
    """
    whole = sum(weights)
    if total_minor < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError("allocate a non-negative total over non-negative weights with a positive sum")
    parts = [total_minor * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for i in by_remainder[: total_minor - sum(parts)]:
        parts[i] += 1
    return parts


def parse_decimal(text: str, currency: str) -> int:
    """Minor units of a plain decimal with a point, such as `29.33`; exact, never rounded.

    Raises InvalidValue (field-less; the caller knows its field) for anything else: signs other than a minus,
    exponents, thousands separators, more decimals than `currency` has, or more than 10^12 minor units.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise InvalidValue("not a plain decimal with a point")
    exponent = exponent_of(currency)
    fraction = match["fraction"] or ""
    if len(fraction) > exponent:
        raise InvalidValue(f"more decimals than {currency} has ({exponent})")
    minor = int(match["whole"] + fraction.ljust(exponent, "0"))
    if minor > MAX_AMOUNT_MINOR:
        raise InvalidValue("larger than 10^12 minor units")
    return -minor if match["sign"] else minor


def to_decimal_text(amount_minor: int, currency: str) -> str:
    """The decimal text of an amount, with exactly the currency's decimals: `2933` USD is `29.33`."""
    exponent = exponent_of(currency)
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    text = f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits
    return f"-{text}" if amount_minor < 0 else text
