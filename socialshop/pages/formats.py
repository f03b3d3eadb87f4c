"""Money, instants and people as a reader sees them: filters and functions of the templates."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_compact_decimal, format_currency, format_percent
from flask import Flask
from flask_babel import get_locale

from socialshop.infra import wired
from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, Money
from socialshop.kernel.time import to_text
from socialshop.pages import ring

_HUES = 6
_WIDE = frozenset("WF")


def attach(app: Flask) -> None:
    """Add the filters and functions to the templates."""
    app.jinja_env.filters.update(
        money=money_text,
        money_plain=money_plain,
        instant=instant_text,
        day=day_text,
        rfc3339=to_text,
        initials=initials,
        hue=hue,
        rate=rate_text,
        count=count_text,
    )
    app.jinja_env.globals.update(public_id=to_public, Money=Money, ring=ring)


def money_text(amount: Money) -> str:
    """`¥19.90` in Chinese, `CN¥19.90` in English: what the reader's language writes."""
    return format_currency(_decimal(amount), amount.currency, locale=get_locale())


def money_plain(amount: Money) -> str:
    """`19.90`: what a field for an amount takes."""
    return f"{_decimal(amount)}"


def instant_text(at: datetime) -> str:
    """Day and time in the shop's zone, without seconds."""
    locale, there = get_locale(), at.astimezone(_zone())
    return f"{format_date(there.date(), 'medium', locale=locale)} {format_time(there, 'short', locale=locale)}"


def day_text(at: datetime) -> str:
    """The day in the shop's zone."""
    return format_date(at.astimezone(_zone()).date(), "medium", locale=get_locale())


def rate_text(rate_bps: int) -> str:
    """`8 %`, as the reader's language writes it."""
    return format_percent(Decimal(rate_bps) / BPS, "#,##0.##%", locale=get_locale())


def count_text(number: int) -> str:
    """A number of things, short."""
    return format_compact_decimal(number, locale=get_locale(), fraction_digits=1)


def initials(name: str) -> str:
    """One Chinese character, or the first letters of the first and last word."""
    words = name.split()
    if not words:
        return "·"
    if unicodedata.east_asian_width(words[-1][0]) in _WIDE:
        return words[-1][0]
    return "".join(word[0] for word in ([words[0]] if len(words) == 1 else [words[0], words[-1]])).upper()


def hue(name: str) -> int:
    """Which of the avatars' colours a name has: always the same."""
    return hashlib.sha256(name.encode()).digest()[0] % _HUES + 1


def _decimal(amount: Money) -> Decimal:
    return Decimal(amount.amount_minor).scaleb(-exponent_of(amount.currency))


def _zone() -> ZoneInfo:
    return ZoneInfo(wired.settings().time_zone)
