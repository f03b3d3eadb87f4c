"""A member's invite links and what came of each, and the team that they brought."""

from __future__ import annotations

from flask import render_template

from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.pages import sharing
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals

_LINKS_SHOWN = 10
_LEVELS_SHOWN = 3


@shopper.page("/invites", tab="invite")
def show_invites(visit: Visit) -> str:
    """The member's own link to hand on, and every link with its figures."""
    me, uow = visit.caller.member_id, visit.uow
    found = invites.links_with_stats(uow, me, visit.after(), _LINKS_SHOWN + 1, visit.settings.currency)
    rows, after = cut(found, lambda row: row[0].id, _LINKS_SHOWN)
    titles = sharing.titles(uow, [link for link, _ in rows])
    own = sharing.of_target(uow, me, Kind.MEMBER)
    return render_template("shopper/invites.html", links=rows, titles=titles, own=own, next=after)


@shopper.page("/team", tab="invite")
def show_team(visit: Visit) -> str:
    """Whom the member invited, by name where they agreed, and how many stand below them."""
    number = visit.caller.number
    found = referrals.directs(visit.uow, number, visit.after(), PAGE_ROWS + 1)
    directs, after = cut(found, lambda row: row.id)
    return render_template(
        "shopper/team.html",
        directs=directs,
        next=after,
        summary=referrals.summary(visit.uow, number),
        levels=referrals.levels_below(visit.uow, number, _LEVELS_SHOWN),
        fewest=referrals.FEWEST_SHOWN,
    )
