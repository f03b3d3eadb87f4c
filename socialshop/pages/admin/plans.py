"""Commission plans: examined by the legal guard, compared with what is in force, published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext

from socialshop.commissions import service as commissions
from socialshop.commissions.findings import Severity
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import hash_of
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import Money, parse_decimal
from socialshop.pages.admin.bars import Compared, compared
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_PLAN = {"plan_id": "plan"}
_SIMULATIONS_SHOWN = 5
# The sales that the form offers to try a plan on: enough to see something, and few enough to be quick.
_USUALLY_TRIED = timedelta(days=30)


@admin.page("/plans", tab="plans")
def list_plans(visit: Visit) -> str:
    """Drafts and published plans, the newest first."""
    found = commissions.plan_page(visit.uow, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    now = commissions.plan_in_force(visit.uow, visit.settings.currency)
    return render_template("admin/plans.html", plans=rows, next=after, in_force=now and now.id)


@admin.action("/plans/<plan_id>/discard", access=ADMINS, again="show_plan", ids=_PLAN)
def discard_plan(visit: Visit) -> Response:
    """Throw a draft away."""
    commissions.discard_draft(visit.uow, visit.caller.member_id, visit.ids["plan_id"])
    flash(gettext("The draft is thrown away."))
    return go_to("admin.list_plans")


@admin.page("/plans/<plan_id>", ids=_PLAN, tab="plans")
def show_plan(visit: Visit) -> str:
    """A plan: its shares, what the guard says, and what it pays of an example sale beside what is in force."""
    facts = _facts(visit)
    simulations = commissions.simulations_of(visit.uow, facts["plan"].id, None, _SIMULATIONS_SHOWN)
    now = visit.uow.now
    return render_template(
        "admin/plan.html", simulations=simulations, tried_from=now - _USUALLY_TRIED, tried_to=now, **facts
    )


@admin.page("/plans/<plan_id>/publish", ids=_PLAN, tab="plans")
def show_publishing(visit: Visit) -> Response:
    """What publishing a draft changes, before it is done: what it has earned somebody is never taken back."""
    facts = _facts(visit)
    if facts["plan"].version_id is not None or facts["refused"]:
        return go_to("admin.show_plan", plan_id=visit.path["plan_id"])
    return make_response(render_template("admin/publish_plan.html", tab="plans", form=visit.form, **facts))


@admin.action("/plans/<plan_id>/publish", access=ADMINS, again="show_publishing", ids=_PLAN)
def publish_plan(visit: Visit) -> Response:
    """Bring a draft into force from now on, signed where the guard wants a name."""
    name = visit.form.text("name", longest=200, required=False)
    note = visit.form.text("note", longest=2000, required=False)
    visit.form.check()
    version = commissions.publish_draft(
        visit.uow,
        visit.caller.member_id,
        visit.ids["plan_id"],
        country=visit.settings.country,
        sign_off=SignOff(name, note) if name else None,
        seen=visit.form.values.get("seen"),
    )
    flash(gettext("In force as version %(number)s.", number=version.number))
    return go_to("admin.show_plan", plan_id=visit.path["plan_id"])


def _facts(visit: Visit) -> dict[str, Any]:
    """The plan, what the guard says, and what it pays of the example sale beside what is in force."""
    plan = commissions.plan_of(visit.uow, visit.ids["plan_id"])
    currency = plan.document["currency"]
    sale = Money(_sale_minor(currency), currency)
    standing = commissions.plan_in_force(visit.uow, currency)
    findings = commissions.findings_of(plan.document, visit.settings.country)
    worst = {finding.severity for finding in findings}
    return {
        "plan": plan,
        "seen": hash_of(plan.document).hex(),
        "sale": sale,
        "findings": findings,
        "country": visit.settings.country,
        "refused": Severity.REFUSAL in worst,
        "needs_name": Severity.WARNING in worst,
        "compared": _compared(plan.document, standing.document if standing else None, sale),
        "standing": standing,
    }


def _sale_minor(currency: str) -> int:
    """The example sale: what the address says, else 100."""
    try:
        return max(1, parse_decimal(request.args.get("sale", "100"), currency))
    except InvalidValue:
        return parse_decimal("100", currency)


def _compared(here: Mapping[str, Any], there: Mapping[str, Any] | None, sale: Money) -> list[Compared]:
    mine, other = _most(here, sale), {} if there is None else _most(there, sale)
    legs = dict.fromkeys([*mine, *other])
    return compared(sale.currency, [(*leg, mine.get(leg, 0), other.get(leg, 0)) for leg in legs])


def _most(document: Mapping[str, Any], sale: Money) -> dict[tuple[str, int], int]:
    """What each kind and level pays of the sale; of legs that exclude each other the dearest."""
    most: dict[tuple[str, int], int] = {}
    for one in commissions.example_of(document, sale):
        most[one.kind, one.level] = max(one.amount.amount_minor, most.get((one.kind, one.level), 0))
    return most
