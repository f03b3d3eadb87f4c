"""A member's team as a tree that grows by branch: who was brought, by name where they agreed, and counts below.

One page of direct members at a time and one branch open, so that a team of ten thousand costs what one of ten does.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import render_template, request

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals
from socialshop.referrals.service import BranchLevel, Level

_WIDTH = 200


class Bar(NamedTuple):
    """A level of the team: how many, None for too few to tell, and how wide that is beside the largest."""

    level: int
    members: int | None
    width: int


@shopper.page("/team", tab="invite")
def show_team(visit: Visit) -> str:
    """The team level by level, the direct members, and of the branch that is open its levels. Four statements."""
    uow, number = visit.uow, visit.caller.number
    directs, after = cut(referrals.directs(uow, number, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    found = referrals.team(uow, number)
    return render_template(
        "shopper/team.html",
        directs=directs,
        next=after,
        summary=found.summary,
        bars=_bars(found.levels),
        below=referrals.below_each(uow, [row.id for row in directs]),
        open=request.args.get("open"),
        branch=_open_branch(visit),
        fewest=referrals.FEWEST_SHOWN,
    )


def _open_branch(visit: Visit) -> list[BranchLevel] | None:
    """The levels of the branch that the address names; None where it names none of the visitor's."""
    named = request.args.get("open")
    if named is None:
        return None
    try:
        return referrals.branch_of(visit.uow, visit.caller.number, from_public("mbr", named))[1]
    except NotFound:
        return None


def _bars(levels: tuple[Level, ...]) -> list[Bar]:
    """The levels down to the last that has anybody to tell of."""
    told = [level for level in levels if level.members]
    most = max((level.members or 0 for level in told), default=0)
    last = max((level.level for level in told), default=0)
    return [
        Bar(level.level, level.members, max((level.members or 0) * _WIDTH // most, 2) if level.members else 0)
        for level in levels
        if level.level <= last
    ]
