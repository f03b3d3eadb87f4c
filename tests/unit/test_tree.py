"""The shape of the tree in columns, on small forests drawn by hand and on a chain of a million."""

from __future__ import annotations

import numpy as np
import pytest

from socialshop.referrals import forest
from socialshop.referrals.tree import TOP, any_above, depths, ends, nearest_uplines, on_cycles

# 0 ── 1 ── 2 ── 3        4 (alone)        5 ⇄ 6, 7 below 6
#      └─── 8
PARENT = np.array([TOP, 0, 1, 2, TOP, 6, 5, 6, 1])
FOREST = np.array([TOP, 0, 1, 2, TOP, 1])
MILLION = 1_000_000
CHAIN = np.arange(-1, MILLION - 1)


def test_chains_end_at_tops_or_in_cycles() -> None:
    assert ends(PARENT)[[0, 1, 2, 3, 4, 8]].tolist() == [0, 0, 0, 0, 4, 0]
    assert set(ends(PARENT)[[5, 6, 7]].tolist()) <= {5, 6}


def test_only_those_on_a_cycle_are_on_it() -> None:
    assert np.flatnonzero(on_cycles(PARENT)).tolist() == [5, 6]
    assert not on_cycles(FOREST).any()
    assert np.flatnonzero(on_cycles(np.array([0, 0]))).tolist() == [0]


def test_depth_counts_from_what_the_top_stands_on() -> None:
    assert depths(FOREST).tolist() == [0, 1, 2, 3, 0, 2]
    assert depths(FOREST, np.array([5, 0, 0, 0, 7, 0])).tolist() == [5, 6, 7, 8, 7, 7]


def test_uplines_come_nearest_first_and_go_on_above_the_top() -> None:
    number = np.arange(100, 106)
    assert nearest_uplines(FOREST, number)[3].tolist() == [102, 101, 100, 0, 0, 0, 0, 0]
    above = np.zeros((6, 8), dtype=np.int64)
    above[0] = np.arange(1, 9)
    assert nearest_uplines(FOREST, number, above)[3].tolist() == [102, 101, 100, 1, 2, 3, 4, 5]
    assert nearest_uplines(FOREST, number, above)[4].tolist() == [0] * 8


def test_somebody_marked_above_is_found_however_far() -> None:
    marked = np.array([True, *[False] * 5])
    assert any_above(FOREST, marked).tolist() == [False, True, True, True, False, True]
    assert any_above(np.array([1, 0]), np.array([True, False])).tolist() == [True, True]


def test_a_chain_of_a_million_costs_no_million_steps() -> None:
    depth = depths(CHAIN)
    assert depth[[0, 1, MILLION - 1]].tolist() == [0, 1, MILLION - 1]
    assert nearest_uplines(CHAIN, np.arange(MILLION))[-1].tolist() == list(range(MILLION - 2, MILLION - 10, -1))
    assert not on_cycles(CHAIN).any()
    ring = np.roll(np.arange(MILLION), 1)
    assert on_cycles(ring).all()
    below = forest.team_sums(CHAIN, depth, np.ones(MILLION, dtype=np.int64))
    assert below.tolist() == list(range(MILLION - 1, -1, -1))


def test_team_sums_count_everybody_below_and_not_the_member() -> None:
    values = np.array([1, 10, 100, 1_000, 10_000, 100_000])
    assert forest.team_sums(FOREST, depths(FOREST), values).tolist() == [101_110, 101_100, 1_000, 0, 0, 0]


def test_sums_that_might_not_fit_are_refused_not_wrapped() -> None:
    with pytest.raises(OverflowError):
        forest.team_sums(FOREST, depths(FOREST), np.full(6, 2**62))


def test_parents_are_found_with_and_without_gaps_in_the_numbers() -> None:
    assert forest.parents(np.array([7, 8, 9]), np.array([0, 7, 8])).tolist() == [TOP, 0, 1]
    assert forest.parents(np.array([7, 20, 90]), np.array([0, 7, 20])).tolist() == [TOP, 0, 1]
