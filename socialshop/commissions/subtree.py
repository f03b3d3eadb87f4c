"""The part of the sponsor tree that a batch touches, as a graph. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import networkx as nx


class Bought(Protocol):
    """A sale, with the buyer's uplines as they stood at it, nearest first."""

    @property
    def buyer(self) -> int: ...

    @property
    def uplines(self) -> Sequence[int]: ...


BoughtT = TypeVar("BoughtT", bound=Bought)


def agreeing(sales: Iterable[BoughtT], depth: int) -> list[list[BoughtT]]:
    """The sales in as few groups as come of taking the first that fits, so that the uplines of each make one forest.

    Sales of different days may disagree on who a member's sponsor was (a correction lies between); in one graph the
    member would have two. Sales that name the same uplines for the same buyer never part.
    """
    forests: list[tuple[list[BoughtT], dict[int, int | None]]] = []
    for sale in sales:
        above = _above(sale, depth)
        found = (forest for forest in forests if all(forest[1].get(member, up) == up for member, up in above))
        forest = next(found, None)
        if forest is None:
            forest = [], {}
            forests.append(forest)
        forest[0].append(sale)
        forest[1].update(above)
    return [group for group, _ in forests]


def _above(sale: Bought, depth: int) -> list[tuple[int, int | None]]:
    """(member, sponsor) up from the buyer; None for the sponsor where the tree ends within `depth`."""
    climbed: list[int | None] = [sale.buyer, *sale.uplines[:depth]]
    if len(climbed) <= depth:
        climbed.append(None)
    return [(member, sponsor) for member, sponsor in pairwise(climbed) if member is not None]


def subtree(buyers: Sequence[int], uplines: Sequence[Sequence[int]], depth: int) -> nx.DiGraph[int]:
    """The buyers and up to `depth` uplines of each (nearest first in `uplines`); edges lead from sponsor to member."""
    # Some 350 modules, which only who accrues needs.
    import networkx as nx

    tree: nx.DiGraph[int] = nx.DiGraph()
    tree.add_nodes_from(buyers)
    for member, above in zip(buyers, uplines, strict=True):
        tree.add_edges_from((sponsor, below) for below, sponsor in pairwise(chain((member,), above[:depth])))
    return tree
