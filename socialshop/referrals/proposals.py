"""Which proposed sponsor bindings of a file can stand together, pure.

The rules (api.md, Imports): a sponsor may come later in the file; all lines of a cycle, and members whose sponsor is
unknown or rejected, are refused by name, and the rest stands. Of a member proposed twice the first good line stands.

So the members that stand are the least set in which each has a sound line whose sponsor stands already, and nothing
depends on the order of lines but which of a member's own lines is taken. A second run can therefore add nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from socialshop.referrals.tree import TOP, Flags, Ints, any_above, ends, on_cycles

# A line's sponsor: an index into the proposed members, or one of these.
NO_SPONSOR = -1  # none is named, or one that stands already
UNKNOWN_SPONSOR = -2


class Verdict(IntEnum):
    """What becomes of a line."""

    STANDS = 0
    REPEATED = 1  # another line of this member stands
    SPONSOR_UNKNOWN = 2
    SPONSOR_CYCLE = 3
    SPONSOR_REJECTED = 4
    UNSOUND = 5  # its binding could stand, but the line has a fault of its own


@dataclass(frozen=True, slots=True)
class Proposals:
    """The lines of a file in order: whose line it is, under whom, and whether the line is otherwise sound."""

    member: Ints
    sponsor: Ints
    sound: Flags
    members: int  # how many different ones; `member` holds each of 0 … members - 1


@dataclass(frozen=True, slots=True)
class Resolution:
    """`verdict[line]`; `standing_line[member]`, -1 where none; `first_sponsor[member]`, to name cycles by."""

    verdict: Ints
    standing_line: Ints
    first_sponsor: Ints


def resolve(lines: Proposals) -> Resolution:
    """Decide every line. A member's first sound line is tried first (the first unsound one where none is sound)."""
    tried = _first_lines(lines)
    first_sponsor = lines.sponsor[tried]
    structure = _within(first_sponsor)
    cyclic = on_cycles(structure)
    chosen = np.full(lines.members, -1, dtype=np.int64)
    while True:
        _stand_by_first_lines(lines, tried, chosen)
        others = _other_lines_ready(lines, chosen)
        ready = others >= 0
        if not ready.any():
            break
        # Whoever waits below another that can still move may yet stand by its first line: topmost ones move first.
        # The members of one cycle move together, since all its lines are refused alike.
        moved = ready & (cyclic | ~any_above(structure, ready))
        chosen[moved] = others[moved]
    return Resolution(_verdicts(lines, chosen, first_sponsor, cyclic), chosen, first_sponsor)


def _within(sponsor: Ints) -> Ints:
    """A sponsor column as a forest: whoever has no proposed sponsor is a top."""
    return np.where(sponsor < 0, TOP, sponsor)


def _first_lines(lines: Proposals) -> Ints:
    """Of each member the first sound line, or the first line."""
    positions = np.arange(len(lines.member))
    first = np.full(lines.members, -1, dtype=np.int64)
    # Assignment in reverse order leaves the first; sound lines are assigned last, so they win.
    for group in (positions[~lines.sound], positions[lines.sound]):
        backwards = group[::-1]
        first[lines.member[backwards]] = backwards
    return first


def _stand_by_first_lines(lines: Proposals, tried: Ints, chosen: Ints) -> None:
    """Let everybody stand whose chain of first lines leads to one that stands."""
    stands, falls = lines.members, lines.members + 1
    upward = np.append(lines.sponsor[tried], [TOP, TOP])
    upward[upward == UNKNOWN_SPONSOR] = falls
    upward[:-2][lines.sponsor[tried] == NO_SPONSOR] = stands
    upward[:-2][~lines.sound[tried]] = falls
    upward[:-2][chosen >= 0] = stands
    newly = (ends(upward)[:-2] == stands) & (chosen < 0)
    chosen[newly] = tried[newly]


def _sponsor_stands(lines: Proposals, chosen: Ints) -> Flags:
    """Of each line, whether it is under one who stands, or under nobody."""
    named = lines.sponsor >= 0
    stands: Flags = lines.sponsor == NO_SPONSOR
    stands[named] = chosen[lines.sponsor[named]] >= 0
    return stands


def _other_lines_ready(lines: Proposals, chosen: Ints) -> Ints:
    """Of each member that does not stand, its first sound line whose sponsor stands; -1 where there is none."""
    ready = np.flatnonzero(lines.sound & _sponsor_stands(lines, chosen) & (chosen[lines.member] < 0))[::-1]
    first = np.full(lines.members, -1, dtype=np.int64)
    first[lines.member[ready]] = ready
    return first


def _verdicts(lines: Proposals, chosen: Ints, first_sponsor: Ints, cyclic: Flags) -> Ints:
    """The reason of each line, the leftmost column of the file first: identity, then sponsor, then the rest."""
    positions = np.arange(len(lines.member))
    line_chosen = chosen[lines.member]
    sponsor_stands = _sponsor_stands(lines, chosen)
    in_cycle = cyclic[lines.member] & (lines.sponsor == first_sponsor[lines.member])
    in_cycle |= lines.sponsor == lines.member
    verdict = np.select(
        [
            line_chosen == positions,
            (line_chosen >= 0) & (positions > line_chosen),
            lines.sponsor == UNKNOWN_SPONSOR,
            in_cycle & ~(sponsor_stands & ~lines.sound),
            ~sponsor_stands,
            ~lines.sound,
        ],
        [
            Verdict.STANDS,
            Verdict.REPEATED,
            Verdict.SPONSOR_UNKNOWN,
            Verdict.SPONSOR_CYCLE,
            Verdict.SPONSOR_REJECTED,
            Verdict.UNSOUND,
        ],
        default=Verdict.REPEATED,
    )
    return verdict.astype(np.int64)
