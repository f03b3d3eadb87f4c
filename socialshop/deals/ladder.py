"""Price ladders: the more members a room has, the less each pays. Pure.

Everybody pays the price of the smallest step, so that nobody is asked for more later. How many have paid when the room
is filled decides the step, and the difference goes back to each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from socialshop.kernel.errors import InvalidValue

FEWEST_STEPS, MOST_STEPS = 2, 10


class Step(NamedTuple):
    """What a unit costs each once `size` members have paid, in minor units."""

    size: int
    price_minor: int


Ladder = tuple[Step, ...]


def check(ladder: Ladder, group_size: int) -> None:
    """Raises InvalidValue naming the field: sizes that do not rise, prices that do not fall, a room of another size."""
    for number, (before, step) in enumerate(pairwise(ladder), start=1):
        if step.size <= before.size:
            raise InvalidValue("each step needs more members than the one before", field=f"price_steps.{number}.size")
        if step.price_minor >= before.price_minor:
            field = f"price_steps.{number}.price_minor"
            raise InvalidValue("each step must cost less than the one before", field=field)
    if ladder[-1].size != group_size:
        raise InvalidValue("the size of the room is that of the last step", field="group_size")


def reached(ladder: Ladder, seats: int) -> Step | None:
    """The step that so many paid seats reach; None below the smallest."""
    return next((step for step in reversed(ladder) if seats >= step.size), None)


def read(document: Sequence[Mapping[str, int]] | None) -> Ladder:
    """The ladder as it is kept; none of one price."""
    return tuple(Step(step["size"], step["price_minor"]) for step in document or ())


def document_of(ladder: Ladder) -> list[dict[str, int]] | None:
    """A ladder as it is kept."""
    return [step._asdict() for step in ladder] or None
