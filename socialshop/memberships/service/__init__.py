"""The door of memberships."""

from __future__ import annotations

from socialshop.memberships.rules import Benefits
from socialshop.memberships.service.benefiting import benefits_of, first_tier
from socialshop.memberships.store.standings import TIER_OF

__all__ = [
    "TIER_OF",
    "Benefits",
    "benefits_of",
    "first_tier",
]
