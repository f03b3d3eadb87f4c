"""Why a commission is what it is, in a reader's words: percentages, amounts and days as their language writes them.

What the catalogue of the commissions says by ids, basis points and minor units, for programs, is said otherwise here.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext

from socialshop.commissions import sentences
from socialshop.commissions.explanation import Step
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.pages import formats, languages

# Figures of a step that are instants: RFC 3339 for programs, the reader's clock for people.
_INSTANTS = frozenset({"sale_at", "effective_at", "held_from", "matures_at", "settled_at", "from", "until"})
_MINOR, _BPS = "_minor", "_bps"
_PLAIN = {
    "sale": lazy_gettext("An order of %(sale_at)s: %(quantity)s for %(base)s."),
    "rate": lazy_gettext("The plan gives %(rate)s of %(base)s."),
    "deal_rate": lazy_gettext("The deal gives %(rate)s of %(base)s."),
    "tier_rate": lazy_gettext(
        "The plan gives your tier %(tier)s, of which %(below)s are paid below you: %(rate)s of %(base)s."
    ),
    "margin": lazy_gettext(
        "They brought %(base)s; the price of supply is %(supply)s for each of %(quantity)s: above it lies %(surplus)s. "
        "You have %(share)s of that."
    ),
    "reversal": lazy_gettext(
        "A refund gave %(refunded)s back. On the %(net_base)s left the same rule gives %(net)s, so %(clawed)s was "
        "taken back: %(pending)s of it before it settled, %(wallet)s from the wallet, %(owed)s owed."
    ),
}


def tell(step: Step, tiers: Mapping[str, str]) -> str:
    """A step in plain words; `tiers` are the names of tiers by their codes."""
    figures = {name: _readable(name, value, tiers) for name, value in step.figures.items()}
    if step.code in _PLAIN:
        return str(_PLAIN[step.code]) % _written(step.figures, figures)
    return sentences.say(languages.reader(), step.code, figures, money=formats.money)


def _readable(name: str, value: int | str, tiers: Mapping[str, str]) -> int | str:
    if name in _INSTANTS:
        return formats.instant(parse_instant(str(value)))
    return tiers.get(str(value), value) if name == "tier" else value


def _written(figures: Mapping[str, int | str], readable: Mapping[str, int | str]) -> dict[str, int | str]:
    """Amounts and rates under their bare names, each as its reader writes it; all else as it is."""
    written = dict(readable)
    for name, value in figures.items():
        if name.endswith(_MINOR) and name != "exact_minor":
            written[name.removesuffix(_MINOR)] = formats.money(Money(int(value), str(figures["currency"])))
        elif name.endswith(_BPS):
            written[name.removesuffix(_BPS)] = formats.rate(int(value))
    return written
