"""Findings about members: what waits, one with its evidence and picture, a decision; and the rules that find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages import webs
from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.words import FINDINGS
from socialshop.pages.formats import percent_plain
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.risk import service as risk
from socialshop.risk.graph import HARD
from socialshop.risk.ruleset import LEVELS, LONGEST_DAYS, MOST, Rule, Ruleset, document_of
from socialshop.risk.schemas import LONGEST_REASON
from socialshop.risk.service import Verdict
from socialshop.web.auth import ADMINS

_FINDING = {"finding_id": "fnd"}
FOUND_STATES = {
    "open": lazy_gettext("to decide"),
    "confirmed": lazy_gettext("confirmed"),
    "dismissed": lazy_gettext("dismissed"),
    "expired": lazy_gettext("expired"),
    "replaced": lazy_gettext("replaced by a larger one"),
}
FOUND_SEVERITIES = {
    "info": lazy_gettext("worth knowing"),
    "warning": lazy_gettext("warning"),
    "severe": lazy_gettext("severe"),
}
TIES = {
    "device": lazy_gettext("the same browser"),
    "network": lazy_gettext("the same network"),
    "address": lazy_gettext("the same address"),
    "phone": lazy_gettext("the same phone"),
    "instrument": lazy_gettext("the same means of payment"),
    "payout_account": lazy_gettext("paid on the same account"),
    "email_family": lazy_gettext("e-mail addresses of one family"),
}
_REASONS = {
    "own_rooms": lazy_gettext("rooms that they mostly fill alone"),
    "refunds": lazy_gettext("much of it given back"),
    "inside": lazy_gettext("commission that comes of their own orders"),
    "hard_marks": lazy_gettext("three or more on one account, phone or means of payment"),
    "size": lazy_gettext("more than a household"),
    "burst": lazy_gettext("joined within days of each other"),
    "one_host": lazy_gettext("almost all with one host"),
}
# What `threshold` and `least` of a rule are.
_MEANINGS = {
    "self_referral": (lazy_gettext("Points shared"), lazy_gettext("Orders at least")),
    "disposable_mail": (None, None),
    "velocity_links": (lazy_gettext("Links"), None),
    "velocity_registrations": (lazy_gettext("Members brought"), None),
    "velocity_rooms": (lazy_gettext("Rooms"), None),
    "refund_rate": (lazy_gettext("Given back (%)"), lazy_gettext("Orders at least")),
    "destination_shared": (lazy_gettext("Members on one account"), None),
    "closed_rooms": (lazy_gettext("Rooms filled alone"), lazy_gettext("Members at least")),
    "click_flood": (lazy_gettext("Clicks"), lazy_gettext("Not counted (%)")),
    "one_host": (lazy_gettext("Accounts"), lazy_gettext("Rooms each at least")),
    "payment_disputed": (lazy_gettext("Disputes"), None),
    "ring": (lazy_gettext("Score at least"), lazy_gettext("Members at least")),
}
_NUMBERS = ("threshold", "least")
# Numbers that are shares: typed in percent, kept in basis points.
_SHARES = frozenset({"refund_rate-threshold", "click_flood-least"})


@admin.page("/findings", tab="findings")
def list_findings(visit: Visit) -> str:
    """What the rules found, the newest first: what waits for a decision where nothing is said."""
    state = request.args.get("state", "open")
    found = risk.findings(
        visit.uow,
        states=() if state == "any" else (state if state in FOUND_STATES else "open",),
        code=_known("rule", FINDINGS),
        severity=_known("severity", FOUND_SEVERITIES),
        shadow={"only": True, "none": False}.get(request.args.get("shadow", "")),
        member_id=_member(),
        after=visit.after(),
        limit=PAGE_ROWS,
    )
    rows, after = cut(found, lambda row: row.id)
    return render_template(
        "admin/findings.html",
        rows=rows,
        next=after,
        names=names_by_number(visit.uow, [row.members[0] for row in rows if row.members]),
        states=FOUND_STATES,
        severities=FOUND_SEVERITIES,
        rules=[(code, FINDINGS[code]) for code in _MEANINGS],
        now=visit.uow.now,
    )


@admin.page("/findings/<finding_id>", ids=_FINDING, tab="findings", sees="finding_id")
def show_risk_finding(visit: Visit) -> str:
    """One finding: whom it names, what shows it, what was decided, and the decision."""
    view = risk.show_finding(visit.uow, visit.ids["finding_id"])
    names = names_by_number(visit.uow, view.case.members)
    people = {to_public("mbr", id_): names.get(number) for number, id_ in sorted(view.members.items())}
    ties = view.case.evidence.get("ties", ())
    drawn = [webs.Tie(tie["kind"] in HARD, tie["members"]) for tie in ties]
    return render_template(
        "admin/finding.html",
        case=view.case,
        decisions=view.decisions,
        deciders=names_by_id(visit.uow, [one.decided_by for one in view.decisions]),
        people=people,
        ties=ties,
        web=webs.draw(list(people), drawn) if ties else None,
        is_own=visit.caller.number in view.case.members,
        states=FOUND_STATES,
        severities=FOUND_SEVERITIES,
        tie_words=TIES,
        reasons=_REASONS,
        longest=LONGEST_REASON,
    )


@admin.action("/findings/<finding_id>", access=ADMINS, again="show_risk_finding", ids=_FINDING)
def decide_finding(visit: Visit) -> Response:
    """Confirm it, or dismiss it."""
    verdict = visit.form.choice("verdict", [verdict.value for verdict in Verdict])
    reason = visit.form.text("reason", longest=LONGEST_REASON)
    visit.form.check()
    risk.decide(visit.uow, visit.caller.member_id, visit.ids["finding_id"], Verdict(verdict), reason)
    flash(gettext("Decided."))
    return go_to("admin.list_findings")


@admin.page("/risk-rules", tab="findings")
def show_risk_rules(visit: Visit) -> str:
    """The rules in force with how each has done, and the form for others."""
    in_force = risk.rules_in_force(visit.uow)
    return render_template(
        "admin/risk_rules.html",
        in_force=in_force,
        standings=risk.standings(visit.uow),
        filled=Form(_filled(in_force.rules)),
        meanings=_MEANINGS,
        severities=FOUND_SEVERITIES,
        history=risk.rules_history(visit.uow),
        longest=LONGEST_REASON,
    )


@admin.action("/risk-rules", access=ADMINS, again="show_risk_rules", once=True)
def publish_risk_rules(visit: Visit) -> Response:
    """Bring other rules into force."""
    form = visit.form
    before = document_of(risk.rules_in_force(visit.uow).rules)
    rules = {code: _typed(form, code, before[code]) for code in _MEANINGS}
    holds_from = form.choice("holds_from", LEVELS)
    note = form.text("note", longest=LONGEST_REASON)
    form.check()
    ruleset = Ruleset.model_validate({**before, **rules, "holds_from": holds_from})
    risk.publish_rules(visit.uow, visit.caller.member_id, ruleset, note)
    flash(gettext("In force."))
    return go_to("admin.show_risk_rules")


def _typed(form: Form, code: str, before: Mapping[str, Any]) -> Rule:
    """A rule as the form has it; a number that the rule does not use stays as it was."""
    numbers = {
        name: _number(form, f"{code}-{name}", 1 if name == "threshold" else 0) if meaning else before[name]
        for name, meaning in zip(_NUMBERS, _MEANINGS[code], strict=True)
    }
    days = {name: form.whole(f"{code}-{name}", 1, LONGEST_DAYS) for name in ("window_days", "keep_days")}
    severity = form.choice(f"{code}-severity", LEVELS)
    if form.errors:
        return Rule.model_validate(dict(before))
    ticked = {name: form.is_ticked(f"{code}-{name}") for name in ("on", "shadow")}
    return Rule.model_validate({**ticked, "severity": severity, **numbers, **days})


def _number(form: Form, name: str, least: int) -> int:
    """A number of a rule as the form has it."""
    if name not in _SHARES:
        return form.whole(name, least, MOST)
    share = form.percent(name)
    if share < least:
        form.errors.setdefault(name, gettext("A share in percent, such as %(example)s.", example="7.5"))
    return share


def _filled(ruleset: Ruleset) -> dict[str, str]:
    """The rules as the form shows them: of boxes, those that are ticked."""
    values = {"holds_from": str(ruleset.holds_from)}
    for code, rule in ruleset.rules():
        said = rule.model_dump()
        values |= {f"{code}-{name}": str(value) for name, value in said.items() if value is not False}
        values |= {f"{code}-{name}": percent_plain(said[name]) for name in _NUMBERS if f"{code}-{name}" in _SHARES}
    return values


def _known(name: str, options: Mapping[str, Any]) -> str | None:
    said = request.args.get(name, "")
    return said if said in options else None


def _member() -> Any:
    """Whose findings are asked for; who is no member is left out of the question."""
    try:
        return from_public("mbr", request.args.get("member", "")) if request.args.get("member") else None
    except NotFound:
        return None
