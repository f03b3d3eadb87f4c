"""Pages of a group leader: deals, rooms as they fill, results, team."""

from __future__ import annotations

from socialshop.pages.leader import circle, deals, opening, overview, results, team
from socialshop.pages.leader.section import leader

__all__ = [
    "circle",
    "deals",
    "leader",
    "opening",
    "overview",
    "results",
    "team",
]
