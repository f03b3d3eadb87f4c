"""How payouts are reviewed: how long each may wait, which the shop approves by itself, and who signed that."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.money import BPS
from socialshop.pages.admin.payouts import RISKS
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.proving import prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import LONGEST_REASON
from socialshop.payouts.ruleset import (
    LONGEST_DAYS,
    LONGEST_HOURS,
    MOST_A_DAY,
    MOST_MINOR,
    Automatic,
    PayoutRules,
    Targets,
)
from socialshop.web.auth import ADMINS

# Of the form: the least and the most that a whole number may be.
_WHOLE = {
    "ceiling_minor": (0, MOST_MINOR),
    "daily_minor": (0, MOST_MINOR),
    "daily_count": (0, MOST_A_DAY),
    "wait_minutes": (1, 1_440),
    "account_days": (0, LONGEST_DAYS),
    "most_reversed_bps": (0, BPS),
}


@admin.page("/payouts/rules", tab="payouts")
def show_payout_rules(visit: Visit) -> str:
    """The rules in force, what waits to be signed, and the form for others."""
    held = payouts.payout_rules(visit.uow)
    history = payouts.payout_rules_history(visit.uow)
    people = [who for row in history for who in (row.published_by, row.signed_by, row.stopped_by)]
    newest = history[0] if history else None
    waits = newest if newest and newest.signed_by is None and newest.stopped_by is None else None
    return render_template(
        "admin/payout_rules.html",
        held=held,
        history=history,
        waits=waits,
        waits_for=PayoutRules.model_validate(waits.document) if waits else None,
        names=names_by_id(visit.uow, people),
        filled=Form(_filled(held.rules)),
        me=visit.caller.member_id,
        risks=RISKS,
        proof=wanted(visit),
        longest=LONGEST_REASON,
    )


@admin.action("/payouts/rules", access=ADMINS, again="show_payout_rules", once=True)
def publish_payout_rules(visit: Visit) -> Response:
    """Propose other rules; another admin signs them."""
    rules = _typed(visit.form)
    note = visit.form.text("note", longest=LONGEST_REASON)
    visit.form.check()
    prove(visit)
    payouts.publish_payout_rules(visit.uow, visit.caller.member_id, rules, note)
    flash(gettext("Written down. Another admin signs them."))
    return go_to("admin.show_payout_rules")


@admin.action("/payouts/rules/sign", access=ADMINS, again="show_payout_rules")
def sign_payout_rules(visit: Visit) -> Response:
    """Bring the newest version into force."""
    version = visit.form.whole("version", 1, MOST_A_DAY)
    visit.form.check()
    prove(visit)
    payouts.sign_payout_rules(visit.uow, visit.caller.member_id, version)
    flash(gettext("In force."))
    return go_to("admin.show_payout_rules")


@admin.action("/payouts/rules/stop", access=ADMINS, again="show_payout_rules")
def stop_automatic_approval(visit: Visit) -> Response:
    """Nothing is approved without a person from here on."""
    payouts.stop_automatic(visit.uow, visit.caller.member_id)
    flash(gettext("Stopped: nothing is approved without a person."))
    return go_to("admin.show_payout_rules")


def _typed(form: Form) -> PayoutRules:
    hours = {risk: form.whole(f"hours_{risk}", 1, LONGEST_HOURS) for risk in Targets.model_fields}
    whole = {name: form.whole(name, *bounds) for name, bounds in _WHOLE.items()}
    currency = form.text("currency", longest=3).upper()
    form.check()
    return PayoutRules(
        target_hours=Targets(**hours),
        auto=Automatic(on=form.is_ticked("on"), first_too=form.is_ticked("first_too"), currency=currency, **whole),
    )


def _filled(rules: PayoutRules) -> dict[str, str]:
    """The rules as the form shows them: of boxes, those that are ticked."""
    values = {f"hours_{risk}": str(hours) for risk, hours in rules.target_hours.model_dump().items()}
    return values | {name: str(value) for name, value in rules.auto.model_dump().items() if value is not False}
