"""A member's invite links, and what came of each."""

from __future__ import annotations

from flask import render_template

from socialshop.invites import service as invites
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut


@shopper.page("/invites", tab="invite")
def show_invites(visit: Visit) -> str:
    """The links."""
    found = invites.links_of(visit.uow, visit.caller.member_id, visit.after(), PAGE_ROWS + 1)
    links, after = cut(found, lambda link: link.id)
    return render_template("shopper/invites.html", links=links, next=after)
