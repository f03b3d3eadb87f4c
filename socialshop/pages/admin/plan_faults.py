"""What is wrong with a plan, told in the reader's language beside the field of its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from socialshop.commissions.errors import Fault
from socialshop.pages.formats import joined, rate

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
    lazy_gettext("asks of a sale, and a {kind} is none"),
    lazy_gettext("should be {deepest} or more, as deep as the plan's levels"),
    lazy_gettext("has more than {bytes} bytes"),
    lazy_gettext("is not UTF-8 text"),
    lazy_gettext("has no period: an order is one whole"),
    lazy_gettext("says no condition"),
    lazy_gettext("ends before it begins"),
    lazy_gettext("has a character that is no text (U+0000 or a lone surrogate)"),
    lazy_gettext("is no ISO 4217 currency"),
)
# What the rules say by names of the document, which nobody who fills in a form knows.
PLAIN: Mapping[str, Any] = {
    "repeats legs[{first}], which always pays": lazy_gettext("says again whom share {number} always pays"),
    "repeats caps[{first}]": lazy_gettext("says again what cap {number} says"),
    "is said by the leg's rates": lazy_gettext("is said by the share of each tier"),
    "needs rate_bps or fixed_minor, and not both": lazy_gettext("give a share or a fixed sum, and not both"),
    "needs reach for pass_up, and not for forfeit": lazy_gettext(
        "say how many levels up where the share goes to the next above, and only there"
    ),
}


def fault_told(fault: Fault) -> str:
    """What is wrong, without the place."""
    facts = {name: _listed(value) if name in {"expected", "kinds"} else value for name, value in fault.told.items()}
    if "bps" in facts:
        share = rate(int(str(facts["bps"])))
        return str(gettext("the shares give away %(rate)s of a sale, more than the whole", rate=share))
    # A validator's own sentence stands there whole; what an id looks like follows its prefix.
    words = str(facts["said"]) if fault.words == "{said}" else fault.words
    if words in PLAIN:
        # Places are counted from nothing in the document, and from one on the page.
        return str(PLAIN[words]).format(number=int(str(facts.get("first", 0))) + 1)
    if words.startswith("should be an id such as "):
        return str(gettext("should be an id such as %(id)s", id=words.rpartition(" ")[2]))
    return str(gettext(words)).format(**facts)


def _listed(choices: object) -> str:
    return joined(_BETWEEN_CHOICES.split(str(choices)))
