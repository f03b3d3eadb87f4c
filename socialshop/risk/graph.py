"""Who may be one hand: a graph of members over the marks that they share. Pure.

Hard marks (where payouts go, a phone, a means of payment) make one knot of all who share them. Soft marks (browser,
address, network, family of an e-mail) tie knots the more the fewer share them: two on one browser are close, forty on
one network are neighbours. What ties strongly enough makes components; a large component falls into communities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

HARD = frozenset({"payout_account", "phone", "instrument"})
# What two who share a mark alone weigh, and beyond how many a mark says nothing: an office, a dormitory, a carrier.
_SOFT: Mapping[str, tuple[int, int]] = {
    "device": (1_000, 20),
    "address": (800, 30),
    "network": (300, 40),
    "email_family": (400, 12),
}
# A hard mark of more is a shop's own account or a reception's telephone, and is left to rules that count.
MOST_SHARING = 200
_TIED = 300
_LARGEST = 40


class Shared(NamedTuple):
    """Members who share a mark, and since when two of them do."""

    kind: str
    members: tuple[int, ...]
    since: datetime


class Cluster(NamedTuple):
    """Members who may be one hand, and what ties them."""

    members: frozenset[int]
    ties: tuple[Shared, ...]

    @property
    def hard(self) -> int:
        """The most of them that share one hard mark."""
        return max((len(tie.members) for tie in self.ties if tie.kind in HARD), default=0)


def clusters(marks: Sequence[Shared]) -> list[Cluster]:
    """The clusters of two or more that these marks make, by their first member."""
    if not marks:
        return []
    # As where commissions are counted: some 350 modules, which few pages need.
    import networkx as nx

    knots = _knots(marks)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(set(knots.values()))
    weights: Counter[tuple[int, int]] = Counter()
    for one, other, weight in _soft_ties(marks, knots):
        weights[one, other] += weight
    graph.add_weighted_edges_from((one, other, sum_) for (one, other), sum_ in weights.items() if sum_ >= _TIED)
    within: dict[int, set[int]] = {}
    for member, knot in knots.items():
        within.setdefault(knot, set()).add(member)
    found = []
    for component in nx.connected_components(graph):
        for part in _parts(graph, component):
            members = frozenset().union(*(within[knot] for knot in part))
            if len(members) > 1:
                found.append(members)
    return _with_ties(sorted(found, key=min), marks)


def _knots(marks: Iterable[Shared]) -> dict[int, int]:
    """The first member of the knot of each: all who are tied by hard marks are one."""
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    for shared in marks:
        graph.add_nodes_from(shared.members)
        if shared.kind in HARD and len(shared.members) <= MOST_SHARING:
            nx.add_star(graph, shared.members)
    return {member: min(knot) for knot in nx.connected_components(graph) for member in knot}


def _soft_ties(marks: Iterable[Shared], knots: dict[int, int]) -> Iterable[tuple[int, int, int]]:
    for shared in marks:
        if shared.kind in HARD or len(shared.members) > _SOFT[shared.kind][1]:
            continue
        weight = _SOFT[shared.kind][0]
        for one, other in combinations(sorted({knots[member] for member in shared.members}), 2):
            yield one, other, weight * 2 // len(shared.members)


def _parts(graph: object, component: set[int]) -> list[set[int]]:
    """A component as it is, or its communities where it is too large for one hand."""
    import networkx as nx

    if len(component) <= _LARGEST:
        return [component]
    inside = graph.subgraph(sorted(component))  # type: ignore[attr-defined]
    return [set(part) for part in nx.community.louvain_communities(inside, weight="weight", seed=0)]


def _with_ties(found: Sequence[frozenset[int]], marks: Iterable[Shared]) -> list[Cluster]:
    """Each group with what two or more of it share, the earliest first."""
    of = {member: place for place, members in enumerate(found) for member in members}
    ties: list[list[Shared]] = [[] for _ in found]
    for shared in marks:
        groups: dict[int, list[int]] = {}
        for member in shared.members:
            if member in of:
                groups.setdefault(of[member], []).append(member)
        for place, members in groups.items():
            if len(members) > 1 and (shared.kind in HARD or len(shared.members) <= _SOFT[shared.kind][1]):
                ties[place].append(Shared(shared.kind, tuple(members), shared.since))
    return [
        Cluster(members, tuple(sorted(ties[place], key=lambda tie: (tie.since, tie.kind, tie.members))))
        for place, members in enumerate(found)
    ]
