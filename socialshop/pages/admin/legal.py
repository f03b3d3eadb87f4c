"""The legal guard in plain words: why the plan in force is safe or not, and how large the tree has grown below whom."""

from __future__ import annotations

from typing import NamedTuple

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.commissions import service as commissions
from socialshop.commissions.findings import Severity
from socialshop.commissions.guard import Verdict
from socialshop.commissions.plan import direct_only
from socialshop.commissions.service import GuardState, InForce
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_LONGEST_HOLD_DAYS = 3650
_BADGES = {None: "good", Severity.INFO: "", Severity.WARNING: "wait", Severity.REFUSAL: "bad"}


class Reason(NamedTuple):
    """One thing that the law asks of a plan, how the plan in force answers it, and the colour of the answer."""

    asked: str
    answer: str
    badge: str


@admin.page("/guard", tab="plans")
def show_guard(visit: Visit) -> str:
    """Why the plan in force is safe or not, which sub-trees are near the law's figures or over, and the safest plan."""
    state = commissions.guard_state(visit.uow)
    found = commissions.watched_subtrees(visit.uow, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.member_id)
    return render_template(
        "admin/legal.html",
        state=state,
        verdict=_verdict(state.in_force),
        reasons=[] if state.in_force is None else _reasons(state.in_force),
        meaning=_meaning(state),
        rows=[(row, commissions.is_over(state.rule, row)) for row in rows],
        names=names_by_id(visit.uow, [row.member_id for row in rows]),
        law=gettext(state.rule.source),
        next=after,
    )


@admin.action("/guard", access=ADMINS, again="show_guard", once=True)
def draft_direct_only(visit: Visit) -> Response:
    """Draft the safest plan: only who brought the buyer earns."""
    form = visit.form
    name, rate = form.text("name", longest=200), form.percent("rate")
    days = form.whole("hold_days", 0, _LONGEST_HOLD_DAYS)
    if not rate and "rate" not in form.errors:
        form.errors["rate"] = gettext("This is needed.")
    form.check()
    plan = direct_only(name, visit.settings.currency, rate, days)
    drafted = commissions.draft_plan(visit.uow, visit.caller.member_id, plan)
    flash(gettext("Drafted. Nobody earns by it until it is published."))
    return go_to("admin.show_plan", plan_id=to_public("plan", drafted.id))


def _verdict(in_force: InForce | None) -> tuple[str, str]:
    """(words, badge) of the plan in force."""
    if in_force is None:
        return gettext("no plan in force"), ""
    words = {
        Verdict.DIRECT: (gettext("safe: direct only"), "good"),
        Verdict.INFO: (gettext("allowed, worth knowing"), ""),
        Verdict.WARNED: (gettext("somebody signed for it"), "wait"),
        Verdict.REFUSED: (gettext("against the rule"), "bad"),
    }
    return words[in_force.verdict]


def _reasons(in_force: InForce) -> list[Reason]:
    """What the law asks, in the order of its weight; a question is about findings of these codes."""
    order = list(Severity)
    asked = (
        (("levels",), gettext("How deep does it pay?"), *(2 * (_depth_words(in_force.depth),))),
        (
            ("team_reward",),
            gettext("Does rank earn by what others' teams sell?"),
            gettext("Yes: higher tiers earn out of what those below sell. The law calls that team reward."),
            gettext("No: nobody earns more for standing higher."),
        ),
        (
            ("headcount", "milestone"),
            gettext("Is anybody paid for people who join?"),
            gettext(
                "A sum is paid for first orders, or for how many are reached. It must stay well below those sales."
            ),
            gettext("No: only sales are rewarded, never a person who registers."),
        ),
        (
            ("traffic",),
            gettext("Is anything paid behind which no sale stands?"),
            gettext("Yes: clicks or views are paid. Bought advertising may be; members paid for clicks farm them."),
            gettext("No: whatever is paid comes of a sale."),
        ),
        (
            ("fixed_sum",),
            gettext("Can it pay more than a sale brings?"),
            gettext("A fixed sum is paid for each unit, even of a sale that brought less."),
            gettext("No: every share of a sale is a part of its price."),
        ),
    )
    reasons = []
    for codes, question, found, clear in asked:
        severities = [finding.severity for finding in in_force.findings if finding.code in codes]
        worst = max(severities, key=order.index, default=None)
        reasons.append(Reason(question, clear if worst is None else found, _BADGES[worst]))
    return reasons


def _depth_words(depth: int) -> str:
    if depth == 0:
        return str(gettext("Nobody above the buyer earns anything: only the buyer and the host of a room do."))
    if depth == 1:
        return str(gettext("Only who brought the buyer earns, by what that buyer buys. Depth earns nobody anything."))
    return str(
        gettext("Up to level %(level)s above the buyer: members earn by people whom others brought.", level=depth)
    )


def _meaning(state: GuardState) -> str:
    """What the sizes of sub-trees mean under the plan in force."""
    if not state.counted.over:
        return str(gettext("No part of the tree is as large as the law counts."))
    if state.in_force is None or state.in_force.depth <= 1:
        harmless = gettext(
            "These figures are a record of who brought whom. As long as the plan pays directly alone, nobody earns by"
            " how deep or large the tree is."
        )
        return str(harmless)
    said = gettext(
        "Under this plan the members at the head of these parts earn by people whom others brought, and the parts are"
        " as large as the law counts. Ask counsel, or publish a plan that pays directly alone."
    )
    return str(said)
