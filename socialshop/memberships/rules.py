"""What a member's benefits are. Pure.

Units: `*_bps` are basis points, `*_hours` hours; 10,000 bps of points are the plain number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialshop.kernel.money import BPS


@dataclass(frozen=True, slots=True)
class Benefits:
    """What a member has now.

    `exclusive_deals` opens every deal that asks for a tier, whichever it asks for; with `service_line` questions wait
    for half the time. `partner_vouchers` are those of the tier: a plan's are taken by the plan. `by_plan` names the
    benefits of which a plan gives more than the tier does, and the coupons that plans alone give.
    """

    tier: str
    tier_name_zh: str
    tier_name_en: str
    level: int
    discount_bps: int = 0
    free_shipping: bool = False
    points_multiplier_bps: int = BPS
    early_access_hours: int = 0
    exclusive_deals: bool = False
    service_line: bool = False
    monthly_coupons: tuple[str, ...] = ()
    birthday_coupons: tuple[str, ...] = ()
    partner_vouchers: tuple[str, ...] = ()
    by_plan: frozenset[str] = frozenset()


_GIVEN = (
    "discount_bps",
    "free_shipping",
    "points_multiplier_bps",
    "early_access_hours",
    "exclusive_deals",
    "service_line",
)
_NOTHING: Mapping[str, int] = dict.fromkeys(_GIVEN, 0) | {"points_multiplier_bps": BPS}
_LISTED = ("monthly_coupons", "birthday_coupons", "partner_vouchers")


def benefits_of_tier(tier: str, name_zh: str, name_en: str, level: int, given: Mapping[str, Any]) -> Benefits:
    """The benefits of a tier from its published document; one that is older than a benefit does not give it."""
    has = {name: given[name] for name in _GIVEN if name in given}
    has |= {name: tuple(given.get(name, ())) for name in _LISTED}
    return Benefits(tier=tier, tier_name_zh=name_zh, tier_name_en=name_en, level=level, **has)


def best_of(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The best of each benefit that these documents give: yes is better than no, more than less; of lists all."""
    names = dict.fromkeys(name for document in given for name in document)
    return {name: _best([document[name] for document in given if name in document]) for name in names}


def more_by_plans(tier: Mapping[str, Any], plans: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Which benefits these plans give more of than the tier does, by name; of lists, what they name and it does not."""
    best = best_of([tier, *plans])
    more = {name for name in _GIVEN if name in best and best[name] > tier.get(name, _NOTHING[name])}
    listed = {one for name in _LISTED for one in best.get(name, ()) if one not in tier.get(name, ())}
    return frozenset(more | listed)


def _best(values: Sequence[Any]) -> Any:
    if isinstance(values[0], list):
        return list(dict.fromkeys(one for listed in values for one in listed))
    return max(values)
