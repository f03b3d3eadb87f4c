"""A member's coupons: what each gives, asks for and was used for; claiming one by its code."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupon_sentences import because, conditions, what_it_gives, why
from socialshop.loyalty.coupons import Way
from socialshop.loyalty.service import Terms, Unused
from socialshop.pages import formats, languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS

_LONGEST_CODE = 40


@shopper.page("/coupons", tab="me")
def list_coupons(visit: Visit) -> str:
    """The newest first."""
    found = loyalty.coupons_of(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda holding: holding.row.id)
    return render_template("shopper/coupons.html", coupons=rows, next=after, buys=visit.caller.role in BUYERS.roles)


@shopper.action("/coupons", access=BUYERS, again="list_coupons")
def claim_coupon(visit: Visit) -> Response:
    """Take the coupon of a code."""
    code = visit.form.text("code", longest=_LONGEST_CODE)
    visit.form.check()
    loyalty.claim_code(visit.uow, visit.caller.number, code)
    flash(gettext("The coupon is yours."))
    return go_to("shopper.list_coupons")


@shopper.app_template_global()
def coupon_words(terms: Terms) -> str:
    """What a coupon gives, in the reader's language."""
    return what_it_gives(terms, languages.reader(), formats.money)


@shopper.app_template_global()
def coupon_conditions(terms: Terms) -> list[str]:
    """What a coupon asks for, in the reader's language."""
    return conditions(terms, languages.reader(), formats.money)


@shopper.app_template_global()
def coupon_reasons(terms: Terms, way: Way) -> list[str]:
    """Why a member was given a coupon, in the reader's language."""
    return because(terms, way, languages.reader())


@shopper.app_template_global()
def unused_words(unused: Unused) -> str:
    """Why a coupon does not act on a price, in the reader's language."""
    return why(unused.reason, languages.reader())
