"""Where a leader begins."""

from __future__ import annotations

from flask import render_template

from socialshop.deals import service as deals
from socialshop.pages.leader.section import leader
from socialshop.pages.visit import PAGE_ROWS, Visit, cut


@leader.page("", tab="overview")
def show_overview(visit: Visit) -> str:
    """What is on sale, with a way to each."""
    rows, after = cut(deals.deals(visit.uow, visit.after(), PAGE_ROWS + 1), lambda deal: deal.id)
    return render_template("leader/overview.html", deals=rows, next=after)
