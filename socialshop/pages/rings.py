"""Rings in the picture of who stands behind a sum: people whom the tree links and who share something beside it.

In a tree nobody stands on a circle. Whoever shares an account or a browser with another closes one: money goes up
along the tree, and its ends meet. Pure; what a ring means is for a person to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from socialshop.pages.lineage import Spot

# How far the middle of a tie's line stands off: outside of whoever stands between its ends.
_BOW = 44


class Tie(NamedTuple):
    """These people share something: an `account` for payouts, or a `browser`."""

    kind: str
    people: tuple[int, ...]


class Ring(NamedTuple):
    """People tied to each other by `ties`; `circle` has them and whoever links them in the tree."""

    ties: tuple[Tie, ...]
    circle: frozenset[int]


class Bow(NamedTuple):
    """A line between two who share something, as an SVG path."""

    kind: str
    path: str


def rings(pairs: Iterable[tuple[int, int]], ties: Sequence[Tie]) -> list[Ring]:
    """The rings that these ties make in a tree of `pairs`, the largest first; what is tied to one ring is one ring."""
    # As where commissions are counted: some 350 modules, which one page in a hundred needs.
    import networkx as nx

    tree: nx.Graph[int] = nx.Graph(pairs)
    shared: nx.Graph[int] = nx.Graph()
    for tie in ties:
        nx.add_path(shared, tie.people)
    found = []
    for group in nx.connected_components(shared):
        steps = (nx.shortest_path(tree, one, other) for one, other in shared.subgraph(group).edges)
        inside = tuple(tie for tie in ties if tie.people[0] in group)
        found.append(Ring(inside, frozenset().union(*steps)))
    return sorted(found, key=lambda ring: (-len(ring.circle), min(ring.circle)))


def bows(found: Iterable[Ring], spots: Mapping[int, Spot]) -> list[Bow]:
    """The lines to draw: of each tie, from one to the next of its people."""
    return [
        Bow(tie.kind, _bow(spots[one], spots[other]))
        for ring in found
        for tie in ring.ties
        for one, other in pairwise(tie.people)
    ]


def _bow(one: Spot, other: Spot) -> str:
    """Bent downwards or to the side, so that it lies on no line of the tree."""
    (x1, y1), (x2, y2) = sorted((int(spot.x), int(spot.y)) for spot in (one, other))
    length = math.hypot(x2 - x1, y2 - y1) or 1
    x = (x1 + x2) / 2 - (y2 - y1) / length * _BOW
    y = (y1 + y2) / 2 + (x2 - x1) / length * _BOW
    return f"M{x1} {y1}Q{x:.0f} {y:.0f} {x2} {y2}"
