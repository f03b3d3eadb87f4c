"""Whom a leader brought, and what came of each link."""

from __future__ import annotations

from flask import render_template

from socialshop.invites import service as invites
from socialshop.pages import sharing
from socialshop.pages.leader.section import leader
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals

_LINKS_SHOWN = 10


@leader.page("/team", tab="team")
def show_team(visit: Visit) -> str:
    """Direct members by name where they agreed, those below as counts, and the first links."""
    uow, number = visit.uow, visit.caller.number
    directs, after = cut(referrals.directs(uow, number, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    found = invites.links_with_stats(uow, visit.caller.member_id, None, _LINKS_SHOWN + 1, visit.settings.currency)
    return render_template(
        "leader/team.html",
        directs=directs,
        next=after,
        links=found[:_LINKS_SHOWN],
        has_more_links=len(found) > _LINKS_SHOWN,
        titles=sharing.titles(uow, [link for link, _ in found]),
        summary=referrals.summary(uow, number),
        fewest=referrals.FEWEST_SHOWN,
    )


@leader.page("/links", tab="team")
def list_links(visit: Visit) -> str:
    """Every link with what it brought."""
    me, currency = visit.caller.member_id, visit.settings.currency
    found = invites.links_with_stats(visit.uow, me, visit.after(), PAGE_ROWS + 1, currency)
    links, after = cut(found, lambda row: row[0].id)
    return render_template(
        "leader/links.html", links=links, titles=sharing.titles(visit.uow, [link for link, _ in links]), next=after
    )
