"""Two accounts of one person become one: asked for by one admin, decided by another."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.proving import prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.privacy import service as privacy
from socialshop.privacy.errors import MergeRefused
from socialshop.web.auth import ADMINS

_MERGE = {"merge_id": privacy.MERGE_PREFIX}
_LONGEST_ID = 40
# Why a merge cannot be done, as the shop names it.
WHY = {
    "same_account": lazy_gettext("These are the same account."),
    "has_left": lazy_gettext("One of them has left the shop or was merged before."),
    "asked_already": lazy_gettext("This account waits to go in another request."),
    "has_a_role": lazy_gettext("Who would go leads or works for the shop: take the role back first."),
    "payout_underway": lazy_gettext("A payout was asked for: wait until it has ended."),
    "case_open": lazy_gettext("A refund is asked for or under way."),
    "room_together": lazy_gettext("Both sit in one room: one of the seats is given up first."),
    "seat_open": lazy_gettext("Who would go has a seat in a room."),
    "order_underway": lazy_gettext("Who would go has an order that waits for its room or its payment."),
    "bargain_open": lazy_gettext("Friends chop a price for who would go."),
    "plan_on_both": lazy_gettext("A paid membership runs on both."),
    "plan_running": lazy_gettext("A paid membership runs on the account that would go: end it first."),
    "reserved": lazy_gettext("Money or points of who would go are set aside for something."),
    "limited": lazy_gettext("A decision limits what who would go may do."),
    "money_held": lazy_gettext("A finding holds the money of who would go: decide about it first."),
}


@admin.page("/merges", tab="members")
def list_merges(visit: Visit) -> str:
    """What was asked for and decided, the newest first, and a form to ask."""
    rows, after = cut(privacy.merges(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    people = [each for row in rows for each in (row.gone, row.kept, row.asked_by, row.decided_by)]
    me = visit.caller.member_id
    names, proof = names_by_id(visit.uow, people), wanted(visit)
    return render_template("admin/merges.html", merges=rows, next=after, names=names, me=me, proof=proof)


@admin.action("/merges", access=ADMINS, again="list_merges", once=True)
def ask_for_merge(visit: Visit) -> Response:
    """Ask that one account be merged into another."""
    form = visit.form
    said = {name: form.text(name, longest=_LONGEST_ID) for name in ("gone", "kept")}
    reason = form.text("reason", longest=privacy.LONGEST_REASON)
    form.check()
    ids = {}
    for name, value in said.items():
        try:
            ids[name] = from_public("mbr", value)
        except NotFound:
            form.errors[name] = gettext("The whole id of a member, such as %(example)s.", example="mbr_01k9…")
    form.check()
    try:
        privacy.ask_merge(visit.uow, visit.caller.member_id, ids["gone"], ids["kept"], reason)
    except NotFound:
        form.errors["gone"] = gettext("One of these members is not known.")
    except MergeRefused as refused:
        form.errors["gone"] = why_not(refused)
    form.check()
    flash(gettext("Asked for. Another admin decides."))
    return go_to("admin.list_merges")


@admin.action("/merges/<merge_id>", access=ADMINS, again="list_merges", ids=_MERGE)
def decide_merge(visit: Visit) -> Response:
    """Merge, which cannot be undone, or leave both as they are."""
    form, actor, merge_id = visit.form, visit.caller.member_id, visit.ids["merge_id"]
    decision = form.choice("decision", ("approve", "reject"))
    form.check()
    if decision == "reject":
        privacy.reject_merge(visit.uow, actor, merge_id)
        flash(gettext("Both accounts stay as they are."))
        return go_to("admin.list_merges")
    prove(visit)
    try:
        done = privacy.approve_merge(visit.uow, actor, merge_id)
    except MergeRefused as refused:
        form.errors[f"decision-{to_public(privacy.MERGE_PREFIX, merge_id)}"] = why_not(refused)
        form.refuse()
    flash(gettext("The two accounts are one. Members who came along in the tree: %(count)s.", count=done.children))
    return go_to("admin.list_merges")


def why_not(refused: MergeRefused) -> str:
    """What stands in the way, a sentence each."""
    reasons = refused.facts["reasons"]
    return " ".join(str(WHY[reason]) for reason in reasons) if isinstance(reasons, list) else ""
