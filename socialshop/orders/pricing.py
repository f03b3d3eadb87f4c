"""What an order costs, step by step, in the order in which the steps act. Pure.

    goods, at the room's price → points

Each step is a line; the total is their sum, and never less than one minor unit, for it is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Step(StrEnum):
    """What a line of a price stands for."""

    GOODS = "goods"
    POINTS = "points"


class PriceLine(NamedTuple):
    """What a step adds to the price (takes off it, below zero), in minor units."""

    kind: Step
    amount_minor: int


def compose(goods_minor: int, points_minor: int = 0) -> tuple[PriceLine, ...]:
    """The lines of a price of which points pay `points_minor`."""
    paid = (PriceLine(Step.POINTS, -points_minor),) if points_minor else ()
    return (PriceLine(Step.GOODS, goods_minor), *paid)


def total_minor(lines: Sequence[PriceLine]) -> int:
    """What is paid in money. Raises ValueError where nothing would be."""
    total = sum(line.amount_minor for line in lines)
    if total < 1:
        raise ValueError("a price is at least one minor unit")
    return total
