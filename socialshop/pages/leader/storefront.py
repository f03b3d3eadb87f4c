"""The leader's own storefront: what stands in it, in which order, and what its link brought."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.service import LONGEST_ALT, NewPicture, NewStorefront, PickRow
from socialshop.infra.pictures import MOST_BYTES
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.invites.service import NewLink
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages import sharing
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit

_OFFERED = 50
# The file, and what a form puts around it.
_MOST_BYTES = MOST_BYTES + 100_000


@leader.page("/storefront", tab="storefront")
def show_storefront(visit: Visit) -> str:
    """The form with what may be picked, the link, and its figures."""
    own = deals.storefront_of(visit.uow, visit.caller.number)
    link = share = figures = None
    if own is not None:
        link = invites.find_link(visit.uow, visit.caller.member_id, NewLink(Kind.STOREFRONT, own.id))
    if link is not None:
        share = sharing.share(link, sharing.subject_of(visit.uow, link))
        figures = invites.stats(visit.uow, visit.caller.member_id, link.code, visit.settings.currency)[1]
    places = {} if own is None else {_public(pick): place for place, pick in enumerate(own.picks, 1)}
    return render_template(
        "leader/storefront.html",
        own=own,
        share=share,
        figures=figures,
        offered=_offered(visit),
        places=places,
        longest=LONGEST_ALT,
    )


@leader.action("/storefront", again="show_storefront")
def keep_storefront(visit: Visit) -> Response:
    """Keep it; its link is ready at once. What has a number stands in it, the smallest first."""
    form, offered = visit.form, _offered(visit)
    title = form.text("title", longest=deals.LONGEST_TITLE)
    intro = form.text("intro", longest=deals.LONGEST_INTRO, required=False)
    asked = {name: form.whole_or_none(f"place-{name}", 1, deals.MOST_PICKS) for name in offered}
    form.check()
    chosen = sorted((place, name) for name, place in asked.items() if place is not None)
    picks = [_pick(name) for _, name in chosen]
    kept = deals.keep_storefront(visit.uow, visit.caller, NewStorefront(title, intro, picks))
    sharing.make(visit.uow, visit.caller.member_id, Kind.STOREFRONT, kept.id)
    flash(gettext("Kept. Share it below."))
    return go_to("leader.show_storefront")


@leader.action("/storefront/banner", again="show_storefront", most_bytes=_MOST_BYTES)
def set_banner(visit: Visit) -> Response:
    """Show a banner over it, in place of the one before."""
    form = visit.form
    said = (form.text("alt_en", longest=LONGEST_ALT), form.text("alt_zh", longest=LONGEST_ALT))
    content = form.upload("content")
    form.check()
    deals.set_banner(visit.uow, visit.caller, NewPicture(content, *said))
    flash(gettext("Kept."))
    return go_to("leader.show_storefront")


@leader.action("/storefront/banner/removal", again="show_storefront")
def remove_banner(visit: Visit) -> Response:
    """Show no banner any more."""
    deals.remove_banner(visit.uow, visit.caller)
    flash(gettext("Removed."))
    return go_to("leader.show_storefront")


def _offered(visit: Visit) -> Mapping[str, str]:
    """What may be picked, by public id: live deals, products, and what stands in the storefront already."""
    own = deals.storefront_of(visit.uow, visit.caller.number)
    live = {to_public("deal", deal.id): deal.title for deal in deals.deals(visit.uow, None, _OFFERED)}
    goods = {to_public("prd", product.id): product.title for product in deals.products(visit.uow, None, _OFFERED)}
    kept = {} if own is None else {_public(pick): _title(pick) for pick in own.picks}
    return {**kept, **live, **goods}


def _pick(name: str) -> PickRow:
    if name.startswith("deal_"):
        return PickRow(from_public("deal", name), None)
    return PickRow(None, from_public("prd", name))


def _public(pick: deals.Pick) -> str:
    return to_public("deal", pick.deal.id) if pick.deal is not None else to_public("prd", _product(pick).id)


def _title(pick: deals.Pick) -> str:
    return pick.deal.title if pick.deal is not None else _product(pick).title


def _product(pick: deals.Pick) -> deals.ProductView:
    if pick.product is None:
        raise LookupError("a pick is a deal or a product")
    return pick.product
