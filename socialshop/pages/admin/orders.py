"""Orders: found, looked at with all that hangs on them, sent."""

from __future__ import annotations

import uuid

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.commissions import sentences
from socialshop.commissions import service as commissions
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.orders import service as orders
from socialshop.orders.service import Status
from socialshop.pages import languages
from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.rooms import service as rooms
from socialshop.web.auth import ADMINS

_ORDER = {"order_id": "ord"}
_LONGEST_SHIPMENT = 100


@admin.page("/orders", tab="orders")
def list_orders(visit: Visit) -> str:
    """Everybody's orders, the newest first; by state, by buyer's name or by number."""
    sought = request.args.get("find", "").strip()
    order_id = _order_id(sought)
    found = orders.search(
        visit.uow,
        status=next((status for status in Status if status == request.args.get("status")), None),
        name=sought if sought and order_id is None else None,
        order_id=order_id,
        before=visit.after(),
        limit=PAGE_ROWS + 1,
    )
    rows, after = cut(found, lambda row: row.id)
    return render_template(
        "admin/orders.html",
        orders=rows,
        next=after,
        statuses=[(name, told.words) for name, told in STATES["order"].items()],
    )


@admin.page("/orders/<order_id>", ids=_ORDER, tab="orders", sees="order_id")
def show_order(visit: Visit) -> str:
    """One order: lines, payment, room, shipment, refunds, and who earned what by it, or nothing and why."""
    order = orders.order(visit.uow, visit.ids["order_id"], None)
    paid = commissions.order_commissions(visit.uow, order.id)
    earners = [*(row.beneficiary_id for row in paid.accruals), *(row.member_id for row in paid.skipped)]
    return render_template(
        "admin/order.html",
        order=order,
        goes_to=orders.address_of(visit.uow, order.id, None),
        buyer=names_by_number(visit.uow, [order.buyer]).get(order.buyer),
        room=rooms.view(visit.uow, order.room_id) if order.room_id else None,
        refunds=orders.refunds_of(visit.uow, order.id, None),
        accruals=paid.accruals,
        skipped=[(row, sentences.say(languages.reader(), row.reason, {})) for row in paid.skipped],
        names=names_by_id(visit.uow, earners),
    )


@admin.action("/orders/<order_id>/shipment", access=ADMINS, again="show_order", ids=_ORDER)
def ship_order(visit: Visit) -> Response:
    """Say that it has left, by whom and under what number."""
    carrier = visit.form.text("carrier", longest=_LONGEST_SHIPMENT)
    tracking = visit.form.text("tracking", longest=_LONGEST_SHIPMENT)
    visit.form.check()
    orders.ship(visit.uow, visit.caller.member_id, visit.ids["order_id"], carrier, tracking)
    flash(gettext("On its way. The buyer is told."))
    return go_to("admin.show_order", order_id=visit.path["order_id"])


def _order_id(sought: str) -> uuid.UUID | None:
    try:
        return from_public("ord", sought)
    except NotFound:
        return None
