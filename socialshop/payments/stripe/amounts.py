"""Amounts between the shop's minor units (ISO 4217) and Stripe's, which are its own for some currencies. Pure.

After Stripe's page «Supported currencies», read in 2026: it takes some currencies without decimals, three-decimal ones
in tens, and ISK and UGX, which have none, as if they had two.
"""

from __future__ import annotations

from socialshop.kernel.currencies import exponent_of, is_currency

# Decimals of a currency at Stripe; two for all that are not named.
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
# Whole units alone, though written with two decimals; and tens of a three-decimal currency's smallest unit.
_STEPS = {"ISK": 100, "UGX": 100, **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)}


class NotPayable(Exception):
    """Stripe takes no such amount; the text is a code."""


def to_stripe(amount_minor: int, currency: str) -> int:
    """The amount in Stripe's units. Raises NotPayable: no such currency there, or a part that it does not know."""
    if not is_currency(currency) or (exponent_of(currency) > _decimals(currency) == 2):  # noqa: PLR2004
        raise NotPayable("currency_not_supported")
    amount, rest = _scaled(amount_minor, _decimals(currency) - exponent_of(currency))
    if rest or amount % _STEPS.get(currency, 1):
        raise NotPayable("amount_not_supported")
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """The amount in the shop's minor units. Raises ValueError for a part of one, which the shop cannot book."""
    minor, rest = _scaled(amount, exponent_of(currency) - _decimals(currency))
    if rest:
        raise ValueError(f"{amount} {currency} is no whole number of the shop's minor units")
    return minor


def _decimals(currency: str) -> int:
    return EXPONENTS.get(currency, 2)


def _scaled(amount: int, places: int) -> tuple[int, int]:
    """`amount` moved by so many decimal places, and what is lost by it."""
    return (amount * 10**places, 0) if places >= 0 else divmod(amount, 10**-places)
