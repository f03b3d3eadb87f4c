"""What is wrong with a plan's document, told in the reader's language with the place where it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext, lazy_gettext

from socialshop.commissions.errors import Fault
from socialshop.pages.formats import joined, rate

_MOST_TOLD = 8
# What pydantic says of choices: 'day', 'month' or 'year'.
_BETWEEN_CHOICES = re.compile(r", | or ")
# Word for word as the rules say them (infra/plainwords.py, commissions/plan.py): a test compares both.
WORDS = (
    lazy_gettext("is missing"),
    lazy_gettext("is unknown here"),
    lazy_gettext("should be a JSON object"),
    lazy_gettext("should be a list"),
    lazy_gettext("has too few entries; there should be {min_length} at least"),
    lazy_gettext("has too many entries; there may be {max_length} at most"),
    lazy_gettext("should be a whole number"),
    lazy_gettext("should be {ge} or more"),
    lazy_gettext("should be {le} or less"),
    lazy_gettext("should be a text"),
    lazy_gettext("is too short; it should have {min_length} characters at least"),
    lazy_gettext("is too long; it may have {max_length} characters at most"),
    lazy_gettext("should be {expected}"),
    lazy_gettext("should be an instant such as 2026-01-31T12:00:00Z"),
    lazy_gettext("{tag!r} is no kind that runs; these do: {kinds}"),
    lazy_gettext("is missing; one of {kinds}"),
    lazy_gettext("repeats legs[{first}], which always pays"),
    lazy_gettext("repeats caps[{first}]"),
    lazy_gettext("is said by the leg's rates"),
    lazy_gettext("asks of a sale, and a {kind} is none"),
    lazy_gettext("should be {deepest} or more, as deep as the plan's levels"),
    lazy_gettext("has more than {bytes} bytes"),
    lazy_gettext("is not UTF-8 text"),
    lazy_gettext("needs rate_bps or fixed_minor, and not both"),
    lazy_gettext("has no period: an order is one whole"),
    lazy_gettext("says no condition"),
    lazy_gettext("ends before it begins"),
    lazy_gettext("needs reach for pass_up, and not for forfeit"),
    lazy_gettext("has a character that is no text (U+0000 or a lone surrogate)"),
    lazy_gettext("is no ISO 4217 currency"),
)


def faults_told(faults: Sequence[Fault]) -> str:
    """Each fault with its field, the first few of many."""
    told = [joined((fault.path, fault_told(fault)), ":") if fault.path else fault_told(fault) for fault in faults]
    if len(told) > _MOST_TOLD:
        told[_MOST_TOLD:] = [gettext("and %(count)s more", count=len(told) - _MOST_TOLD)]
    return joined(told, ";")


def fault_told(fault: Fault) -> str:
    """What is wrong, without the place."""
    facts = {name: _listed(value) if name in {"expected", "kinds"} else value for name, value in fault.told.items()}
    if not fault.path:
        return _whole(fault, facts)
    if "bps" in facts:
        share = rate(int(str(facts["bps"])))
        return str(gettext("the shares give away %(rate)s of a sale, more than the whole", rate=share))
    # A validator's own sentence stands there whole; what an id looks like follows its prefix.
    words = str(facts["said"]) if fault.words == "{said}" else fault.words
    if words.startswith("should be an id such as "):
        return str(gettext("should be an id such as %(id)s", id=words.rpartition(" ")[2]))
    return str(gettext(words)).format(**facts)


def _whole(fault: Fault, facts: dict[str, object]) -> str:
    """What is wrong with the document as a whole: it cannot be read."""
    if "line" in facts:
        return str(
            gettext(
                "This is no JSON: look at line %(line)s, character %(place)s.",
                line=facts["line"],
                place=facts["column"],
            )
        )
    if fault.words == "{said}" or fault.words.startswith("is not JSON"):
        return str(gettext("This JSON says a name twice, is nested too deeply, or has no number that could be meant."))
    return str(gettext("The document %(fault)s.", fault=str(gettext(fault.words)).format(**facts)))


def _listed(choices: object) -> str:
    return joined(_BETWEEN_CHOICES.split(str(choices)))
