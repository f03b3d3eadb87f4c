"""The rules of behaviour, reporting what breaks them, and how a member stands with an appeal."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.community import service as community
from socialshop.community.conduct import LONGEST_WORDS, Ground
from socialshop.community.schemas.conduct import subject_of
from socialshop.identity import service as identity
from socialshop.pages import languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import BUYERS, PUBLIC

_DECISION = {"decision_id": "dec"}
_MOST_VERSIONS = 1_000_000
GROUNDS = {
    Ground.UNTRUE: lazy_gettext("It is not true"),
    Ground.PERSONAL: lazy_gettext("It tells of a person what is nobody's business"),
    Ground.ABUSE: lazy_gettext("It insults or harasses"),
    Ground.ADVERTISING: lazy_gettext("It advertises"),
    Ground.FRAUD: lazy_gettext("It is a fraud"),
    Ground.OTHER: lazy_gettext("Something else"),
}
VERDICTS = {
    "dismissed": lazy_gettext("Nothing: no rule is broken"),
    "warned": lazy_gettext("A warning"),
    "limited": lazy_gettext("Limited: writes nothing for others, opens no room"),
    "frozen": lazy_gettext("Frozen: takes no seat either"),
}


@shopper.page("/rules", access=PUBLIC)
def show_rules(visit: Visit) -> str:
    """The rules in force, and whether who looks has read them."""
    rules = community.behaviour_rules(visit.uow)
    read_at = None if visit.visitor is None else community.rules_read_at(visit.uow, visit.visitor.number)
    text = rules.text_zh if languages.reader() == "zh" else rules.text_en
    return render_template("shopper/rules.html", rules=rules, text=text, read_at=read_at)


@shopper.action("/rules", access=BUYERS, again="show_rules")
def read_rules(visit: Visit) -> Response:
    """Who is here has read them."""
    version = visit.form.whole("version", 1, _MOST_VERSIONS)
    visit.form.check()
    community.read_rules(visit.uow, visit.caller.number, version)
    return go_to("shopper.show_rules")


@shopper.page("/report", access=BUYERS)
def new_report(visit: Visit) -> str:
    """The form to report what `?subject=` names; without one, where to begin."""
    subject = visit.form.values.get("subject_id") or request.args.get("subject", "")
    if subject:
        subject_of(subject)
    return render_template(
        "shopper/report.html", subject=subject, grounds=[(g.value, words) for g, words in GROUNDS.items()]
    )


@shopper.action("/report", access=BUYERS, again="new_report", once=True)
def report(visit: Visit) -> Response:
    """Report it."""
    kind, subject_id = subject_of(visit.form.text("subject_id"))
    ground = visit.form.choice("ground", [ground.value for ground in Ground])
    words = visit.form.text("words", longest=LONGEST_WORDS)
    visit.form.check()
    community.report(visit.uow, visit.caller.number, kind, subject_id, ground=Ground(ground), words=words)
    flash(gettext("Thank you. Somebody of the shop will look at it, and you will hear."))
    return go_to("shopper.show_rules")


@shopper.page("/me/standing", tab="me")
def show_standing(visit: Visit) -> str:
    """What the member may not do for now, and every decision with its reason."""
    return render_template(
        "shopper/standing.html",
        standing=identity.standing_of(visit.uow, visit.caller.number),
        decisions=community.decisions_of(visit.uow, visit.caller.number),
        verdicts=VERDICTS,
    )


@shopper.page("/me/decisions/<decision_id>", ids=_DECISION, tab="me")
def show_decision(visit: Visit) -> str:
    """One decision about the member, and the form of its one appeal."""
    decision = community.own_decision(visit.uow, visit.caller.number, visit.ids["decision_id"])
    return render_template("shopper/decision.html", decision=decision, verdicts=VERDICTS, longest=LONGEST_WORDS)


@shopper.action("/me/decisions/<decision_id>/appeal", access=BUYERS, again="show_decision", ids=_DECISION)
def appeal(visit: Visit) -> Response:
    """Appeal, once."""
    words = visit.form.text("words", longest=LONGEST_WORDS)
    visit.form.check()
    community.appeal(visit.uow, visit.caller.number, visit.ids["decision_id"], words)
    flash(gettext("Somebody else of the shop will decide. You will hear."))
    return go_to("shopper.show_decision", decision_id=visit.path["decision_id"])
