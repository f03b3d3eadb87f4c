"""The door of memberships."""

from __future__ import annotations

from socialshop.memberships.rules import Benefits
from socialshop.memberships.service.benefiting import benefits_of, first_tier, head_start_of, require_tier
from socialshop.memberships.service.evaluating import evaluate_due
from socialshop.memberships.service.growing import Activity, add_activity, on_order_refunded, on_orders_confirmed
from socialshop.memberships.service.publishing import (
    ProgrammeView,
    draft_programme,
    programme_in_force,
    programme_of,
    programme_page,
    publish_programme,
    tier_views,
    who_moves,
)
from socialshop.memberships.service.reading import (
    BenefitUse,
    Membership,
    TierView,
    changes_of,
    membership_of,
    note_uses,
    tiers,
)
from socialshop.memberships.store.growth import GrowthRow
from socialshop.memberships.store.personal import PERSONAL
from socialshop.memberships.store.programmes import MoveRow
from socialshop.memberships.store.reading import ChangeRow, UseRow
from socialshop.memberships.store.standings import TIER_OF

__all__ = [
    "PERSONAL",
    "TIER_OF",
    "Activity",
    "BenefitUse",
    "Benefits",
    "ChangeRow",
    "GrowthRow",
    "Membership",
    "MoveRow",
    "ProgrammeView",
    "TierView",
    "UseRow",
    "add_activity",
    "benefits_of",
    "changes_of",
    "draft_programme",
    "evaluate_due",
    "first_tier",
    "head_start_of",
    "membership_of",
    "note_uses",
    "on_order_refunded",
    "on_orders_confirmed",
    "programme_in_force",
    "programme_of",
    "programme_page",
    "publish_programme",
    "require_tier",
    "tier_views",
    "tiers",
    "who_moves",
]
