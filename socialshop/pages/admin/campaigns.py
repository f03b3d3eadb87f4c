"""Campaigns: planned with a goal, given missions, drawn by lot, and measured."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext
from pydantic import ValidationError

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import PERCENT, Money
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.lift import Interval, Metric
from socialshop.loyalty.rules import LONGEST_DAYS, MOST_POINTS, MissionKind, Repeats
from socialshop.loyalty.schemas.campaigns import (
    MOST_CONTROL_BPS,
    MOST_MULTIPLIER_BPS,
    MOST_NAMED,
    sentence_of,
)
from socialshop.loyalty.schemas.missions import MOST_TIMES
from socialshop.loyalty.segment_sentences import rule_words
from socialshop.loyalty.segments import Segment, parse
from socialshop.loyalty.service import campaigns
from socialshop.loyalty.service.campaigns import CAMPAIGN_PREFIX, Audience, CampaignRow, NewCampaign, Results
from socialshop.loyalty.service.missions import Terms
from socialshop.memberships import service as memberships
from socialshop.pages import languages
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.segments import typed_segment
from socialshop.pages.formats import money
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.calendar import THEMES
from socialshop.pages.shopper.membership import tier_name
from socialshop.pages.shopper.missions import MISSION_KINDS, MISSION_REPEATS
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_CAMPAIGN = {"campaign_id": CAMPAIGN_PREFIX}
_LONGEST_TITLE, _LONGEST_NOTICE = 100, 200
_COUPONS_SHOWN = 100
_LONGEST_LIST = 32 * MOST_NAMED
_AUDIENCES: Mapping[str, Any] = {
    "all": lazy_gettext("Everybody"),
    "tier": lazy_gettext("A tier"),
    "newcomers": lazy_gettext("Newcomers"),
    "members": lazy_gettext("Members by name"),
    "segment": lazy_gettext("A segment"),
}
_GOALS: Mapping[str, Any] = {
    Metric.BUYERS: lazy_gettext("More of them buy"),
    Metric.SPEND: lazy_gettext("They spend more per head"),
}


class Compared(NamedTuple):
    """What the two groups did, in words: a figure of each, and the difference with its interval."""

    name: str
    treated: str
    control: str
    difference: str


@admin.page("/campaigns", tab="campaigns")
def list_campaigns(visit: Visit) -> str:
    """Every campaign, and a form for another."""
    rows, after = cut(campaigns.campaigns(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    tiers = memberships.tiers(visit.uow)
    return render_template(
        "admin/campaigns.html",
        rows=rows,
        next=after,
        now=visit.uow.now,
        themes=THEMES.items(),
        audiences=_AUDIENCES.items(),
        goals=_GOALS.items(),
        coupons=[("", gettext("none")), *((to_public("cpn", id_), title) for id_, title in _coupons(visit))],
        tiers=[(tier.code, tier_name(tier)) for tier in tiers],
        all_tiers=tiers,
    )


@admin.action("/campaigns", access=ADMINS, again="list_campaigns", once=True)
def plan_campaign(visit: Visit) -> Response:
    """Keep a draft."""
    planned = _planned(visit)
    visit.form.places = {"audience.tier": "tier", "audience.segment.tiers": "segment_tiers"}
    row = campaigns.add(visit.uow, visit.caller.member_id, planned)
    flash(gettext("Kept as a draft. Nobody is in it before it is drawn."))
    return go_to("admin.show_campaign", campaign_id=to_public(CAMPAIGN_PREFIX, row.id))


@admin.page("/campaigns/<campaign_id>", tab="campaigns", ids=_CAMPAIGN)
def show_campaign(visit: Visit) -> str:
    """A campaign: what was planned, and what was measured so far."""
    row = campaigns.campaign(visit.uow, visit.ids["campaign_id"])
    found = campaigns.results(visit.uow, row, visit.settings.currency, visit.settings.time_zone)
    return render_template(
        "admin/campaign.html",
        row=row,
        now=visit.uow.now,
        missions=campaigns.missions_of(visit.uow, row.id),
        audience=_AUDIENCES[row.audience],
        segment=rule_words(parse(row.segment), languages.reader(), found.currency, money) if row.segment else [],
        goal=_GOALS[row.goal],
        coupon=None if row.coupon_id is None else loyalty.coupon(visit.uow, row.coupon_id).row.title,
        target=_target(row, found.currency),
        sentence=sentence_of(row, found, languages.reader()),
        compared=_compared(found),
        days=found.days,
        found=found,
        kinds=MISSION_KINDS.items(),
        repeats=MISSION_REPEATS.items(),
    )


@admin.action("/campaigns/<campaign_id>/missions", access=ADMINS, again="show_campaign", once=True, ids=_CAMPAIGN)
def add_campaign_mission(visit: Visit) -> Response:
    """Give a draft a mission."""
    form = visit.form
    kind, repeats = form.choice("kind", set(MissionKind)), form.choice("repeats", set(Repeats))
    terms = Terms(
        form.text("title_zh", longest=_LONGEST_TITLE),
        form.text("title_en", longest=_LONGEST_TITLE),
        form.whole("times", 1, MOST_TIMES),
        form.whole("points", 1, MOST_POINTS),
    )
    form.check()
    what = MissionKind(kind), Repeats(repeats)
    campaigns.add_mission(visit.uow, visit.caller.member_id, visit.ids["campaign_id"], what, terms)
    return go_to("admin.show_campaign", campaign_id=visit.path["campaign_id"])


@admin.action("/campaigns/<campaign_id>/draw", access=ADMINS, again="show_campaign", ids=_CAMPAIGN)
def draw_campaign(visit: Visit) -> Response:
    """Begin to fix its groups; jobs do it."""
    campaigns.draw(visit.uow, visit.caller.member_id, visit.ids["campaign_id"])
    flash(gettext("The draw has begun: who is treated and who is left out is fixed by lot."))
    return go_to("admin.show_campaign", campaign_id=visit.path["campaign_id"])


@admin.action("/campaigns/<campaign_id>/cancel", access=ADMINS, again="show_campaign", ids=_CAMPAIGN)
def cancel_campaign(visit: Visit) -> Response:
    """End it now."""
    campaigns.cancel(visit.uow, visit.caller.member_id, visit.ids["campaign_id"])
    flash(gettext("Cancelled; what it gave stays."))
    return go_to("admin.show_campaign", campaign_id=visit.path["campaign_id"])


def _planned(visit: Visit) -> NewCampaign:
    form, zone = visit.form, visit.zone
    starts_at, ends_at = form.instant("starts_at", zone), form.instant("ends_at", zone)
    for name, instant in (("starts_at", starts_at), ("ends_at", ends_at)):
        if instant is None:
            form.errors.setdefault(name, gettext("This is needed."))
    percent = form.whole_or_none("multiplier_percent", 101, MOST_MULTIPLIER_BPS // PERCENT)
    notice = tuple(form.text(name, longest=_LONGEST_NOTICE, required=False) for name in ("notice_zh", "notice_en"))
    if any(notice) and not all(notice):
        form.errors["notice_en" if notice[0] else "notice_zh"] = gettext("This is needed.")
    goal = form.choice("goal", set(Metric))
    target = _typed_target(form, goal, visit.settings.currency)
    title_zh, title_en = (form.text(name, longest=_LONGEST_TITLE) for name in ("title_zh", "title_en"))
    theme, audience = form.choice("theme", THEMES), _audience(form, visit.settings.currency)
    control = form.whole("control_percent", 0, MOST_CONTROL_BPS // PERCENT) * PERCENT
    form.check()
    if starts_at is None or ends_at is None:
        form.refuse()
    return NewCampaign(
        title_zh,
        title_en,
        theme,
        starts_at,
        ends_at,
        audience,
        control,
        Metric(goal),
        target,
        percent * PERCENT if percent else None,
        (notice[0], notice[1]) if all(notice) else None,
        _coupon(form),
    )


def _typed_target(form: Form, goal: str, currency: str) -> int:
    """Points of a percent of the rate of buyers, in basis points; or an amount per head."""
    if goal == Metric.SPEND:
        return max(form.money("target", currency).amount_minor, 0)
    form.text("target")
    return form.percent("target")


def _audience(form: Form, currency: str) -> Audience:
    kind = form.choice("audience", _AUDIENCES)
    if kind == "tier":
        return Audience(kind, tier=form.text("tier", longest=60))
    if kind == "newcomers":
        return Audience(kind, newcomer_days=form.whole("newcomer_days", 1, LONGEST_DAYS))
    if kind == "members":
        return Audience(kind, members=_members(form))
    if kind == "segment":
        return Audience(kind, segment=_segment(form, currency))
    return Audience(kind)


def _segment(form: Form, currency: str) -> Segment | None:
    try:
        return Segment.model_validate(typed_segment(form, currency) or {})
    except ValidationError:
        form.errors["segment"] = gettext("A segment asks for something, and its figures fit together.")
        return None


def _members(form: Form) -> list[uuid.UUID]:
    """Ids of members, with space between them."""
    try:
        return [from_public("mbr", word) for word in form.text("members", longest=_LONGEST_LIST).split()]
    except NotFound:
        form.errors["members"] = gettext("Ids of members look like mbr_….")
        return []


def _coupons(visit: Visit) -> list[tuple[uuid.UUID, str]]:
    """The newest coupons that are not paused."""
    found = loyalty.coupons(visit.uow, None, _COUPONS_SHOWN)
    return [(each.row.id, each.row.title) for each in found if each.row.paused_at is None]


def _coupon(form: Form) -> uuid.UUID | None:
    """The coupon that was chosen, if one was."""
    typed = form.text("coupon_id", longest=60, required=False)
    return from_public("cpn", typed) if typed else None


def _target(row: CampaignRow, currency: str) -> str:
    if row.goal is Metric.BUYERS:
        return _points(row.target)
    return _money(row.target, currency)


def _compared(found: Results) -> list[Compared]:
    treated, control, currency = found.measured.treated, found.measured.control, found.currency

    def between(interval: Interval | None, written: Callable[[int], str]) -> str:
        if interval is None:
            return "—"
        low, estimate, high = (written(figure) for figure in interval)
        return str(gettext("%(estimate)s, between %(low)s and %(high)s", estimate=estimate, low=low, high=high))

    return [
        Compared(gettext("Members"), str(treated.members), str(control.members), "—"),
        Compared(gettext("Buyers"), str(treated.buyers), str(control.buyers), "—"),
        Compared(
            gettext("Rate of buyers"),
            _points(treated.rate_bps),
            _points(control.rate_bps),
            between(found.measured.rate, _points),
        ),
        Compared(
            gettext("Spent per head"),
            _money(treated.per_head_minor, currency),
            _money(control.per_head_minor, currency),
            between(found.measured.spend, lambda figure: _money(figure, currency)),
        ),
    ]


def _points(bps: int) -> str:
    whole, part = divmod(abs(bps), 100)
    return f"{'−' if bps < 0 else ''}{whole}.{part:02} %"


def _money(amount_minor: int, currency: str) -> str:
    return money(Money(amount_minor, currency))
