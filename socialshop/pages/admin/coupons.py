"""Coupons, for the shop: made, paused, given to members, and given away by codes."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, make_response, render_template
from flask_babel import gettext, lazy_gettext, ngettext
from pydantic import ValidationError

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import PERCENT
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupons import WAYS, Terms, Way
from socialshop.loyalty.rules import LONGEST_DAYS, MOST_GIVEN
from socialshop.loyalty.schemas.coupons import COUPON_PREFIX, MOST_CODES, MOST_ISSUED, codes_table
from socialshop.loyalty.service import NewCoupon
from socialshop.memberships import service as memberships
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.segments import ticked_tiers, typed_segment
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_COUPON = {"coupon_id": COUPON_PREFIX}
_LAST_DAY = 31
_KINDS = {
    "amount": lazy_gettext("An amount off"),
    "percentage": lazy_gettext("A percentage off"),
    "shipping": lazy_gettext("Shipping"),
    "gift": lazy_gettext("A gift"),
}
_STACKING = {
    "alone": lazy_gettext("with no other coupon"),
    "other_kinds": lazy_gettext("beside coupons of other kinds"),
    "any": lazy_gettext("beside any other coupon"),
}
_WAYS: dict[Way, Any] = {
    "given": lazy_gettext("by hand"),
    "code": lazy_gettext("by codes"),
    "newcomer": lazy_gettext("to who registers"),
    "monthly": lazy_gettext("every month to tiers and plans that name it"),
    "birthday": lazy_gettext("on birthdays"),
    "birthday_benefit": lazy_gettext("on birthdays to tiers and plans that name it"),
    "member_day": lazy_gettext("on member days"),
    "segment": lazy_gettext("once a year to a segment"),
}


@admin.page("/coupons", tab="coupons")
def list_coupons(visit: Visit) -> str:
    """Every coupon, the newest first, with what it took off; and a form for another."""
    rows, after = cut(loyalty.coupons(visit.uow, visit.after(), PAGE_ROWS + 1), lambda view: view.row.id)
    return render_template(
        "admin/coupons.html",
        coupons=rows,
        next=after,
        kinds=_KINDS,
        stacking=_STACKING,
        ways=_WAYS,
        tiers=memberships.tiers(visit.uow),
    )


@admin.action("/coupons", access=ADMINS, again="list_coupons", once=True)
def make_coupon(visit: Visit) -> Response:
    """Make a coupon; its terms stand for ever."""
    form, currency = visit.form, visit.settings.currency
    terms = _terms(form, currency)
    days = form.whole_or_none("valid_days", 1, LONGEST_DAYS)
    until = form.instant("valid_until", visit.zone)
    limit = form.whole_or_none("issue_limit", 1, MOST_GIVEN)
    budget = form.money("budget", currency).amount_minor if form.values.get("budget", "").strip() else None
    title = form.text("title", longest=200)
    way = _way(form)
    form.check()
    try:
        promised = Terms.model_validate(terms)
    except ValidationError:
        form.errors["kind"] = gettext(
            "Such a coupon needs other figures: an amount, a percentage with its most, a gift."
        )
        form.refuse()
    form.places = {"terms.tiers": "tiers", "terms.segment.tiers": "segment_tiers"}
    new = NewCoupon(title, promised, None, until, days, limit, budget, way)
    made = loyalty.make_coupon(visit.uow, visit.caller.member_id, new)
    flash(gettext("Made. Nobody has it until it is given."))
    return go_to("admin.show_coupon", coupon_id=to_public(COUPON_PREFIX, made.row.id))


@admin.page("/coupons/<coupon_id>", ids=_COUPON, tab="coupons")
def show_coupon(visit: Visit) -> str:
    """One coupon: its terms, what became of it, and the ways to give it."""
    view = loyalty.coupon(visit.uow, visit.ids["coupon_id"])
    codes = loyalty.codes_of(visit.uow, view.row.id) if view.row.way == "code" else None
    return render_template("admin/coupon.html", view=view, codes=codes, ways=_WAYS, most_codes=MOST_CODES)


@admin.action("/coupons/<coupon_id>/pause", access=ADMINS, again="show_coupon", ids=_COUPON)
def pause_coupon(visit: Visit) -> Response:
    """Pause it, or let it go on."""
    paused = visit.form.choice("paused", ("yes", "no")) == "yes"
    visit.form.check()
    loyalty.pause_coupon(visit.uow, visit.caller.member_id, visit.ids["coupon_id"], paused=paused)
    flash(gettext("Paused: it is neither given nor taken.") if paused else gettext("It goes on."))
    return go_to("admin.show_coupon", coupon_id=visit.path["coupon_id"])


@admin.action("/coupons/<coupon_id>/issues", access=ADMINS, again="show_coupon", once=True, ids=_COUPON)
def issue_coupon(visit: Visit) -> Response:
    """Give it to the members whose ids were typed."""
    form = visit.form
    members = _members(form)
    period = form.text("period", longest=100)
    form.check()
    given = loyalty.issue_coupon(visit.uow, visit.caller.member_id, visit.ids["coupon_id"], members, period)
    flash(ngettext("%(num)s member was given it.", "%(num)s members were given it.", given))
    return go_to("admin.show_coupon", coupon_id=visit.path["coupon_id"])


@admin.action("/coupons/<coupon_id>/codes", access=ADMINS, again="show_coupon", ids=_COUPON)
def make_codes(visit: Visit) -> Response:
    """Codes as a table, told once."""
    count = visit.form.whole("count", 1, MOST_CODES)
    visit.form.check()
    made = loyalty.make_codes(visit.uow, visit.caller.member_id, visit.ids["coupon_id"], count)
    answer = make_response(codes_table(made))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{visit.path["coupon_id"]}-codes.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _terms(form: Form, currency: str) -> dict[str, object]:
    """The terms as they were typed; which figures a kind needs, the terms themselves say."""
    sums = {
        name: form.money(name, currency).amount_minor
        for name in ("amount_minor", "ceiling_minor", "worth_minor", "minimum_minor")
        if form.values.get(name, "").strip()
    }
    percent = form.whole_or_none("percent", 1, 100)
    gift = form.text("gift", longest=200, required=False)
    days = form.listed("days_of_month")
    tiers, channels = ticked_tiers(form, "tier-"), form.listed("channels")
    if not all(day.isascii() and day.isdecimal() and 1 <= int(day[:3]) <= _LAST_DAY for day in days):
        form.errors["days_of_month"] = gettext("Days from 1 to 31, with commas between.")
        days = []
    return {
        "kind": form.choice("kind", _KINDS),
        "currency": currency,
        **sums,
        **({"rate_bps": percent * PERCENT} if percent else {}),
        **({"gift": gift} if gift else {}),
        "tiers": tiers,
        "days_of_month": [int(day) for day in days],
        "newcomers_only": form.is_ticked("newcomers_only"),
        "channels": channels,
        "stacking": form.choice("stacking", _STACKING),
        "segment": typed_segment(form, currency),
    }


def _way(form: Form) -> Way:
    """How it reaches members."""
    typed = form.choice("way", WAYS)
    return next((way for way in WAYS if way == typed), "given")


def _members(form: Form) -> list[uuid.UUID]:
    """The ids, a line or a blank between."""
    said = form.text("member_ids", longest=40 * MOST_ISSUED).split()
    try:
        return [from_public("mbr", one) for one in said]
    except NotFound:
        form.errors["member_ids"] = gettext("Ids of members, each as mbr_ and 26 characters.")
        return []
