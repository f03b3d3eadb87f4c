"""A segment as an admin types it: whom an offer is for."""

from __future__ import annotations

from socialshop.loyalty.rules import LONGEST_DAYS
from socialshop.pages.forms import Form

# A box a tier: its field is called by the tier's code behind this.
TIER_BOX = "segment_tier-"


def typed_segment(form: Form, currency: str) -> dict[str, object] | None:
    """Whom it is for, where anything of a segment was typed."""
    said: dict[str, object] = {
        "tiers": ticked_tiers(form),
        "plans": form.listed("segment_plans"),
        "newcomer_days": form.whole_or_none("newcomer_days", 1, LONGEST_DAYS),
        "not_bought_days": form.whole_or_none("not_bought_days", 1, LONGEST_DAYS),
        "birthday_month": form.is_ticked("birthday_month"),
        **{
            name: form.money(name, currency).amount_minor if form.values.get(name, "").strip() else None
            for name in ("spends_from_minor", "spends_below_minor")
        },
    }
    return said if any(said.values()) else None


def ticked_tiers(form: Form, box: str = TIER_BOX) -> list[str]:
    """The tiers that were ticked; a box's field is called by the tier's code behind `box`."""
    return [name.removeprefix(box) for name in form.values if name.startswith(box)]
