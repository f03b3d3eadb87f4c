"""Several payouts decided together: what differs among them, and one decision with one reason and one code."""

from __future__ import annotations

import uuid

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.notifications.reasons import REASONS, PayoutReason
from socialshop.pages.admin.payouts import RISKS
from socialshop.pages.admin.proving import prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import joined, why
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import LONGEST_REASON
from socialshop.web.auth import ADMINS

_LONGEST = payouts.MOST_TOGETHER * 31
_DECISIONS = {
    "approved": lazy_gettext("Approve them"),
    "held": lazy_gettext("Put them on hold"),
    "rejected": lazy_gettext("Refuse them"),
}
_WHY_NOT = {
    payouts.Why.OWN: lazy_gettext("your own request"),
    payouts.Why.OPENED: lazy_gettext("you made a link into this account"),
    payouts.Why.CLAIMED: lazy_gettext("claimed by another"),
    payouts.Why.MOVED_ON: lazy_gettext("moved on"),
    payouts.Why.HELD: lazy_gettext("a finding holds the money"),
    payouts.Why.UNVERIFIED: lazy_gettext("the name is not verified"),
}


@admin.page("/payouts/together", tab="payouts")
def show_together(visit: Visit) -> str:
    """What differs among the chosen, and the form that decides about all of them."""
    picks = _picks(visit)
    summary = None
    if picks:
        summary = payouts.look_together(visit.uow, actor=visit.caller.member_id, request_ids=picks)
    return render_template(
        "admin/together.html",
        summary=summary,
        picks=",".join(to_public("por", pick) for pick in picks),
        decisions=list(_DECISIONS.items()),
        reasons=[(code.value, why(code)) for code in REASONS],
        why_not=_WHY_NOT,
        risks=RISKS,
        proof=wanted(visit),
        longest=LONGEST_REASON,
    )


@admin.action("/payouts/together", access=ADMINS, again="show_together", once=True)
def decide_together(visit: Visit) -> Response:
    """Decide about each that may be decided, and say which were left and why."""
    form, picks = visit.form, _picks(visit)
    decision = form.choice("decision", list(_DECISIONS))
    reason = form.choice("reason", [code.value for code in REASONS]) if decision in ("held", "rejected") else ""
    note = form.text("note", longest=LONGEST_REASON, required=False) or None
    form.check()
    prove(visit)
    said = payouts.Said(visit.caller.member_id, decision, PayoutReason(reason) if reason else None, note)
    done = payouts.decide_together(visit.uow, picks, said)
    flash(ngettext("Decided: %(num)s request.", "Decided: %(num)s requests.", len(done.decided)))
    for cause in sorted({cause for _, cause in done.left}):
        names = joined(one.member_name or to_public("por", one.id) for one, its in done.left if its is cause)
        flash(gettext("Left as it is: %(names)s (%(why)s).", names=names, why=_WHY_NOT[cause]), "wait")
    return go_to("admin.list_payouts")


def _picks(visit: Visit) -> list[uuid.UUID]:
    """Which were chosen: boxes of the queue in the address, or the form's own field. Raises NotFound for no id."""
    said = visit.form.values.get("picks", "")[:_LONGEST].split(",") if visit.form.values else []
    named = [one for one in said if one] or request.args.getlist("pick")
    if len(named) > payouts.MOST_TOGETHER:
        raise NotFound("so many are not decided together")
    return [from_public("por", one) for one in named]
