"""Questions to the shop: what they are about, and whose turn it is. Pure."""

from __future__ import annotations

from enum import StrEnum

LONGEST_MESSAGE = 5_000
# The prefixes of the public ids of what a question may be about.
PREFIXES = {"order": "ord", "deal": "deal"}


class Topic(StrEnum):
    """What a question is about."""

    ORDER = "order"
    DEAL = "deal"
    GENERAL = "general"


class Status(StrEnum):
    """`open` waits for the shop, `answered` for the member, `closed` for nobody."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
