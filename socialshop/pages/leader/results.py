"""What a deal brought, day by day."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from flask import render_template
from flask_babel import get_locale

from socialshop.commissions import service as commissions
from socialshop.kernel.money import Money
from socialshop.kernel.time import last_days
from socialshop.pages.leader.deals import own_deal
from socialshop.pages.leader.section import leader
from socialshop.pages.spans import SPANS, chosen_span
from socialshop.pages.visit import Visit
from socialshop.rooms import service as rooms


class Day(NamedTuple):
    """One day by the shop's clock, as its reader names it."""

    name: str
    seats: int
    filled: int
    sales: Money
    earned: Money


@leader.page("/deals/<deal_id>/results", ids={"deal_id": "deal"}, tab="deals")
def show_results(visit: Visit) -> str:
    """Seats taken, rooms filled, sales, and what the deal's leader earned, a row a day. Three statements."""
    deal = own_deal(visit)
    span, zone = chosen_span(), ZoneInfo(visit.settings.time_zone)
    shown = [datetime.combine(on, time(), zone) for on in last_days(visit.uow.now, span, zone.key)]
    since = shown[0]
    happened = {row.on: row for row in rooms.deal_days(visit.uow, deal.id, zone.key, since)}
    earned = commissions.earned_of_deal(visit.uow, deal.opened_by, deal.id, zone.key, since)
    currency = deal.price.currency
    days = []
    for began in shown:
        row = happened.get(began.date())
        sales = Money(row.sales_minor if row else 0, currency)
        own = Money(earned.get(began.date(), 0), currency)
        days.append(
            Day(
                format_skeleton("MMMd", began, tzinfo=zone, locale=get_locale()),
                row.seats if row else 0,
                row.filled if row else 0,
                sales,
                own,
            )
        )
    return render_template(
        "leader/results.html", deal=deal, days=days, total=_total(days, currency), span=span, spans=SPANS
    )


def _total(days: list[Day], currency: str) -> Day:
    nothing = Money(0, currency)
    return Day(
        "",
        sum(day.seats for day in days),
        sum(day.filled for day in days),
        sum((day.sales for day in days), nothing),
        sum((day.earned for day in days), nothing),
    )
