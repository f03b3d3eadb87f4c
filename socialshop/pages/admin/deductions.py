"""What is taken off payouts: the tables of tax and the fees that were published, and publishing others."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.pages.admin.payouts import CHANNELS
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.payouts.deductions import Band, Fee, Rounding, Span
from socialshop.payouts.rules import Channel
from socialshop.payouts.schemas.deductions import LONGEST_LAW
from socialshop.web.auth import ADMINS

_SHOWN = 50
_LONGEST_BANDS = 800
_PARTS = 2
KINDS = {"person": lazy_gettext("A person"), "business": lazy_gettext("A business")}
SPANS = {"payout": lazy_gettext("each payout by itself"), "month": lazy_gettext("all of a month together")}
ROUNDINGS = {
    "half_up": lazy_gettext("to the nearest, halves up"),
    "down": lazy_gettext("down"),
    "up": lazy_gettext("up"),
}


@admin.page("/deductions", tab="deductions")
def list_deductions(visit: Visit) -> str:
    """Every table and fee, the newest first."""
    taxes = payouts.tax_tables(visit.uow, limit=_SHOWN, after=None)
    fees = payouts.fee_tables(visit.uow, limit=_SHOWN, after=None)
    return render_template(
        "admin/deductions.html",
        taxes=taxes,
        fees=fees,
        names=names_by_id(visit.uow, [*(row.published_by for row in taxes), *(row.published_by for row in fees)]),
        kinds=KINDS,
        spans=SPANS,
        roundings=ROUNDINGS,
        channels=CHANNELS,
        today=payouts.today_in(visit.uow, _place(visit)),
        country=visit.settings.country,
        currency=visit.settings.currency,
    )


@admin.action("/deductions/tax", access=ADMINS, again="list_deductions", once=True)
def publish_tax(visit: Visit) -> Response:
    """Put a table of tax in force from a day on."""
    form, currency = visit.form, visit.settings.currency
    country = form.text("country", longest=2).upper()
    if "country" not in form.errors and not (len(country) == _PARTS and country.isascii() and country.isalpha()):
        form.errors["country"] = gettext("Two letters, such as %(example)s.", example="CN")
    kind = form.choice("kind", list(KINDS))
    span = form.choice("span", list(SPANS))
    rounding = form.choice("rounding", list(ROUNDINGS))
    bands = _bands(form, currency)
    law = form.text("law", longest=LONGEST_LAW)
    from_on, to_on = _day(form, "from_on"), _day(form, "to_on", required=False)
    form.check()
    if from_on is None:
        form.refuse()
    payouts.publish_tax_table(
        visit.uow,
        actor=visit.caller.member_id,
        place=_place(visit),
        country=country,
        kind=kind,
        currency=currency,
        span=Span(span),
        bands=bands,
        rounding=Rounding(rounding),
        law=law,
        from_on=from_on,
        to_on=to_on,
    )
    flash(gettext("Published. What was asked for before keeps what it was told."))
    return go_to("admin.list_deductions")


@admin.action("/deductions/fee", access=ADMINS, again="list_deductions", once=True)
def publish_fee(visit: Visit) -> Response:
    """Put a fee in force from a day on."""
    form, currency = visit.form, visit.settings.currency
    channel = form.choice("channel", [channel.value for channel in Channel])
    fixed, rate = form.money("fixed", currency), form.percent("rate")
    most = form.money("most", currency).amount_minor if form.values.get("most", "").strip() else None
    from_on, to_on = _day(form, "fee_from_on"), _day(form, "fee_to_on", required=False)
    form.check()
    if from_on is None:
        form.refuse()
    payouts.publish_fee(
        visit.uow,
        actor=visit.caller.member_id,
        place=_place(visit),
        channel=Channel(channel),
        currency=currency,
        fee=Fee(fixed.amount_minor, rate, most),
        from_on=from_on,
        to_on=to_on,
    )
    flash(gettext("Published. What was asked for before keeps what it was told."))
    return go_to("admin.list_deductions")


def _bands(form: Form, currency: str) -> list[Band]:
    """A line a band: from how much on, and the share in percent."""
    found = []
    for line in form.text("bands", longest=_LONGEST_BANDS).splitlines():
        parts = line.replace("%", " ").split()
        if not parts:
            continue
        one = Form(dict(zip(("from", "share"), parts, strict=False)))
        band = Band(one.money("from", currency).amount_minor, one.percent("share"))
        if one.errors or len(parts) != _PARTS:
            form.errors["bands"] = gettext("A line a band, such as %(example)s.", example="800.00 20%")
            return []
        found.append(band)
    return found


def _day(form: Form, name: str, *, required: bool = True) -> date | None:
    typed = form.text(name, longest=10, required=required)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        form.errors[name] = gettext("A day such as %(example)s.", example="2026-01-31")
        return None


def _place(visit: Visit) -> payouts.Place:
    return payouts.Place(visit.settings.country, visit.settings.time_zone)
