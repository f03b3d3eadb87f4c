"""What a deal gives the member who is host when the room is filled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import rate_of

# A share that a host has off the own price, or of what others buy, is at most half of it, a fixed sum too.
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


def check(perk: HostPerk, least_minor: int) -> None:
    """Raises InvalidValue: a fixed sum a unit that is more than half of what a unit may come to cost."""
    if (perk.fixed_minor or 0) > rate_of(least_minor, HIGHEST_PERK_BPS):
        raise InvalidValue("a host has at most half of what a unit may come to cost", field="host_perk")


def left_of(perk: HostPerk, price_minor: int) -> int:
    """What the shop has of the unit of which it has least, sold at this price, once the host has what was promised."""
    if perk.kind is PerkKind.FREE_SEAT:
        return 0
    return price_minor - (perk.fixed_minor or rate_of(price_minor, perk.rate_bps or 0))


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
