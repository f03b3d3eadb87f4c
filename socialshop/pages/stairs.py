"""The picture of a price ladder: a stair a step, as high as its price, and how far a group has come."""

from __future__ import annotations

from typing import NamedTuple

from socialshop.deals.ladder import Ladder, Step, reached

# The picture is 300 by 120; a price stands above its stair and a size below it.
WIDTH, HEIGHT = 300, 120
_TOP, _FLOOR, _LEAST, _GAP = 26, 96, 18, 6


class Stair(NamedTuple):
    """One step, as SVG places it; `is_reached` by those who have paid, `is_here` if it is the last such."""

    step: Step
    x: int
    y: int
    width: int
    height: int
    is_reached: bool
    is_here: bool

    @property
    def middle(self) -> int:
        """Where its words stand."""
        return self.x + self.width // 2


class Stairs(NamedTuple):
    """All of a ladder. `missing` more who pay bring everybody `saved_minor` a unit; 0 where all of it is climbed."""

    stairs: tuple[Stair, ...]
    missing: int
    saved_minor: int


def stairs(ladder: Ladder, paid: int) -> Stairs:
    """The picture of a ladder on which so many have paid."""
    width = WIDTH // len(ladder) - _GAP
    here = reached(ladder, paid)
    dearest = ladder[0].price_minor
    found = []
    for place, step in enumerate(ladder):
        height = max(_LEAST, (_FLOOR - _TOP) * step.price_minor // dearest)
        x = place * (width + _GAP)
        found.append(Stair(step, x, _FLOOR - height, width, height, paid >= step.size, step == here))
    ahead = next((step for step in ladder if step.size > paid), None)
    if ahead is None:
        return Stairs(tuple(found), 0, 0)
    price = dearest if here is None else here.price_minor
    return Stairs(tuple(found), ahead.size - paid, price - ahead.price_minor)
