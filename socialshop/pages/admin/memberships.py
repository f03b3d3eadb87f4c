"""Plans that members buy: drafted from what is on sale, looked at with who would pay what, published."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Response, flash, render_template
from flask_babel import gettext, ngettext
from pydantic import ValidationError

from socialshop.identity import service as identity
from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import PERCENT, parse_decimal, to_decimal_text
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.offers import LEAST_NOTICE_DAYS, TERMS, Offer, TermOffer
from socialshop.memberships.programme import MOST_POINTS
from socialshop.memberships.schemas.offers import OFFER_PREFIX
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.tier_form import PARTNER, coupons_ticked, partners_named, ticks_of
from socialshop.pages.admin.tiers import COUPONS_SHOWN
from socialshop.pages.forms import Form, typed_list
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_OFFER = {"offer_id": OFFER_PREFIX}
_MOST_HOURS, _MOST_PERCENT, _MOST_DISCOUNT_PERCENT = 168, 10_000, 99
_NEWEST = 20
# What the form of a shop's first plan begins with: a fortnight to try it, ten months' price for a year.
_USUAL_TRIAL_DAYS, _USUAL_PRICES = 14, (("month", 20), ("year", 200))
_LONGEST_CODE, _LONGEST_CODES, _LONGEST_TITLE = 100, 50_000, 60


@admin.page("/memberships", tab="memberships")
def list_offers(visit: Visit) -> str:
    """Drafts and published offers, a form for another, and the newest subscriptions."""
    rows, after = cut(memberships.offer_page(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    on_sale = memberships.offers_on_sale(visit.uow)
    bought = memberships.subscription_page(visit.uow, None, None, _NEWEST)
    named = {who.number: who for who in identity.named(visit.uow, numbers=[each.member for each in bought])}
    blank = dict(_filled(on_sale[0].offer if on_sale else None, visit.settings.currency))
    return render_template(
        "admin/memberships.html",
        offers=rows,
        next=after,
        on_sale={view.id for view in on_sale},
        bought=[(each, named[each.member]) for each in bought],
        terms=TERMS,
        stock=memberships.voucher_stock(visit.uow),
        coupons=loyalty.coupons(visit.uow, None, COUPONS_SHOWN),
        typed=visit.form if visit.form.values else Form(blank),
    )


@admin.action("/memberships", access=ADMINS, again="list_offers", once=True)
def draft_offer(visit: Visit) -> Response:
    """Keep an offer that nobody can buy yet."""
    form, currency = visit.form, visit.settings.currency
    document: dict[str, object] = {
        "plan": form.text("plan", longest=40),
        "name_zh": form.text("name_zh", longest=60),
        "name_en": form.text("name_en", longest=60),
        "currency": currency,
        "on_sale": form.is_ticked("on_sale"),
        "trial_days": form.whole("trial_days", 0, 90),
        "terms": [found for term in TERMS if (found := _term(form, term, currency)) is not None],
        "benefits": {
            "discount_bps": (form.whole_or_none("discount", 0, _MOST_DISCOUNT_PERCENT) or 0) * PERCENT,
            "free_shipping": form.is_ticked("shipping"),
            "monthly_coupons": coupons_ticked(form, "coupons"),
            "birthday_coupons": coupons_ticked(form, "birthday"),
            "points_multiplier_bps": form.whole("points", 100, _MOST_PERCENT) * PERCENT,
            "early_access_hours": form.whole("hours", 0, _MOST_HOURS),
            "exclusive_deals": form.is_ticked("exclusive"),
            "service_line": form.is_ticked("service"),
        },
        "remind_days": form.whole("remind_days", LEAST_NOTICE_DAYS, 30),
        "grace_days": form.whole("grace_days", 1, 60),
        "full_refund_days": form.whole("full_refund_days", 0, 60),
        "retry_days": _days(form, "retry_days"),
        "family_seats": form.whole("family_seats", 0, 10),
        "partners": partners_named(form, "partners"),
    }
    form.check()
    try:
        offer = Offer.model_validate(document)
    except ValidationError as refused:
        wrong = refused.errors()[0]
        form.problem = gettext("The offer is not whole: %(said)s.", said=wrong["msg"])
        form.errors["plan"] = form.problem
        form.refuse()
    drafted = memberships.draft_offer(visit.uow, visit.caller.member_id, offer)
    flash(gettext("Drafted. Nobody can buy it until it is published."))
    return go_to("admin.show_offer", offer_id=to_public(OFFER_PREFIX, drafted.id))


@admin.action("/memberships/vouchers", access=ADMINS, again="list_offers")
def load_vouchers(visit: Visit) -> Response:
    """Put a partner's codes in stock, a line each; those that are there already stay as they are."""
    form = visit.form
    partner, codes = form.text("partner", longest=40), form.text("codes", longest=_LONGEST_CODES).split()
    if not PARTNER.fullmatch(partner):
        form.errors["partner"] = gettext("Small letters, digits and underscores.")
    if any(len(code) > _LONGEST_CODE or not code.isascii() or not code.isprintable() for code in codes):
        form.errors["codes"] = gettext("A code is up to 100 letters, digits and signs.")
    zh = form.text("partner_zh", longest=_LONGEST_TITLE, required=False)
    en = form.text("partner_en", longest=_LONGEST_TITLE, required=False)
    if bool(zh) != bool(en):
        form.errors["partner_en" if zh else "partner_zh"] = gettext("In both languages, or in neither.")
    form.check()
    titles = (zh, en) if zh and en else None
    fresh = memberships.load_vouchers(visit.uow, visit.caller.member_id, partner, codes, titles)
    flash(ngettext("%(num)s code is new.", "%(num)s codes are new.", fresh))
    return go_to("admin.list_offers")


