"""Campaigns: planned with a goal, drawn by lot, given to the treated alone, and measured against the others."""

from __future__ import annotations

from socialshop.loyalty.lift import Group, Interval, Measured, Metric, Verdict
from socialshop.loyalty.service.campaigns.announcing import announce, give_coupons
from socialshop.loyalty.service.campaigns.drawing import draw, on_draw_due
from socialshop.loyalty.service.campaigns.measuring import Day, Results, results
from socialshop.loyalty.service.campaigns.planning import (
    CAMPAIGN_PREFIX,
    Audience,
    NewCampaign,
    add,
    add_mission,
    campaign,
    campaigns,
    cancel,
    missions_of,
)
from socialshop.loyalty.service.campaigns.showing import Entry, calendar_of
from socialshop.loyalty.store.campaigns import CampaignRow

__all__ = [
    "CAMPAIGN_PREFIX",
    "Audience",
    "CampaignRow",
    "Day",
    "Entry",
    "Group",
    "Interval",
    "Measured",
    "Metric",
    "NewCampaign",
    "Results",
    "Verdict",
    "add",
    "add_mission",
    "announce",
    "calendar_of",
    "campaign",
    "campaigns",
    "cancel",
    "draw",
    "give_coupons",
    "missions_of",
    "on_draw_due",
    "results",
]
