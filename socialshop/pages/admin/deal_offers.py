"""Deals for some: a draft that is kept for a segment, and how many were invited."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext
from pydantic import ValidationError

from socialshop.deals import service as deals
from socialshop.kernel.ids import from_public, to_public
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.segment_sentences import rule_words
from socialshop.loyalty.segments import Segment
from socialshop.memberships import service as memberships
from socialshop.pages import languages
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.segments import typed_segment
from socialshop.pages.formats import money
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_DRAFTS_SHOWN = 100


@admin.page("/deal-offers", tab="deal_offers")
def list_deal_offers(visit: Visit) -> str:
    """Every deal that is for a segment, and a form to keep a draft for one."""
    found = loyalty.deals_offered(visit.uow, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda offered: offered.deal.id)
    language, currency = languages.reader(), visit.settings.currency
    return render_template(
        "admin/deal_offers.html",
        rows=[(offered, rule_words(offered.segment, language, currency, money)) for offered in rows],
        next=after,
        drafts=_drafts(visit),
        tiers=memberships.tiers(visit.uow),
    )


@admin.action("/deal-offers", access=ADMINS, again="list_deal_offers")
def offer_deal(visit: Visit) -> Response:
    """Keep the draft that was chosen for who was typed."""
    form = visit.form
    deal_id = form.choice("deal", [id_ for id_, _ in _drafts(visit)])
    try:
        segment = Segment.model_validate(typed_segment(form, visit.settings.currency) or {})
    except ValidationError:
        form.errors["segment"] = gettext(
            "Say for whom: tick or fill in at least one, and an upper sum above the lower."
        )
        form.refuse()
    form.check()
    form.places = {"segment.tiers": "segment_tiers"}
    loyalty.offer_deal(visit.uow, visit.caller.member_id, from_public("deal", deal_id), segment)
    flash(gettext("Once it is published, it is shown to who is in the segment, and to nobody else."))
    return go_to("admin.list_deal_offers")


@admin.action("/deal-offers/publish", access=ADMINS, again="list_deal_offers")
def publish_deal_offer(visit: Visit) -> Response:
    """Publish a draft that is kept for some: from now on who is in the segment is invited."""
    deal_id = from_public("deal", visit.form.text("publish", longest=40))
    deals.publish_deal(visit.uow, visit.caller.member_id, None, deal_id)
    flash(gettext("The deal is open to those it is for; they are told within the day."))
    return go_to("admin.list_deal_offers")


def _drafts(visit: Visit) -> list[tuple[str, str]]:
    return [(to_public("deal", deal.id), deal.title) for deal in deals.drafts(visit.uow, _DRAFTS_SHOWN)]
