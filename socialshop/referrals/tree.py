"""The shape of the sponsor tree, pure: depths, uplines, cycles of a million members, in whole columns.

A forest is one integer column: `parent[i]` is the index of i's sponsor, or `TOP`. Every function works by pointer
doubling (the jump to the 2^k-th upline, k = 0, 1, …), so that a chain of a million costs 20 passes, not a million.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TOP = -1
UPLINES_KEPT = 8

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def _jumps(parent: Ints) -> Ints:
    """The parent of each, a top being its own."""
    return np.where(parent == TOP, np.arange(len(parent)), parent)


def _passes(count: int) -> int:
    """Doublings after which every jump has gone at least `count` steps."""
    return max(count, 1).bit_length()


def ends(parent: Ints) -> Ints:
    """Where each one's chain of sponsors ends: the index of its top, or of some member of the cycle it leads into."""
    jump = _jumps(parent)
    is_top = parent == TOP
    for _ in range(_passes(len(parent))):
        if is_top[jump].all():
            break
        jump = jump[jump]
    return jump


def on_cycles(parent: Ints) -> Flags:
    """Who stands on a cycle. After more jumps than there are members, only tops and cycles are still reached."""
    found = np.zeros(len(parent), dtype=np.bool_)
    found[ends(parent)] = True
    # `ends` stops early only where every chain reaches a top, and then what is reached is tops alone.
    found[parent == TOP] = False
    return found


def depths(parent: Ints, depth_of_top: Ints | None = None) -> Ints:
    """Steps from each to its top, plus the depth that the top itself has. The forest must have no cycle."""
    jump = _jumps(parent)
    depth: Ints = (parent != TOP).astype(np.int64)
    for _ in range(_passes(len(parent))):
        step = depth[jump]
        if not step.any():
            break
        depth += step
        jump = jump[jump]
    if depth_of_top is not None:
        depth += depth_of_top[ends(parent)]
    return depth


def any_above(parent: Ints, marked: Flags) -> Flags:
    """Who has a marked one strictly above; on a cycle that includes itself."""
    jump = _jumps(parent)
    found: Flags = marked[jump] & (parent != TOP)
    for _ in range(_passes(len(parent))):
        found |= found[jump]
        jump = jump[jump]
    return found


def nearest_uplines(parent: Ints, number: Ints, above_top: Ints | None = None) -> Ints:
    """The member numbers of the nearest 8 uplines, sponsor first, 0 where there is none: one row a member.

    `number[i]` is i's member number; row i of `above_top` holds what stands above i where i is a top.
    """
    count = len(parent)
    is_top = parent == TOP
    above = np.zeros((count, UPLINES_KEPT), dtype=np.int64)
    if above_top is not None:
        above[is_top] = above_top[is_top]
    below = np.flatnonzero(~is_top)
    sponsors = parent[below]
    above[below, 0] = number[sponsors]
    for level in range(1, UPLINES_KEPT):
        # The column before is whole by now, for tops and all.
        above[below, level] = above[sponsors, level - 1]
    return above
