"""Pages of a group leader: deals, rooms as they fill, results, storefront, team."""

from __future__ import annotations

from socialshop.pages.leader import bargains, circle, deals, opening, overview, results, sessions, storefront, team
from socialshop.pages.leader.section import leader

__all__ = [
    "bargains",
    "circle",
    "deals",
    "leader",
    "opening",
    "overview",
    "results",
    "sessions",
    "storefront",
    "team",
]
