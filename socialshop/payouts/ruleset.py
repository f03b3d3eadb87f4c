"""How payouts are reviewed, as a document: how long each may wait, and which the shop approves by itself. Pure.

A version holds once a second admin has signed it; the ones before stay to be read.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from socialshop.infra.documents import Document, KnownCurrency
from socialshop.kernel.money import BPS

MOST_MINOR = 10**12
LONGEST_HOURS, LONGEST_DAYS, MOST_A_DAY = 720, 365, 10_000
Hours = Annotated[int, Field(ge=1, le=LONGEST_HOURS)]
Minor = Annotated[int, Field(ge=0, le=MOST_MINOR)]


class Targets(Document):
    """Within how many hours somebody looks at a request, by the gravest that was found."""

    none: Hours = 24
    warning: Hours = 48
    severe: Hours = 72


class Automatic(Document):
    """Which requests are approved without a person: none unless it is on; whoever releases is a person all the same.

    Under `ceiling_minor` in `currency`, without any finding, of a verified name, to an account that is `account_days`
    old, of a member of whose commissions at most `most_reversed_bps` were taken back, who was paid before unless
    `first_too`; after `wait_minutes`, in which the rules of risk are at work; so many and so much a day (UTC).
    """

    on: bool = False
    currency: KnownCurrency = "CNY"
    ceiling_minor: Minor = 0
    daily_minor: Minor = 0
    daily_count: Annotated[int, Field(ge=0, le=MOST_A_DAY)] = 0
    wait_minutes: Annotated[int, Field(ge=1, le=1_440)] = 15
    account_days: Annotated[int, Field(ge=0, le=LONGEST_DAYS)] = 14
    most_reversed_bps: Annotated[int, Field(ge=0, le=BPS)] = 1_000
    first_too: bool = False


class PayoutRules(Document):
    """All of it."""

    target_hours: Targets = Targets()
    auto: Automatic = Automatic()


DEFAULT = PayoutRules()


def document_of(rules: PayoutRules) -> dict[str, Any]:
    """The rules as the JSON document that is stored: all of it, for what a shop begins with may change."""
    document: dict[str, Any] = rules.model_dump(mode="json")
    return document
