"""The rules as a document: a version holds from its publishing, the one before stays to be read. Pure.

A rule means by `threshold` and `least` what `MEANINGS` says; `window_days` is how far back it looks, `keep_days` how
long a finding that holds nothing stands. A rule in shadow finds, but its findings hold nothing and stand beside no
payout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from socialshop.infra.documents import Document
from socialshop.kernel.money import BPS

RING = "ring"
Level = Literal["info", "warning", "severe"]
LEVELS: tuple[Level, ...] = ("info", "warning", "severe")
# The largest threshold and the longest window: a rule beyond them would find nothing.
MOST = 1_000_000
LONGEST_DAYS = 730


class Rule(Document):
    """One rule."""

    on: bool = True
    shadow: bool = False
    severity: Level = "warning"
    window_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90
    threshold: Annotated[int, Field(ge=1, le=MOST)]
    least: Annotated[int, Field(ge=0, le=MOST)] = 0
    keep_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 30


class Ruleset(Document):
    """All rules. A finding of `holds_from` or graver holds the money of whom it names.

    A rule of which `least_decided` findings or more were decided, and less than `least_precision_bps` of them
    confirmed, is proposed for shadow.
    """

    self_referral: Rule = Rule(threshold=4, least=5)
    disposable_mail: Rule = Rule(severity="info", threshold=1)
    velocity_links: Rule = Rule(severity="info", window_days=1, threshold=40)
    velocity_registrations: Rule = Rule(severity="info", window_days=1, threshold=60)
    velocity_rooms: Rule = Rule(severity="info", window_days=1, threshold=40)
    refund_rate: Rule = Rule(window_days=180, threshold=2_500, least=20)
    destination_shared: Rule = Rule(severity="severe", window_days=180, threshold=6)
    closed_rooms: Rule = Rule(window_days=180, threshold=8, least=3)
    click_flood: Rule = Rule(window_days=1, threshold=500, least=8_000)
    one_host: Rule = Rule(window_days=60, threshold=5, least=3)
    payment_disputed: Rule = Rule(window_days=180, threshold=1, keep_days=90)
    ring: Rule = Rule(severity="severe", window_days=180, threshold=70, least=3)
    holds_from: Level = "severe"
    least_precision_bps: Annotated[int, Field(ge=0, le=BPS)] = 5_000
    least_decided: Annotated[int, Field(ge=1, le=MOST)] = 10

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Each rule with its code, in the document's order."""
        for code in CODES:
            yield code, self.of(code)

    def of(self, code: str) -> Rule:
        """The rule of this code."""
        found: Rule = getattr(self, code)
        return found

    def holds(self, code: str) -> bool:
        """Whether what this rule finds holds money."""
        rule = self.of(code)
        return not rule.shadow and LEVELS.index(rule.severity) >= LEVELS.index(self.holds_from)


CODES: tuple[str, ...] = tuple(name for name, field in Ruleset.model_fields.items() if field.annotation is Rule)
DEFAULT = Ruleset()


def document_of(ruleset: Ruleset) -> dict[str, Any]:
    """The rules as the JSON document that is stored: all of it, for what a shop begins with may change."""
    document: dict[str, Any] = ruleset.model_dump(mode="json")
    return document
