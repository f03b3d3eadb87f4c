"""Missions: planned by the shop, counted by events, seen by members."""

from __future__ import annotations

from socialshop.loyalty.service.missions.counting import MISSION_PREFIX, on_deeds_done
from socialshop.loyalty.service.missions.planning import (
    NewMission,
    Terms,
    add,
    change,
    mission,
    missions,
    of_campaign,
    of_member,
    reach,
    withdraw,
)
from socialshop.loyalty.store.missions import MissionRow, Own, Reach

__all__ = [
    "MISSION_PREFIX",
    "MissionRow",
    "NewMission",
    "Own",
    "Reach",
    "Terms",
    "add",
    "change",
    "mission",
    "missions",
    "of_campaign",
    "of_member",
    "on_deeds_done",
    "reach",
    "withdraw",
]
