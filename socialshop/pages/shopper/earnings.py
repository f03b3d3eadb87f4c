"""What sales earned a member, why, and when it matures."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template
from flask_babel import gettext

from socialshop.commissions import sentences
from socialshop.commissions import service as commissions
from socialshop.commissions.explanation import Step
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.ledger import service as ledger
from socialshop.pages import formats, languages
from socialshop.pages.shopper.maturing import coming_next
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

# Figures of a step that are instants: RFC 3339 for programs, the shop's clock for people.
_INSTANTS = frozenset({"sale_at", "effective_at", "held_from", "matures_at", "settled_at", "from", "until"})


@shopper.page("/earnings", tab="earnings")
def show_earnings(visit: Visit) -> str:
    """The wallet, and the commissions with what becomes of each, the newest first."""
    number, currency = visit.caller.number, visit.settings.currency
    found = commissions.commissions_of(visit.uow, number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    wallet = ledger.wallet(visit.uow, number, currency)
    facts = {"commissions": rows, "next": after, "wallet": wallet, "currency": currency}
    return render_template("shopper/earnings.html", coming=coming_next(visit), **facts)


@shopper.page("/earnings/<commission_id>", ids={"commission_id": "acr"}, tab="earnings")
def explain(visit: Visit) -> str:
    """Why the member has this, step by step."""
    found = commissions.explain(visit.uow, visit.ids["commission_id"], visit.caller.number)
    told = [tell(step) for step in found.steps]
    return render_template("shopper/explanation.html", facts=found.facts, told=told)


def tell(step: Step) -> str:
    """A step in plain words: percentages, amounts and days as the reader's language writes them."""
    figures = step.figures
    if step.code == "rate":
        base = Money(int(figures["base_minor"]), str(figures["currency"]))
        rate = formats.rate(int(figures["rate_bps"]))
        return str(gettext("The plan gives %(rate)s of %(base)s.", rate=rate, base=formats.money(base)))
    return sentences.say(languages.reader(), step.code, _readable(figures), money=formats.money)


def _readable(figures: Mapping[str, int | str]) -> dict[str, int | str]:
    return {
        name: formats.instant(parse_instant(str(value))) if name in _INSTANTS else value
        for name, value in figures.items()
    }
