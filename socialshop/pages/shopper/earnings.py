"""What sales earned a member, and why."""

from __future__ import annotations

from flask import render_template

from socialshop.commissions import service as commissions
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut


@shopper.page("/earnings", tab="earnings")
def show_earnings(visit: Visit) -> str:
    """The commissions, the newest first."""
    found = commissions.commissions_of(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    return render_template("shopper/earnings.html", commissions=rows, next=after)
