"""The picture of a finding: whom it names on a circle, and a line between who share something. Pure: no words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

# Of more than these the picture shows the first; the list below it has all.
MOST = 24
_SEAT, _MARGIN, _LEAST = 16, 26, 70
_ROUND_A_SEAT = 7


class Spot(NamedTuple):
    """Where somebody stands, as SVG writes it."""

    name: str
    x: str
    y: str


class Line(NamedTuple):
    """Between two who share something hard (an account, a phone, a means of payment) or soft."""

    x1: str
    y1: str
    x2: str
    y2: str
    is_hard: bool


class Web(NamedTuple):
    """The drawing: as wide as it is high."""

    size: int
    spots: list[Spot]
    lines: list[Line]
    left_out: int


class Tie(NamedTuple):
    """These of the members share something."""

    is_hard: bool
    members: Sequence[str]


def draw(members: Sequence[str], ties: Sequence[Tie]) -> Web:
    """The picture of these members, by their public ids, in the order given; a line once, however much is shared."""
    shown = list(members[:MOST])
    radius = max(_LEAST, len(shown) * _ROUND_A_SEAT)
    middle = radius + _MARGIN
    turns = [2 * math.pi * place / max(len(shown), 1) - math.pi / 2 for place in range(len(shown))]
    at = {
        name: (f"{middle + radius * math.cos(turn):.1f}", f"{middle + radius * math.sin(turn):.1f}")
        for name, turn in zip(shown, turns, strict=True)
    }
    drawn: dict[tuple[str, str], bool] = {}
    for tie in ties:
        inside = sorted((name for name in tie.members if name in at), key=shown.index)
        for pair in pairwise(inside):
            drawn[pair] = drawn.get(pair, False) or tie.is_hard
    lines = [Line(*at[one], *at[other], is_hard) for (one, other), is_hard in drawn.items()]
    return Web(2 * middle, [Spot(name, *at[name]) for name in shown], lines, len(members) - len(shown))
