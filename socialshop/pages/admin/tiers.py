"""Tier programmes: drafted from what is in force, looked at with who would move, published.

A button that adds a tier or takes one out sends the form and gets it back as it was typed, with the tier more or less.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from flask import Response, flash, make_response, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.kernel.ids import to_public
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.programme import MOST_TIERS, Programme
from socialshop.memberships.schemas.tiers import PROGRAMME_PREFIX
from socialshop.pages import languages
from socialshop.pages.admin import tier_form
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_PROGRAMME = {"programme_id": PROGRAMME_PREFIX}
# Of so many of the newest coupons those that are given so are offered; what is named already is shown as it is.
COUPONS_SHOWN = 100
# So many of each kind of what names a tier that is left out are shown, the newest.
_NAMED_SHOWN = 20


@admin.page("/tiers", tab="tiers")
def list_tiers(visit: Visit) -> Response:
    """Drafts and published programmes, and a form for another draft, filled in with what is in force."""
    now = memberships.programme_in_force(visit.uow).programme
    return _page(visit, visit.form if visit.form.values else Form(dict(tier_form.filled(now))))


@admin.action("/tiers", access=ADMINS, again="list_tiers", once=True)
def draft_tiers(visit: Visit) -> Response:
    """Keep a programme that nobody moves by yet."""
    programme = tier_form.typed(visit.form, memberships.programme_in_force(visit.uow).programme)
    drafted = memberships.draft_programme(visit.uow, visit.caller.member_id, programme)
    flash(gettext("Drafted. Nobody moves by it until it is published."))
    return go_to("admin.show_tiers", programme_id=to_public(PROGRAMME_PREFIX, drafted.id))


@admin.action("/tiers/shape", access=ADMINS, again="list_tiers")
def shape_tiers(visit: Visit) -> Response:
    """The form as it was typed, with a tier more or less; nothing is kept."""
    now = memberships.programme_in_force(visit.uow).programme
    said = visit.form.values
    return _page(visit, Form(tier_form.reshaped(said, said.get("shape", ""), now)))


@admin.page("/tiers/<programme_id>", ids=_PROGRAMME, tab="tiers")
def show_tiers(visit: Visit) -> str:
    """A programme: its tiers, who would leave theirs if it came into force now, and what names tiers it has no more."""
    found = memberships.programme_of(visit.uow, visit.ids["programme_id"])
    moves = [] if found.number else memberships.who_moves(visit.uow, found.id)
    tiers = memberships.tier_views(found)
    now = memberships.programme_in_force(visit.uow).programme
    kept = {tier.code for tier in tiers}
    return render_template(
        "admin/tier_programme.html",
        found=found,
        moves=moves,
        names=_names(found.programme) | _names(now),
        left_out=None if found.number else _left_out(visit, now, kept),
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


def _page(visit: Visit, typed: Form) -> Response:
    """The list, and the form as it was filled in; it stands open once somebody changed something in it."""
    rows, after = cut(memberships.programme_page(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    now = memberships.programme_in_force(visit.uow)
    tiers = tier_form.rows_of(typed.values, now.programme)
    shown = render_template(
        "admin/tiers.html",
        tab="tiers",
        programmes=rows,
        # the form alone was asked for: its address has no further pages
        next=None if "shape" in visit.form.values else after,
        now=now,
        typed=typed,
        is_changed=bool(visit.form.values),
        tiers=tiers,
        more=len(tiers) < MOST_TIERS,
        left_out=_left_out(visit, now.programme, {row.was.code for row in tiers if row.was}),
        coupons=loyalty.coupons(visit.uow, None, COUPONS_SHOWN),
    )
    return make_response(shown)


def _left_out(visit: Visit, now: Programme, kept: Collection[str]) -> dict[str, Any] | None:
    """The names of the tiers in force that are not kept, with what names them; None where all are."""
    gone = [code for code in _names(now) if code not in kept]
    if not gone:
        return None
    return {
        "names": [_names(now)[code] for code in gone],
        "deals": deals.deals_from_tiers(visit.uow, gone, _NAMED_SHOWN),
        "offers": loyalty.offers_naming_tiers(visit.uow, gone, _NAMED_SHOWN),
    }


def _names(programme: Programme) -> dict[str, str]:
    """The names of the tiers of a programme, by code."""
    zh = languages.reader() == "zh"
    return {tier.code: tier.name_zh if zh else tier.name_en for tier in programme.tiers}
