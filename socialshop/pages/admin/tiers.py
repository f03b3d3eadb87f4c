"""Tier programmes: drafted from what is in force, looked at with who would move, published."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator

from flask import Response, flash, render_template
from flask_babel import gettext
from pydantic import ValidationError

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import PERCENT
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.programme import LONGEST_DAYS, MOST_POINTS, Programme, Tier, TierBenefits
from socialshop.memberships.schemas.tiers import PROGRAMME_PREFIX
from socialshop.pages import languages
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form, typed_list
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_PROGRAMME = {"programme_id": PROGRAMME_PREFIX}
_MOST_POINTS_PERCENT = 10_000
_MOST_DISCOUNT_PERCENT = 99
_MOST_HOURS = 168
_MOST_OF_AN_ACT, _MOST_CAP = 10**6, 10**9
_COUPON = re.compile(r"cpn_[0-9a-z]{26}")
# Of so many of the newest coupons those that are given so are offered; what is named already is shown as it is.
COUPONS_SHOWN = 100
PARTNER = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@admin.page("/tiers", tab="tiers")
def list_tiers(visit: Visit) -> str:
    """Drafts and published programmes, and a form for another draft, filled in with what is in force."""
    rows, after = cut(memberships.programme_page(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    now = memberships.programme_in_force(visit.uow)
    typed = visit.form if visit.form.values else Form(dict(_filled(now.programme)))
    coupons = loyalty.coupons(visit.uow, None, COUPONS_SHOWN)
    return render_template("admin/tiers.html", programmes=rows, next=after, now=now, typed=typed, coupons=coupons)


@admin.action("/tiers", access=ADMINS, again="list_tiers", once=True)
def draft_tiers(visit: Visit) -> Response:
    """Keep a programme that nobody moves by yet."""
    now = memberships.programme_in_force(visit.uow).programme
    form = visit.form
    changed: dict[str, object] = {
        "name": form.text("name", longest=200),
        "period_days": form.whole("period_days", 1, LONGEST_DAYS),
        "grace_days": form.whole("grace_days", 1, LONGEST_DAYS),
        "tiers": [_tier(form, tier, position) for position, tier in enumerate(now.tiers)],
        **_growth(form, now),
    }
    form.check()
    try:
        programme = Programme.model_validate(now.model_dump() | changed)
    except ValidationError:
        form.errors["threshold_0"] = gettext("Thresholds begin at 0 and rise from tier to tier.")
        form.refuse()
    drafted = memberships.draft_programme(visit.uow, visit.caller.member_id, programme)
    flash(gettext("Drafted. Nobody moves by it until it is published."))
    return go_to("admin.show_tiers", programme_id=to_public(PROGRAMME_PREFIX, drafted.id))


@admin.page("/tiers/<programme_id>", ids=_PROGRAMME, tab="tiers")
def show_tiers(visit: Visit) -> str:
    """A programme: its tiers, and who would leave theirs if it came into force now."""
    found = memberships.programme_of(visit.uow, visit.ids["programme_id"])
    moves = [] if found.number else memberships.who_moves(visit.uow, found.id)
    tiers = memberships.tier_views(found)
    return render_template(
        "admin/tier_programme.html",
        found=found,
        moves=moves,
        names=_names(visit),
        benefits=tiers,
        partners=memberships.partners_named(
            visit.uow, {code for tier in tiers for code in tier.benefits.partner_vouchers}
        ),
    )


@admin.action("/tiers/<programme_id>/publish", access=ADMINS, again="show_tiers", ids=_PROGRAMME)
def publish_tiers(visit: Visit) -> Response:
    """Bring a draft into force from now on, or from the instant that was typed."""
    effective_at = visit.form.instant("effective_at", visit.zone)
    visit.form.check()
    programme_id: uuid.UUID = visit.ids["programme_id"]
    published = memberships.publish_programme(visit.uow, visit.caller.member_id, programme_id, effective_at)
    flash(gettext("Published as version %(number)s.", number=published.number))
    return go_to("admin.show_tiers", programme_id=visit.path["programme_id"])


def _tier(form: Form, was: Tier, position: int) -> dict[str, object]:
    """A tier as the form has it; what the form does not show stays as it was."""
    benefits = was.benefits.model_dump() | {
        "discount_bps": form.whole(f"discount_{position}", 0, _MOST_DISCOUNT_PERCENT) * PERCENT,
        "free_shipping": form.is_ticked(f"shipping_{position}"),
        "monthly_coupons": coupons_ticked(form, f"coupons_{position}"),
        "birthday_coupons": coupons_ticked(form, f"birthday_{position}"),
        "partner_vouchers": partners_named(form, f"partners_{position}"),
        "points_multiplier_bps": form.whole(f"points_{position}", 100, _MOST_POINTS_PERCENT) * PERCENT,
        "early_access_hours": form.whole(f"hours_{position}", 0, _MOST_HOURS),
        "exclusive_deals": form.is_ticked(f"exclusive_{position}"),
        "service_line": form.is_ticked(f"service_{position}"),
    }
    return {
        "code": was.code,
        "name_zh": form.text(f"name_zh_{position}", longest=60),
        "name_en": form.text(f"name_en_{position}", longest=60),
        "threshold": form.whole(f"threshold_{position}", 0, MOST_POINTS),
        "benefits": benefits,
    }


def _growth(form: Form, was: Programme) -> dict[str, object]:
    """Where growth comes from as the form has it; an activity for no points is one no more."""
    points = [form.whole(f"activity_{position}", 0, _MOST_OF_AN_ACT) for position in range(len(was.activities))]
    caps = [
        {name: form.whole(f"{name}_{position}", 1, _MOST_CAP) for name in ("day_cap", "period_cap")}
        for position in range(len(was.activities))
    ]
    return {
        "spend": [
            {"currency": rule.currency, "minor_per_point": form.whole(f"spend_{position}", 1, _MOST_CAP)}
            for position, rule in enumerate(was.spend)
        ],
        "referral_points": form.whole("referral", 0, MOST_POINTS),
        "activities": [
            {"kind": rule.kind, "points": given, **capped}
            for rule, given, capped in zip(was.activities, points, caps, strict=True)
            if given
        ],
    }


def coupons_ticked(form: Form, box: str) -> list[str]:
    """The ids of the coupons that were ticked; a box's field is called by the coupon's id behind `box`."""
    named = (name.removeprefix(f"{box}-") for name in form.values if name.startswith(f"{box}-"))
    return [one for one in named if _COUPON.fullmatch(one)]


def ticks_of(box: str, coupons: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those coupons as boxes that are ticked."""
    return ((f"{box}-{coupon}", "yes") for coupon in coupons)


