"""Who may be one hand, and what makes that a ring: marks tie by how few share them, and money decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from socialshop.risk.graph import Shared, clusters
from socialshop.risk.rules import Dealings, moves_money, pays_itself, points, precision_bps

DAY = datetime(2026, 2, 1, tzinfo=UTC)
# A family of four: some rooms alone, most with others.
FAMILY = Dealings(4, 24, 2, 7, 1, 9_000, 6_000, 6, 500)


def shared(kind: str, *members: int, days: int = 0) -> Shared:
    return Shared(kind, members, DAY + timedelta(days=days))


def found(*marks: Shared) -> list[list[int]]:
    return [sorted(cluster.members) for cluster in clusters(marks)]


@pytest.mark.parametrize(
    ("kind", "most"), [("device", 6), ("address", 5), ("email_family", 2), ("network", 2), ("payout_account", 200)]
)
def test_a_mark_ties_as_many_as_share_it_and_not_one_more(kind: str, most: int) -> None:
    assert found(shared(kind, *range(1, most + 1))) == [list(range(1, most + 1))]
    assert found(shared(kind, *range(1, most + 2))) == []


def test_weak_marks_tie_together_and_a_hard_one_makes_one_of_many() -> None:
    office = shared("network", *range(1, 13)), shared("address", *range(1, 13))
    assert found(*office) == []
    # Two knots of three, tied by one browser that one of each has.
    knots = shared("phone", 1, 2, 3), shared("payout_account", 4, 5, 6), shared("device", 3, 4, days=2)
    (cluster,) = clusters(knots)
    assert sorted(cluster.members) == [1, 2, 3, 4, 5, 6]
    assert cluster.hard == 3
    assert [(tie.kind, tie.members) for tie in cluster.ties] == [
        ("payout_account", (4, 5, 6)),
        ("phone", (1, 2, 3)),
        ("device", (3, 4)),
    ]


def test_a_large_component_falls_into_communities() -> None:
    """Given two lots of thirty, each on a chain of browsers, and one browser that both have; then they are apart."""
    lots = [[shared("device", n, n + 1) for n in range(start, start + 30)] for start in (1, 101)]
    parts = found(*lots[0], *lots[1], shared("device", 15, 115))
    assert max(map(len, parts)) <= 40
    assert not any(min(part) < 100 < max(part) for part in parts if len(part) > 30)


def test_a_family_is_no_ring_whatever_it_shares_and_a_ring_is_one_by_what_it_does() -> None:
    said = points(FAMILY, hard=4)
    assert not moves_money(said)
    assert [point.reason for point in said] == ["hard_marks"]
    ring = FAMILY._replace(members=9, orders=50, own_rooms=11, own_orders=40, inside_minor=9_000, joined_within_days=3)
    assert [(point.reason, point.points) for point in points(ring, hard=4)] == [
        ("own_rooms", 40),
        ("inside", 25),
        ("hard_marks", 20),
        ("size", 15),
        ("burst", 15),
    ]
    assert pays_itself(ring)
    assert not pays_itself(FAMILY)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"own_rooms": 4, "own_orders": 15}, "own_rooms"),
        ({"own_rooms": 8, "own_orders": 10}, "own_rooms"),
        ({"refunded": 6}, "refunds"),
        ({"inside_minor": 6_300}, "inside"),
    ],
)
def test_each_bound_is_where_it_says(change: dict[str, int], reason: str) -> None:
    at = FAMILY._replace(**change)
    name, value = next(iter(change.items()))
    assert reason in {point.reason for point in points(at, hard=0)}
    below = at._replace(**{name: value - 1})
    assert reason not in {point.reason for point in points(below, hard=0)}
    # Rates are of twenty orders at least; rooms of its own are counted, not rated.
    assert ("refunds" in {p.reason for p in points(at._replace(orders=19, refunded=19), hard=0)}) is False


def test_precision_is_of_what_was_decided() -> None:
    assert (precision_bps(0, 0), precision_bps(1, 2), precision_bps(3, 0)) == (None, 3_333, 10_000)
