"""Refunds: what buyers ask back, and a decision about each."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.orders import service as orders
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_REFUND = {"refund_id": "rfd"}
_LONGEST_REASON = 500


@admin.page("/refunds", tab="refunds")
def list_refunds(visit: Visit) -> str:
    """What waits for a decision, the oldest first; or by another state."""
    status = request.args.get("status", "requested")
    wanted = status if status in STATES["refund"] else None
    found = orders.refund_page(visit.uow, wanted, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    return render_template(
        "admin/refunds.html",
        refunds=rows,
        next=after,
        statuses=[(name, told.words) for name, told in STATES["refund"].items()],
        now=visit.uow.now,
    )


@admin.page("/refunds/<refund_id>", ids=_REFUND, tab="refunds", sees="refund_id")
def show_refund(visit: Visit) -> str:
    """One refund beside its order."""
    refund = orders.refund(visit.uow, visit.ids["refund_id"])
    order = orders.order(visit.uow, refund.order_id, None)
    others = [other for other in orders.refunds_of(visit.uow, order.id, None) if other.id != refund.id]
    return render_template("admin/refund.html", refund=refund, order=order, others=others)


@admin.action("/refunds/<refund_id>/approve", access=ADMINS, again="show_refund", ids=_REFUND)
def approve_refund(visit: Visit) -> Response:
    """Give the money back, and say whether the goods come back into stock."""
    restock = visit.form.is_ticked("restock")
    orders.approve_refund(visit.uow, visit.caller.member_id, visit.ids["refund_id"], None, restock=restock)
    flash(gettext("Approved. The money is on its way back."))
    return go_to("admin.list_refunds")


@admin.action("/refunds/<refund_id>/reject", access=ADMINS, again="show_refund", ids=_REFUND)
def reject_refund(visit: Visit) -> Response:
    """Give nothing back, and say why."""
    reason = visit.form.text("reason", longest=_LONGEST_REASON)
    visit.form.check()
    orders.reject_refund(visit.uow, visit.caller.member_id, visit.ids["refund_id"], reason)
    flash(gettext("Refused. The buyer reads the reason."))
    return go_to("admin.list_refunds")
