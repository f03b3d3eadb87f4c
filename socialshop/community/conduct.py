"""Behaviour: what can be reported and why, what a decision can be, and what an appeal comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from socialshop.kernel.errors import InvalidValue

LONGEST_WORDS = 1_000
LONGEST_RULES = 20_000
MOST_DAYS = 365
# The prefixes of the public ids of what can be reported.
PREFIXES = {"post": "post", "member": "mbr", "room": "room"}


class Ground(StrEnum):
    """Why something is reported."""

    UNTRUE = "untrue"
    PERSONAL = "personal"
    ABUSE = "abuse"
    ADVERTISING = "advertising"
    FRAUD = "fraud"
    OTHER = "other"


class Verdict(StrEnum):
    """What is decided about a report, from nothing to the gravest."""

    DISMISSED = "dismissed"
    WARNED = "warned"
    LIMITED = "limited"
    FROZEN = "frozen"


class Outcome(StrEnum):
    """What an appeal comes to."""

    UPHELD = "upheld"
    LIFTED = "lifted"


LASTING = frozenset({Verdict.LIMITED, Verdict.FROZEN})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision to be made; `days` of what lasts."""

    verdict: Verdict
    reason: str
    days: int | None = None

    def ends_at(self, now: datetime) -> datetime | None:
        """When it is over; None for what does not last. Raises InvalidValue where the two do not fit."""
        if (self.verdict in LASTING) != (self.days is not None):
            raise InvalidValue("a limit and a freeze last a number of days, nothing else does", field="days")
        if self.days is None:
            return None
        if not 1 <= self.days <= MOST_DAYS:
            raise InvalidValue("from 1 to 365 days", field="days")
        return now + timedelta(days=self.days)
