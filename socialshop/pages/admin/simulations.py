"""Simulations of commission plans: asked for beside the plan, watched while they run, and read as pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from flask import Response, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.commissions import service as commissions
from socialshop.commissions.history import Gap
from socialshop.commissions.service import DaySums
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.pages.admin.bars import compared
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS

_SIMULATION = {"plan_id": "plan", "simulation_id": commissions.SIMULATION_PREFIX}
# What a leg asks of a sale, by the name of the need.
_KNOWN = {
    "hosts": lazy_gettext("The host of its room"),
    "deals": lazy_gettext("The deal by which it was sold"),
    "goods": lazy_gettext("Which goods they were"),
    "channels": lazy_gettext("The channel that brought it"),
    "tiers": lazy_gettext("The tiers of that day"),
}
_MOST_DAYS = 62  # a longer time is shown by months


class Span(NamedTuple):
    """What was sold and paid in a day or month."""

    name: str
    sales: Money
    here: Money
    there: Money


@admin.action("/plans/<plan_id>/simulations", access=ADMINS, again="show_plan", ids={"plan_id": "plan"}, once=True)
def simulate_plan(visit: Visit) -> Response:
    """Ask what a plan would have paid of the sales of a time."""
    form, zone = visit.form, visit.zone
    sales_from, sales_to = form.instant("from", zone), form.instant("to", zone)
    for name, instant in (("from", sales_from), ("to", sales_to)):
        if instant is None:
            form.errors.setdefault(name, gettext("This is needed."))
    plan = commissions.plan_of(visit.uow, visit.ids["plan_id"])
    budget = None
    if form.values.get("budget", "").strip():
        budget = form.money("budget", plan.document["currency"]).amount_minor
        if budget <= 0:
            form.errors.setdefault("budget", gettext("An amount such as %(example)s.", example="12.50"))
    form.check()
    if sales_from is None or sales_to is None:
        form.refuse()
    question = commissions.Question(sales_from, sales_to, budget)
    row = commissions.simulate(visit.uow, visit.caller.member_id, plan.id, question)
    return go_to(
        "admin.show_simulation",
        plan_id=visit.path["plan_id"],
        simulation_id=to_public(commissions.SIMULATION_PREFIX, row.id),
    )


@admin.page("/plans/<plan_id>/simulations/<simulation_id>", tab="plans", ids=_SIMULATION)
def show_simulation(visit: Visit) -> str:
    """How far it is; then cost, who wins and loses, by leg, decile and day, and what the legal guard says."""
    found = commissions.simulated(visit.uow, visit.ids["plan_id"], visit.ids["simulation_id"])
    currency = found.row.currency
    deciles = found.spread.deciles if found.spread else []
    return render_template(
        "admin/simulation.html",
        found=found,
        row=found.row,
        plan_id=visit.path["plan_id"],
        cost=Money(found.here_minor, currency),
        in_force=Money(found.there_minor, currency),
        more=Money(abs(found.here_minor - found.there_minor), currency),
        sales=Money(found.sales_minor, currency),
        here_bps=found.share_bps(found.here_minor),
        there_bps=found.share_bps(found.there_minor),
        legs=compared(currency, [(leg.kind, leg.level, leg.here_minor, leg.there_minor) for leg in found.legs]),
        deciles=compared(currency, [("", 0, cost, 0) for cost in deciles]),
        spans=_spans(found.days, currency),
        country=visit.settings.country,
    )


def _spans(days: Sequence[DaySums], currency: str) -> list[Span]:
    """Day by day, or month by month where those would be too many."""
    by_month = len(days) > _MOST_DAYS

    def name(day: DaySums) -> str:
        return _month(day.sold_on) if by_month else day.sold_on.isoformat()

    return [_span(key, list(group), currency) for key, group in groupby(days, name)]


def _span(name: str, days: Iterable[DaySums], currency: str) -> Span:
    columns = zip(*((day.sales_minor, day.here_minor, day.there_minor) for day in days), strict=True)
    return Span(name, *(Money(sum(column), currency) for column in columns))


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


@admin.app_template_global()
def gap_words(gap: Gap) -> str:
    """What the record of a simulated time lacks for a leg."""
    if gap.needs == "clicks":
        return str(gettext("No click that counts is recorded of a publisher’s link."))
    if gap.needs == "views":
        return str(gettext("No view that counts is recorded of a publisher’s banner."))
    if not gap.known:
        return str(gettext("%(what)s: known of no line.", what=_KNOWN[gap.needs]))
    figures = {"known": gap.known, "lines": gap.of}
    return str(gettext("%(what)s: known of %(known)s of %(lines)s lines.", what=_KNOWN[gap.needs], **figures))
