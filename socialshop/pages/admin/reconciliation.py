"""Payment providers' own records against the books: green, or the list of what differs, decided with a reason."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payments import service as payments
from socialshop.web.auth import ADMINS

_CASE = {"case_id": "rcc"}
_DAYS_SHOWN = 14
_MOST_OPEN = 200
_LONGEST_REASON = 500
_DIFFERENCES = {
    "missing_here": lazy_gettext("the provider has it, the books do not"),
    "missing_there": lazy_gettext("the books have it, the provider does not"),
    "amount_differs": lazy_gettext("another sum in the books"),
}
_MOVEMENTS = {
    "captured": lazy_gettext("payment taken"),
    "refunded": lazy_gettext("refund paid"),
    "disputed": lazy_gettext("taken back by a bank"),
    "dispute_won": lazy_gettext("given back by a bank"),
}


@admin.page("/reconciliation", tab="reconciliation")
def show_reconciliation(visit: Visit) -> str:
    """Whether providers and books agree, what does not, the days compared, and what was closed."""
    standing = payments.reconciliation_cases(visit.uow, is_open=True, after=None, limit=_MOST_OPEN)
    closed = payments.reconciliation_cases(visit.uow, is_open=False, after=visit.after(), limit=PAGE_ROWS + 1)
    rows, after = cut(closed, lambda row: row.id)
    return render_template(
        "admin/reconciliation.html",
        standing=standing,
        closed=rows,
        next=after,
        days=payments.reconciled_days(visit.uow, _DAYS_SHOWN),
        deciders=names_by_id(visit.uow, [row.decided_by for row in rows if row.decided_by]),
        differences=_DIFFERENCES,
        movements=_MOVEMENTS,
        longest=_LONGEST_REASON,
    )


@admin.action("/reconciliation/<case_id>", access=ADMINS, again="show_reconciliation", ids=_CASE)
def decide_reconciliation_case(visit: Visit) -> Response:
    """Close a difference, and say why."""
    reason = visit.form.text("reason", longest=_LONGEST_REASON)
    visit.form.check()
    payments.decide_case(visit.uow, visit.caller.member_id, visit.ids["case_id"], reason)
    flash(gettext("Decided."))
    return go_to("admin.show_reconciliation")
