"""What a member may see of the team below: who was brought in directly, and deeper levels as counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Fewer people than this are not counted apart: a count of two tells who they are.
FEWEST_COUNTED = 5


class Level(NamedTuple):
    """How many stand `level` below; None where that would tell too much about too few."""

    level: int
    members: int | None


def deeper(counts: Mapping[int, int], depth: int) -> list[Level]:
    """Levels 2 to `depth`: an empty one is zero, one of fewer than five is not told."""
    return [Level(level, _told(counts.get(level, 0))) for level in range(2, depth + 1)]


def _told(count: int) -> int | None:
    return count if count == 0 or count >= FEWEST_COUNTED else None
