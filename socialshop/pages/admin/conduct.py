"""Reports, appeals and the rules of behaviour: what waits, and a decision about each."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.community.conduct import LONGEST_RULES, MOST_DAYS, PREFIXES, Judgement, Outcome, Verdict
from socialshop.community.rules import LONGEST_REASON
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.shopper.conduct import GROUNDS, VERDICTS
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_REPORT = {"report_id": "rpt"}
_DECISION = {"decision_id": "dec"}


@admin.page("/reports", tab="reports")
def list_reports(visit: Visit) -> str:
    """Reports that wait, the oldest first, and appeals that wait."""
    rows, after = cut(community.reports(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    appeals = community.appeals(visit.uow, None, PAGE_ROWS)
    names = names_by_id(visit.uow, [row.member_id for row in appeals])
    return render_template(
        "admin/reports.html",
        reports=rows,
        next=after,
        appeals=appeals,
        names=names,
        grounds=GROUNDS,
        verdicts=VERDICTS,
        now=visit.uow.now,
    )


@admin.page("/reports/<report_id>", tab="reports", ids=_REPORT, sees="report_id")
def show_report(visit: Visit) -> str:
    """One report, what stands there now, what was decided about the member before, and the decision."""
    report = community.any_report(visit.uow, visit.ids["report_id"])
    return render_template(
        "admin/report.html",
        report=report,
        subject=to_public(PREFIXES[report.kind], report.subject_id),
        before=community.decisions_of(visit.uow, report.about),
        grounds=GROUNDS,
        verdicts=VERDICTS,
        longest=LONGEST_REASON,
    )


@admin.action("/reports/<report_id>", access=ADMINS, again="show_report", ids=_REPORT)
def decide_report(visit: Visit) -> Response:
    """Decide about it."""
    form = visit.form
    verdict = form.choice("verdict", [verdict.value for verdict in Verdict])
    reason = form.text("reason", longest=LONGEST_REASON)
    days = form.whole_or_none("days", 1, MOST_DAYS)
    form.check()
    judgement = Judgement(Verdict(verdict), reason, days)
    community.decide_report(visit.uow, visit.caller.member_id, visit.ids["report_id"], judgement)
    flash(gettext("Decided."))
    return go_to("admin.list_reports")


@admin.page("/decisions/<decision_id>", tab="reports", ids=_DECISION, sees="decision_id")
def show_decision(visit: Visit) -> str:
    """A decision with its appeal, to be decided by somebody else."""
    decision = community.decision(visit.uow, visit.ids["decision_id"])
    names = names_by_id(visit.uow, [decision.member_id, decision.decided_by])
    return render_template(
        "admin/decision.html", decision=decision, names=names, verdicts=VERDICTS, longest=LONGEST_REASON
    )


@admin.action("/decisions/<decision_id>", access=ADMINS, again="show_decision", ids=_DECISION)
def decide_appeal(visit: Visit) -> Response:
    """Uphold it, or lift it."""
    outcome = visit.form.choice("outcome", [outcome.value for outcome in Outcome])
    reason = visit.form.text("reason", longest=LONGEST_REASON)
    visit.form.check()
    community.decide_appeal(visit.uow, visit.caller.member_id, visit.ids["decision_id"], Outcome(outcome), reason)
    flash(gettext("Decided."))
    return go_to("admin.list_reports")


@admin.page("/rules", tab="rules")
def show_rules(visit: Visit) -> str:
    """The rules in force, and the form for others."""
    return render_template(
        "admin/behaviour_rules.html", rules=community.behaviour_rules(visit.uow), longest=LONGEST_RULES
    )


@admin.action("/rules", access=ADMINS, again="show_rules", once=True)
def publish_behaviour_rules(visit: Visit) -> Response:
    """Bring other rules into force."""
    text_zh = visit.form.text("text_zh", longest=LONGEST_RULES)
    text_en = visit.form.text("text_en", longest=LONGEST_RULES)
    visit.form.check()
    community.publish_behaviour_rules(visit.uow, visit.caller.member_id, text_zh=text_zh, text_en=text_en)
    flash(gettext("In force."))
    return go_to("admin.show_rules")
