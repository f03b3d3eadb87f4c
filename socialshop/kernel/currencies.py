"""ISO 4217: the currencies that have minor units, and how many decimals each has.

Source: the ISO 4217 maintenance agency's list one, 2026-01-01. Codes without minor units (gold, bonds, test
codes) are no money that a purchase can be made in, so they are unknown here. A test compares this table with an
independently kept one.
"""

from __future__ import annotations

from socialshop.kernel.errors import InvalidValue

# The unit that the shop's own points are counted in: whole points. It is no money, so nothing takes it as a currency
# but the books, where it is never in one entry with money.
POINTS = "PTS"

_NONE = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
"""
_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_THREE = """
    BHD IQD JOD KWD LYD OMR TND
"""
_FOUR = """
    CLF UYW
"""

EXPONENTS: dict[str, int] = {
    code: exponent for exponent, codes in ((0, _NONE), (2, _TWO), (3, _THREE), (4, _FOUR)) for code in codes.split()
}


class UnknownCurrency(InvalidValue):
    """Not an ISO 4217 code of a currency with minor units."""

    code = "unknown_currency"


def is_currency(code: str) -> bool:
    """Whether this is the code of a currency with minor units."""
    return code in EXPONENTS


def exponent_of(currency: str) -> int:
    """Decimals of a currency (CNY 2, JPY 0), none of points. Raises UnknownCurrency."""
    if currency == POINTS:
        return 0
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is no ISO 4217 currency") from None
