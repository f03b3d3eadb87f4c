"""Figures of the whole forest, pure numpy: team volumes in total, and how many levels stand below.

A team is everybody below a member, the member not included. Sums are exact: whole numbers in int64, refused
(OverflowError) where they might not fit.
"""

from __future__ import annotations

import numpy as np

from socialshop.referrals.tree import TOP, Ints

# A forest with more levels than this is summed by doubling: a pass over a few members each level would cost more.
_LEVELS_TO_SWEEP = 2_000
_LARGEST = int(np.iinfo(np.int64).max)


def parents(number: Ints, sponsor: Ints) -> Ints:
    """The index of each one's sponsor, TOP for 0; `number` must be sorted and hold every sponsor."""
    if len(number) and int(number[-1]) - int(number[0]) + 1 == len(number):
        # Numbers without gaps: the index is the distance from the first.
        return np.where(sponsor == 0, TOP, sponsor - number[0])
    return np.where(sponsor == 0, TOP, np.searchsorted(number, sponsor))


def team_sums(parent: Ints, depth: Ints, values: Ints) -> Ints:
    """Of each member the sum of `values` over everybody below."""
    if len(parent) == 0:
        return np.zeros(0, dtype=np.int64)
    _refuse_overflow(values)
    levels = int(depth.max())
    return _swept(parent, depth, values) if levels <= _LEVELS_TO_SWEEP else _doubled(parent, levels, values)


def _refuse_overflow(values: Ints) -> None:
    if len(values) and max(-int(values.min()), int(values.max())) > _LARGEST // len(values):
        raise OverflowError("the sum of these values might not fit in 64 bits")


def _swept(parent: Ints, depth: Ints, values: Ints) -> Ints:
    """Level by level from the deepest: each one hands its own value and what is below it to its sponsor."""
    order = np.argsort(depth.astype(np.int16), kind="stable")
    starts = np.searchsorted(depth[order], np.arange(1, int(depth.max()) + 2))
    sums = np.zeros(len(parent), dtype=np.int64)
    for level in range(len(starts) - 2, -1, -1):
        members = order[starts[level] : starts[level + 1]]
        np.add.at(sums, parent[members], sums[members] + values[members])
    return sums


def _doubled(parent: Ints, levels: int, values: Ints) -> Ints:
    """By doubling: after pass k each one has the sum over less than 2^k levels below, itself included."""
    jump = parent.copy()
    within = values.copy()
    for _ in range(levels.bit_length()):
        far = np.flatnonzero(jump != TOP)
        handed = within[far]
        np.add.at(within, jump[far], handed)
        jump[far] = jump[jump[far]]
    return within - values


def levels_below(parent: Ints, depth: Ints) -> Ints:
    """Of each member how many levels stand below: the steps to who is furthest down, 0 for who has nobody."""
    if len(parent) == 0:
        return np.zeros(0, dtype=np.int64)
    deepest = int(depth.max())
    return _heights_swept(parent, depth) if deepest <= _LEVELS_TO_SWEEP else _heights_doubled(parent, deepest)


def _heights_swept(parent: Ints, depth: Ints) -> Ints:
    """Level by level from the deepest: each one has a level more below than the highest of its children."""
    order = np.argsort(depth.astype(np.int16), kind="stable")
    starts = np.searchsorted(depth[order], np.arange(1, int(depth.max()) + 2))
    heights = np.zeros(len(parent), dtype=np.int64)
    for level in range(len(starts) - 2, -1, -1):
        members = order[starts[level] : starts[level + 1]]
        np.maximum.at(heights, parent[members], heights[members] + 1)
    return heights


def _heights_doubled(parent: Ints, deepest: int) -> Ints:
    """By doubling: after pass k each one knows the furthest of those less than 2^k levels below."""
    jump = parent.copy()
    heights = np.zeros(len(parent), dtype=np.int64)
    for step in range(deepest.bit_length()):
        far = np.flatnonzero(jump != TOP)
        np.maximum.at(heights, jump[far], heights[far] + (1 << step))
        jump[far] = jump[jump[far]]
    return heights
