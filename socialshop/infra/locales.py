"""Money and instants as people read them, by the Unicode locale data: `¥99.00` in Chinese, `CN¥99.00` in English."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from socialshop.kernel.currencies import POINTS
from socialshop.kernel.languages import Language
from socialshop.kernel.money import Money, to_decimal_text

# What stands between parts of a sentence: in a list, between clauses, between halves of a sentence, after a name.
# Chinese has signs of its own, as wide as a character, with no space after them.
_MARKS: dict[str, dict[Language, str]] = {
    "list": {"en": ", ", "zh": "、"},
    ",": {"en": ", ", "zh": "，"},
    ";": {"en": "; ", "zh": "；"},
    ":": {"en": ": ", "zh": "："},
    ".": {"en": ".", "zh": "。"},
}
_NAMES: dict[str, str] = {"en": "en", "zh": "zh_Hans_CN"}


def money_text(money: Money, language: Language) -> str:
    """An amount with its currency's sign and decimals, points as a whole number; exact, no float in between."""
    if money.currency == POINTS:
        points = format_decimal(money.amount_minor, locale=_locale(language))
        return f"{points} 积分" if language == "zh" else f"{points} {POINTS}"
    exact = Decimal(to_decimal_text(money.amount_minor, money.currency))
    return format_currency(exact, money.currency, locale=_locale(language), currency_digits=True)


def instant_text(at: datetime, language: Language, zone: str) -> str:
    """Day and minute by the clock of `zone`."""
    return format_datetime(at, "short" if language == "zh" else "d MMM y, HH:mm", _zone(zone), _locale(language))


def mark_text(mark: str, language: Language) -> str:
    """What stands between two parts, with the space after it: `mark` is `list` or one of , ; : and full stop."""
    return _MARKS[mark][language]


@lru_cache(maxsize=8)
def _locale(language: Language) -> Locale:
    return Locale.parse(_NAMES[language])


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
