"""A leader's storefront as everybody sees it."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.rules import Status
from socialshop.invites.rules import Kind
from socialshop.pages import sharing
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS, BUYERS, PUBLIC

_STOREFRONT = {"storefront_id": deals.STOREFRONT_PREFIX}
_LONGEST_REASON = 500
_SHOWN = (Status.LIVE, Status.SCHEDULED)


@shopper.page("/storefronts/<storefront_id>", access=PUBLIC, ids=_STOREFRONT, tab="shop")
def show_storefront(visit: Visit) -> str:
    """What its leader picked and can be bought, in order, and a way to hand it on."""
    found = deals.storefront(visit.uow, visit.ids["storefront_id"])
    picks = [pick for pick in found.picks if pick.deal is None or pick.deal.status in _SHOWN]
    share = None
    if visit.visitor is not None:
        share = sharing.of_target(visit.uow, visit.visitor.member_id, Kind.STOREFRONT, found.id)
    return render_template("shopper/storefront.html", storefront=found, picks=picks, share=share, form=visit.form)


@shopper.action("/storefronts/<storefront_id>/link", access=BUYERS, again="show_storefront", ids=_STOREFRONT)
def share_storefront(visit: Visit) -> Response:
    """Make my link to it."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.STOREFRONT, visit.ids["storefront_id"])
    return go_to("shopper.show_storefront", storefront_id=visit.path["storefront_id"], _anchor="share")


@shopper.action("/storefronts/<storefront_id>/banner-removal", access=ADMINS, again="show_storefront", ids=_STOREFRONT)
def take_down_banner(visit: Visit) -> Response:
    """Show its banner no more, for the shop."""
    reason = visit.form.text("reason", longest=_LONGEST_REASON)
    visit.form.check()
    deals.take_down_banner(visit.uow, visit.caller.member_id, visit.ids["storefront_id"], reason)
    flash(gettext("The banner is gone."))
    return go_to("shopper.show_storefront", storefront_id=visit.path["storefront_id"])
