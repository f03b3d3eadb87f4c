"""What a member's benefits are. Pure.

Units: `*_bps` are basis points, `*_hours` hours; 10,000 bps of points are the plain number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialshop.kernel.money import BPS

# From plain to best.
SERVICE_LINES = ("standard", "priority", "dedicated")


@dataclass(frozen=True, slots=True)
class Benefits:
    """What a member has now.

    `exclusive_deals` opens every deal that asks for a tier, whichever it asks for. Coupons, gift and vouchers are
    codes that the rooms above give a meaning to.
    """

    tier: str
    tier_name_zh: str
    tier_name_en: str
    level: int
    member_discount_bps: int = 0
    free_shipping: bool = False
    points_multiplier_bps: int = BPS
    early_access_hours: int = 0
    exclusive_deals: bool = False
    monthly_coupons: tuple[str, ...] = ()
    birthday_gift: str | None = None
    service_line: str = "standard"
    partner_vouchers: tuple[str, ...] = ()


def benefits_of_tier(tier: str, name_zh: str, name_en: str, level: int, given: Mapping[str, Any]) -> Benefits:
    """The benefits of a tier from its published document."""
    return Benefits(
        tier=tier,
        tier_name_zh=name_zh,
        tier_name_en=name_en,
        level=level,
        member_discount_bps=given["member_discount_bps"],
        free_shipping=given["free_shipping"],
        points_multiplier_bps=given["points_multiplier_bps"],
        early_access_hours=given["early_access_hours"],
        exclusive_deals=given["exclusive_deals"],
        monthly_coupons=tuple(given["monthly_coupons"]),
        birthday_gift=given["birthday_gift"],
        service_line=given["service_line"],
        partner_vouchers=tuple(given["partner_vouchers"]),
    )
