"""Names of payees: those that wait for a person, and what was found of the others."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.kernel.ids import to_public
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import LONGEST_REASON
from socialshop.web.auth import ADMINS

_KINDS = {"person": lazy_gettext("A person"), "business": lazy_gettext("A business")}


@admin.page("/payees", tab="payees")
def list_payees(visit: Visit) -> str:
    """Names by how they stand; those for a person to look at first."""
    told = STATES["payee"]
    shown = request.args.get("status", "unclear")
    status = shown if shown in told else None
    rows, after = cut(
        payouts.payees(visit.uow, status=status, limit=PAGE_ROWS, after=visit.after()), lambda row: row.member_id
    )
    statuses = [*((name, words.words) for name, words in told.items()), ("all", gettext("all"))]
    me = visit.caller.member_id
    return render_template(
        "admin/payees.html", payees=rows, next=after, statuses=statuses, status=shown, kinds=_KINDS, me=me
    )


@admin.action("/payees/<member_id>", access=ADMINS, again="list_payees", ids={"member_id": "mbr"})
def decide_payee(visit: Visit) -> Response:
    """Say whether the name is the member's, and how that is known."""
    form, member_id = visit.form, visit.ids["member_id"]
    decision = form.choice("decision", ("verified", "mismatch"))
    reason = form.text(f"reason-{to_public('mbr', member_id)}", longest=LONGEST_REASON)
    form.check()
    payouts.decide_payee(visit.uow, actor=visit.caller.member_id, member_id=member_id, decision=decision, reason=reason)
    flash(gettext("Decided. The member may go on, or say another name."))
    return go_to("admin.list_payees")
