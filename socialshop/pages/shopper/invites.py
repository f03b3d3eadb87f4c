"""A member's invite links and what came of them."""

from __future__ import annotations

from flask import render_template

from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.pages import link_days, sharing
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit, cut

_LINKS_SHOWN = 10


@shopper.page("/invites", tab="invite")
def show_invites(visit: Visit) -> str:
    """The member's own link to hand on, what came of all links day by day, and every link with its figures."""
    me, uow = visit.caller.member_id, visit.uow
    found = invites.links_with_stats(uow, me, visit.after(), _LINKS_SHOWN + 1, visit.settings.currency)
    rows, after = cut(found, lambda row: row[0].id, _LINKS_SHOWN)
    titles = sharing.titles(uow, [link for link, _ in rows])
    own = sharing.of_target(uow, me, Kind.MEMBER)
    return render_template(
        "shopper/invites.html",
        links=[(link, stats, link.closed(uow.now)) for link, stats in rows],
        titles=titles,
        own=own,
        next=after,
        figures=link_days.of_links(visit),
    )
