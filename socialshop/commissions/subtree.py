"""The part of the sponsor tree that a batch touches, as a graph. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

import networkx as nx


def subtree(buyers: Sequence[int], uplines: Sequence[Sequence[int]], depth: int) -> nx.DiGraph[int]:
    """The buyers and up to `depth` uplines of each (nearest first in `uplines`); edges lead from sponsor to member."""
    tree: nx.DiGraph[int] = nx.DiGraph()
    tree.add_nodes_from(buyers)
    for member, above in zip(buyers, uplines, strict=True):
        tree.add_edges_from((sponsor, below) for below, sponsor in pairwise(chain((member,), above[:depth])))
    return tree
