"""Pages of a group leader: deals, rooms as they fill, results."""

from __future__ import annotations

from socialshop.pages.leader import overview
from socialshop.pages.leader.section import leader

__all__ = ["leader", "overview"]
