"""Who holds a branch together: betweenness of its members, by networkx. Pure.

Of all pairs in the branch, the share whose path to each other leads through somebody: who brought many that brought
many has much, a member below whom nobody stands has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from socialshop.kernel.money import BPS

# Every pair is walked: a branch of so many costs some tenths of a second.
MOST_MEMBERS = 400


class Influence(NamedTuple):
    """A member of a branch, and the share of all paths in it that lead through this one, in basis points."""

    number: int
    between_bps: int


def influence(edges: Iterable[tuple[int, int]], most: int) -> list[Influence]:
    """The `most` members with most, of a branch given as (sponsor, member); who has none is left out."""
    # Some 350 modules, which only this page needs.
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_edges_from(edges)
    between = nx.betweenness_centrality(graph)
    ranked = sorted(between.items(), key=lambda one: (-one[1], one[0]))
    return [Influence(number, round(share * BPS)) for number, share in ranked[:most] if share > 0]
