"""Where seats stand in the picture of a room: around a ring, the first at the top."""

from __future__ import annotations

import math
from typing import NamedTuple

# The picture is 200 by 200; a ring of more seats than these would be unreadable: they stand in rows instead.
LARGEST = 16
_CENTRE, _RADIUS, _LARGEST_SEAT, _GAP = 100, 74, 21, 0.84


class Spot(NamedTuple):
    """The middle of a seat, as SVG writes it."""

    x: str
    y: str


def spots(size: int) -> list[Spot]:
    """The seats of a room of `size`, clockwise."""
    turns = [2 * math.pi * place / size - math.pi / 2 for place in range(size)]
    return [Spot(f"{_CENTRE + _RADIUS * math.cos(t):.1f}", f"{_CENTRE + _RADIUS * math.sin(t):.1f}") for t in turns]


def seat_radius(size: int) -> str:
    """How large each is drawn, so that neighbours keep apart."""
    return f"{min(_LARGEST_SEAT, _GAP * _RADIUS * math.sin(math.pi / max(size, 2))):.1f}"
