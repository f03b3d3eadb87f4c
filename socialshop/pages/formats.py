"""Money, instants and people as a reader sees them: filters and functions of the templates."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_decimal, format_percent
from flask import Flask, g
from flask_babel import get_locale, ngettext
from jinja2 import pass_context
from markupsafe import Markup, escape

from socialshop.infra import locales, wired
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, Money, to_decimal_text
from socialshop.kernel.time import to_text
from socialshop.notifications.reasons import reason_words
from socialshop.pages import languages, ring, stairs

_HUES = 6
_WIDE = frozenset("WF")


def attach(app: Flask) -> None:
    """Add the filters and functions to the templates."""
    app.jinja_env.filters.update(
        money=money,
        money_plain=money_plain,
        instant=instant,
        moment_plain=moment_plain,
        day=day,
        shops_day=shops_day,
        date=date_text,
        date_short=date_short,
        month=month_text,
        rfc3339=to_text,
        initials=initials,
        hue=hue,
        rate=rate,
        count=count,
        joined=_each_time(joined),
        mark=_each_time(mark),
        why=_each_time(why),
    )
    app.jinja_env.globals.update(
        public_id=to_public,
        Money=Money,
        ring=ring,
        stairs=stairs,
        duration=duration,
        zone=zone,
        shops_zone=shops_zone,
        percent_plain=percent_plain,
    )


def _each_time(told: Callable[..., str]) -> Callable[..., str]:
    """A filter that is worked out for each reader: of a constant Jinja works it out once, for whoever came first."""

    @pass_context
    def for_this_reader(_context: object, *args: Any) -> str:
        return told(*args)

    return for_this_reader


def mark(sign: str) -> str:
    """A comma, semicolon, colon or full stop as the reader's language writes it, with the space after it."""
    return locales.mark_text(sign, languages.reader())


def joined(parts: Iterable[object], sign: str = "list") -> str:
    """Parts with the reader's own sign between them: of a list, else the one that is named. The one way to join.

    Parts that are markup stay so, and the others beside them are escaped.
    """
    told = [part if isinstance(part, Markup) else str(part) for part in parts]
    between = mark(sign)
    return escape(between).join(told) if any(isinstance(part, Markup) for part in told) else between.join(told)


def why(reason: str) -> str:
    """A reason of the list of payouts as a sentence in the reader's language; words that somebody typed as they are."""
    said = reason_words(reason, languages.reader())
    return said[:1].upper() + said[1:]


def money(amount: Money) -> str:
    """`¥19.90` in Chinese, `CN¥19.90` in English: as the reader's language writes it."""
    return locales.money_text(amount, languages.reader())


def money_plain(amount: Money) -> str:
    """`19.90`: what a field for an amount takes."""
    return to_decimal_text(amount.amount_minor, amount.currency)


def zone() -> str:
    """By which clock the reader of this page is told of times: a member's own, else the shop's."""
    visitor = g.get("visitor")
    return (visitor.time_zone if visitor else None) or shops_zone()


def shops_zone() -> str:
    """The clock of the shop's calendar: days, weeks and months of its rules begin and end by it, whoever reads."""
    return wired.settings().time_zone


def instant(at: datetime) -> str:
    """Day and minute by the reader's clock."""
    return locales.instant_text(at, languages.reader(), zone())


def moment_plain(at: datetime) -> str:
    """Day and minute by the reader's clock, as a browser's own field takes it."""
    return at.astimezone(ZoneInfo(zone())).strftime("%Y-%m-%dT%H:%M")


def day(at: datetime) -> str:
    """The day by the reader's clock."""
    return _date(at, zone())


def shops_day(at: datetime) -> str:
    """The day by the shop's clock: of what its calendar counts."""
    return _date(at, shops_zone())


def date_text(on: date) -> str:
    """A day of the calendar, which is the same day by every clock."""
    return str(format_date(on, "medium", locale=get_locale()))


def month_text(on: date) -> str:
    """The month of a day of the calendar, with its year."""
    return str(format_skeleton("yMMMM", datetime(on.year, on.month, 1, tzinfo=UTC), locale=get_locale()))


def date_short(on: date) -> str:
    """Such a day without its year, for a column."""
    return str(format_skeleton("MMMd", datetime(on.year, on.month, on.day, tzinfo=UTC), locale=get_locale()))


def _date(at: datetime, clock: str) -> str:
    return date_text(at.astimezone(ZoneInfo(clock)).date())


def rate(rate_bps: int) -> str:
    """`8 %`, as the reader's language writes it."""
    return format_percent(Decimal(rate_bps) / BPS, "#,##0.##%", locale=get_locale())


def percent_plain(rate_bps: int) -> str:
    """`7.5`: what a field for a share takes."""
    return f"{(Decimal(rate_bps) * 100 / BPS).normalize():f}"


def duration(seconds: int) -> str:
    """Whole hours as hours, all else as minutes, the last one begun."""
    hours, rest = divmod(seconds, 3600)
    if hours and not rest:
        return str(ngettext("%(num)s hour", "%(num)s hours", hours))
    minutes = -(-seconds // 60)
    return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))


def count(number: int) -> str:
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