def partners_named(form: Form, name: str) -> list[str]:
    """Codes of partners with commas between; whether vouchers of theirs are in stock is seen when one is taken."""
    said = form.listed(name)
    if not all(PARTNER.fullmatch(one) for one in said):
        form.errors[name] = gettext("Codes of partners with commas between: small letters, digits and underscores.")
    return said


def _filled(programme: Programme) -> Iterator[tuple[str, str]]:
    """What is in force, as the form that changes it; a rate that is no whole percent is shown without its fraction."""
    yield "name", programme.name
    yield "period_days", str(programme.period_days)
    yield "grace_days", str(programme.grace_days)
    yield "referral", str(programme.referral_points)
    for position, spend in enumerate(programme.spend):
        yield f"spend_{position}", str(spend.minor_per_point)
    for position, act in enumerate(programme.activities):
        yield f"activity_{position}", str(act.points)
        yield f"day_cap_{position}", str(act.day_cap)
        yield f"period_cap_{position}", str(act.period_cap)
    for position, tier in enumerate(programme.tiers):
        has: TierBenefits = tier.benefits
        yield f"name_zh_{position}", tier.name_zh
        yield f"name_en_{position}", tier.name_en
        yield f"threshold_{position}", str(tier.threshold)
        yield f"discount_{position}", str(has.discount_bps // PERCENT)
        if has.free_shipping:
            yield f"shipping_{position}", "yes"
        yield from ticks_of(f"coupons_{position}", has.monthly_coupons)
        yield from ticks_of(f"birthday_{position}", has.birthday_coupons)
        yield f"partners_{position}", typed_list(has.partner_vouchers)
        yield f"points_{position}", str(has.points_multiplier_bps // PERCENT)
        yield f"hours_{position}", str(has.early_access_hours)
        if has.exclusive_deals:
            yield f"exclusive_{position}", "yes"
        if has.service_line:
            yield f"service_{position}", "yes"


def _names(visit: Visit) -> dict[str, str]:
    """The names of the tiers in force, by code."""
    zh = languages.reader() == "zh"
    return {tier.code: tier.name_zh if zh else tier.name_en for tier in memberships.tiers(visit.uow)}