@admin.page("/memberships/<offer_id>", ids=_OFFER, tab="memberships")
def show_offer(visit: Visit) -> str:
    """An offer: what it gives and promises, and how many members would pay which price."""
    found = memberships.offer_of(visit.uow, visit.ids["offer_id"])
    return render_template("admin/membership_offer.html", found=found, payers=memberships.who_pays(visit.uow, found.id))


@admin.action("/memberships/<offer_id>/publish", access=ADMINS, again="show_offer", ids=_OFFER)
def publish_offer(visit: Visit) -> Response:
    """Bring a draft into force from now on, or from the instant that was typed."""
    effective_at = visit.form.instant("effective_at", visit.zone)
    visit.form.check()
    offer_id: uuid.UUID = visit.ids["offer_id"]
    published = memberships.publish_offer(visit.uow, visit.caller.member_id, offer_id, effective_at)
    flash(gettext("Published as version %(number)s.", number=published.number))
    return go_to("admin.show_offer", offer_id=visit.path["offer_id"])


def _term(form: Form, term: str, currency: str) -> dict[str, object] | None:
    """A term as it was typed, a line a step: growth and price; None where nothing was typed."""
    field, steps = f"prices_{term}", []
    for line in form.text(field, required=False).splitlines():
        growth, _, price = line.strip().partition(" ")
        try:
            if not (growth.isascii() and growth.isdecimal() and int(growth) <= MOST_POINTS):
                raise InvalidValue("no growth")
            steps.append({"growth": int(growth), "price_minor": parse_decimal(price.strip(), currency)})
        except InvalidValue:
            form.errors[field] = gettext("A line a step: growth and price, such as %(example)s.", example="1000 88.00")
    return {"term": term, "prices": steps} if steps else None


def _days(form: Form, field: str) -> list[int]:
    """Numbers of days, with commas between them."""
    typed = form.listed(field, longest=40)
    if not all(part.isascii() and part.isdecimal() and len(part) < len("100") for part in typed):
        form.errors[field] = gettext("Days with commas between them, such as %(example)s.", example="1, 3, 5")
        return []
    return [int(part) for part in typed]


def _filled(offer: Offer | None, currency: str) -> Iterator[tuple[str, str]]:
    """What is on sale, as the form that changes it; a rate that is no whole percent is shown without its fraction."""
    has = offer or Offer.model_validate(
        {
            "plan": "vip",
            "name_zh": "会员卡",
            "name_en": "VIP card",
            "currency": currency,
            "trial_days": _USUAL_TRIAL_DAYS,
            "terms": [
                {"term": term, "prices": [{"growth": 0, "price_minor": price * 10 ** exponent_of(currency)}]}
                for term, price in _USUAL_PRICES
            ],
        }
    )
    yield from (("plan", has.plan), ("name_zh", has.name_zh), ("name_en", has.name_en), ("on_sale", "yes"))
    for name in ("trial_days", "remind_days", "grace_days", "full_refund_days", "family_seats"):
        yield name, str(getattr(has, name))
    yield "retry_days", typed_list(has.retry_days)
    yield "partners", typed_list(has.partners)
    yield "discount", str(has.benefits.discount_bps // PERCENT)
    yield from ticks_of("coupons", has.benefits.monthly_coupons)
    yield from ticks_of("birthday", has.benefits.birthday_coupons)
    if has.benefits.free_shipping:
        yield "shipping", "yes"
    yield "points", str(has.benefits.points_multiplier_bps // PERCENT)
    yield "hours", str(has.benefits.early_access_hours)
    if has.benefits.exclusive_deals:
        yield "exclusive", "yes"
    if has.benefits.service_line:
        yield "service", "yes"
    for term in has.terms:
        yield f"prices_{term.term}", _steps(term, has.currency)


def _steps(term: TermOffer, currency: str) -> str:
    return "\n".join(f"{step.growth} {to_decimal_text(step.price_minor, currency)}" for step in term.prices)
