"""What a deal gives the member who is host when the room is filled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

# A share that a host has off the own price, or of what others buy, is at most half of it.
HIGHEST_PERK_BPS = 5_000


class PerkKind(StrEnum):
    """A free seat, a share off the host's own price, or a commission of what the others buy."""

    FREE_SEAT = "free_seat"
    PERCENTAGE = "percentage"
    COMMISSION = "commission"


class HostPerk(NamedTuple):
    """`rate_bps` for a percentage; for a commission that, or `fixed_minor` a unit in minor units."""

    kind: PerkKind
    rate_bps: int | None = None
    fixed_minor: int | None = None


def read(document: Mapping[str, Any] | None) -> HostPerk | None:
    """The perk as it is kept."""
    if document is None:
        return None
    return HostPerk(PerkKind(document["kind"]), document.get("rate_bps"), document.get("fixed_minor"))


def document_of(perk: HostPerk | None) -> dict[str, Any] | None:
    """A perk as it is kept: what was said, nothing that was not."""
    if perk is None:
        return None
    return {name: value for name, value in perk._asdict().items() if value is not None}
