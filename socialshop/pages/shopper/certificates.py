"""Certificates of the tax that was withheld of payouts, to look at and to print."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.errors import NotFound
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.payouts import service as payouts
from socialshop.web.auth import BUYERS

_YEARS = 12


@shopper.page("/tax-certificates", access=BUYERS, tab="earnings")
def list_certificates(visit: Visit) -> str:
    """All of them, the newest first, and a form for a year."""
    found = payouts.certificates(visit.uow, visit.caller.member_id)
    this_year = payouts.today_in(visit.uow, _place(visit)).year
    return render_template(
        "shopper/certificates.html",
        certificates=found,
        number=payouts.certificate_number,
        replaced={one.replaces for one in found},
        years=[(str(year), str(year)) for year in range(this_year, this_year - _YEARS, -1)],
    )


@shopper.action("/tax-certificates", access=BUYERS, again="list_certificates")
def issue_certificate(visit: Visit) -> Response:
    """Have certified what was withheld in a year."""
    year = visit.form.whole("year", payouts.FIRST_YEAR, 9999)
    visit.form.check()
    currency = visit.settings.currency
    try:
        payouts.issue_certificate(visit.uow, visit.caller.member_id, year=year, currency=currency, place=_place(visit))
    except NotFound:
        visit.form.errors["year"] = gettext("No tax was withheld of your payouts in that year.")
        visit.form.check()
    flash(gettext("Your certificate is below."))
    return go_to("shopper.show_certificate", year=year)


@shopper.page("/tax-certificates/<year>", access=BUYERS, tab="earnings")
def show_certificate(visit: Visit) -> str | Response:
    """The newest certificate of a year, as it is printed; where there is none, all of them."""
    found = [
        one
        for one in payouts.certificates(visit.uow, visit.caller.member_id)
        if (str(one.year), one.currency) == (visit.path["year"], visit.settings.currency)
    ]
    if not found:
        return go_to("shopper.list_certificates")
    before = next((one for one in found if one.id == found[0].replaces), None)
    return render_template(
        "shopper/certificate.html",
        certificate=found[0],
        number=payouts.certificate_number,
        before=before,
        lines=payouts.lines_of(found[0]),
        payee=payouts.payee_of(visit.uow, visit.caller.member_id),
    )


def _place(visit: Visit) -> payouts.Place:
    return payouts.Place(visit.settings.country, visit.settings.time_zone)
