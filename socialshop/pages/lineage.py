"""Where people stand in the picture of who is behind a sum: whom it is for on top, each buyer below who brought them.

Pure: places and widths, no words. Of many buyers those are drawn who brought most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST_BUYERS = 8
_COLUMN, _ROW, _MARGIN = 44, 62, 24
_THINNEST, _THICKEST = 1.0, 7.0


class Chain(NamedTuple):
    """`people` lead from just below whom the sum is for down to the buyer; nobody where they bought themselves."""

    people: tuple[int, ...]
    amount_minor: int


class Spot(NamedTuple):
    """Where somebody stands, as SVG writes it."""

    number: int
    x: str
    y: str
    buys: bool


class Line(NamedTuple):
    """From somebody to who stands below, as wide as what came that way is large."""

    x1: str
    y1: str
    x2: str
    y2: str
    width: str


class Brought(NamedTuple):
    """What one buyer brought, and who stands between: nearest to the buyer first."""

    buyer: int
    through: tuple[int, ...]
    amount_minor: int


class Picture(NamedTuple):
    """The drawing, who stands right above whom, what it shows in figures, and how many buyers there are in all."""

    width: int
    height: int
    spots: list[Spot]
    lines: list[Line]
    pairs: list[tuple[int, int]]
    shown: list[Brought]
    buyers: int


def chain_to(whose: int, buyer: int, uplines: Sequence[int]) -> tuple[int, ...]:
    """Who stands from below `whose` down to the buyer; the buyer alone where `whose` does not stand above."""
    if buyer == whose:
        return ()
    between = list(uplines[: uplines.index(whose)]) if whose in uplines else []
    return (*reversed(between), buyer)


def draw(whose: int, chains: Iterable[Chain]) -> Picture:
    """The picture of these chains, the largest sums first, at most MOST_BUYERS of them."""
    sums: dict[tuple[int, ...], int] = {}
    for people, amount in chains:
        sums[people] = sums.get(people, 0) + amount
    ranked = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    chosen = sorted(ranked[:MOST_BUYERS])
    below, carried = _tree(whose, chosen)
    places = _places(whose, below)
    largest = max([1, *carried.values()])
    lines = [
        Line(*_at(places[above]), *_at(places[number]), _wide(carried[number], largest))
        for above, numbers in below.items()
        for number in numbers
    ]
    buyers = {people[-1] if people else whose for people, _ in chosen}
    columns = max(column for column, _ in places.values())
    rows = max(row for _, row in places.values())
    return Picture(
        width=round(columns * _COLUMN) + 2 * _MARGIN,
        height=rows * _ROW + 2 * _MARGIN,
        spots=[Spot(number, *_at(place), number in buyers) for number, place in places.items()],
        lines=lines,
        pairs=[(above, number) for above, numbers in below.items() for number in numbers],
        shown=[
            Brought(people[-1] if people else whose, tuple(reversed(people[:-1])), amount)
            for people, amount in ranked[:MOST_BUYERS]
        ],
        buyers=len(ranked),
    )


def _tree(whose: int, chains: Iterable[tuple[tuple[int, ...], int]]) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Who stands below whom, and what came through each."""
    below: dict[int, list[int]] = {}
    carried: dict[int, int] = {}
    for people, amount in chains:
        above = whose
        for number in people:
            if number not in carried:
                below.setdefault(above, []).append(number)
            carried[number] = carried.get(number, 0) + amount
            above = number
    return below, carried


def _places(whose: int, below: dict[int, list[int]]) -> dict[int, tuple[float, int]]:
    """(column, row) of everybody: who has nobody below gets a column, who has stands in the middle above them."""
    places: dict[int, tuple[float, int]] = {}
    columns = 0

    def stand(number: int, row: int) -> float:
        nonlocal columns
        found = [stand(each, row + 1) for each in below.get(number, ())]
        if not found:
            columns += 1
        column = (found[0] + found[-1]) / 2 if found else float(columns - 1)
        places[number] = (column, row)
        return column

    stand(whose, 0)
    return dict(sorted(places.items(), key=lambda one: (one[1][1], one[1][0])))


def _at(place: tuple[float, int]) -> tuple[str, str]:
    column, row = place
    return f"{_MARGIN + column * _COLUMN:.0f}", str(_MARGIN + row * _ROW)


def _wide(amount: int, largest: int) -> str:
    return f"{_THINNEST + (_THICKEST - _THINNEST) * max(amount, 0) / largest:.1f}"
