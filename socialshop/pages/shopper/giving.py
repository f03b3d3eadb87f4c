"""Plans that are given and shared: gifts with a link that works once, families, partners' vouchers."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from flask import Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext

from socialshop.infra import wired
from socialshop.kernel.ids import to_public
from socialshop.memberships import service as memberships
from socialshop.memberships.schemas.given import GIFT_PREFIX
from socialshop.memberships.schemas.plans import SUBSCRIPTION_PREFIX
from socialshop.pages.section import go_to
from socialshop.pages.shopper.plan import chosen_plan
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.payments import service as payments
from socialshop.payments.gateway import gateways
from socialshop.payments.rules import PAYABLE, Outcome
from socialshop.web.auth import BUYERS

_GIFT = {"gift_id": GIFT_PREFIX}
_SUBSCRIPTION = {"subscription_id": SUBSCRIPTION_PREFIX}
_LONGEST_TOKEN = 100


@shopper.page("/plan-gifts", access=BUYERS, tab="me")
def show_gifts(visit: Visit) -> str:
    """The plans that the member gave, and a form for another, at the member's own prices."""
    number = visit.caller.number
    gifts = memberships.gifts_of(visit.uow, number)
    being_paid = payments.being_paid(visit.uow, [gift.payment.id for gift in gifts])
    return render_template(
        "shopper/gifts.html",
        gifts=gifts,
        being_paid=being_paid,
        paying=bool(being_paid),
        on_sale=memberships.offers_on_sale(visit.uow),
        growth=memberships.growth_of(visit.uow, [number])[number],
        payable=PAYABLE,
    )


@shopper.action("/plan-gifts", access=BUYERS, again="show_gifts", once=True)
def give_plan(visit: Visit) -> Response:
    """Open the payment of a gift."""
    plan, term = chosen_plan(visit)
    memberships.give(visit.uow, visit.caller.number, plan=plan, term=term, zone=visit.settings.time_zone)
    return go_to("shopper.show_gifts")


@shopper.action("/plan-gifts/<gift_id>/pay", access=BUYERS, again="show_gifts", ids=_GIFT)
def pay_gift(visit: Visit) -> Response:
    """Pay a gift; what came of it is seen a moment later."""
    outcome = visit.form.choice("outcome", [outcome.value for outcome in Outcome])
    visit.form.check()
    gift = memberships.gift_of(visit.uow, visit.caller.number, visit.ids["gift_id"])
    payments.pay(visit.uow, gateways(), gift.payment.id, visit.caller.number, Outcome(outcome))
    return go_to("shopper.show_gifts")


@shopper.action("/plan-gifts/<gift_id>/link", access=BUYERS, again="show_gifts", ids=_GIFT)
def make_gift_link(visit: Visit) -> Response:
    """The link that redeems the gift, shown this once."""
    token = memberships.make_gift_link(visit.uow, visit.caller.number, visit.ids["gift_id"])
    return _shown_once("gift", f"{wired.public_address()}{url_for('shopper.show_gift', token=token)}")


@shopper.action("/plan-gifts/<gift_id>/return", access=BUYERS, again="show_gifts", ids=_GIFT)
def return_gift(visit: Visit) -> Response:
    """Have back what was paid for a gift that nobody redeemed."""
    memberships.return_gift(visit.uow, visit.caller.number, visit.ids["gift_id"])
    flash(gettext("The money is on its way back. The link is worth nothing now."))
    return go_to("shopper.show_gifts")


@shopper.page("/gift", access=BUYERS, tab="me")
def show_gift(visit: Visit) -> str:
    """One button: a link is opened by scanners too, and must not be used up by them."""
    return render_template("shopper/link_of_plan.html", token=_token() or visit.form.values.get("token"), kind="gift")


@shopper.action("/gift", access=BUYERS, again="show_gift")
def redeem_gift(visit: Visit) -> Response:
    """Have the plan that the link gives."""
    token, zone = visit.form.values.get("token", "")[:_LONGEST_TOKEN], visit.settings.time_zone
    found = memberships.redeem(visit.uow, visit.caller.number, token, zone)
    flash(gettext("The plan is yours."))
    return go_to("shopper.show_subscription", subscription_id=to_public(SUBSCRIPTION_PREFIX, found))


@shopper.page("/family", access=BUYERS, tab="me")
def show_family(visit: Visit) -> str:
    """The plan that the member shares, and who else does; with a link's token a button to share it."""
    number = visit.caller.number
    token = _token()
    if token:
        return render_template("shopper/link_of_plan.html", token=token, kind="family")
    family = memberships.family_of(visit.uow, number)
    own = family is not None and any(
        each.id == family.subscription_id for each in memberships.subscriptions_of(visit.uow, number)
    )
    return render_template("shopper/family.html", family=family, own=own)


@shopper.action("/family", access=BUYERS, again="show_family")
def join_family(visit: Visit) -> Response:
    """Share the plan that the link leads to."""
    memberships.join_family(visit.uow, visit.caller.number, visit.form.values.get("token", "")[:_LONGEST_TOKEN])
    flash(gettext("You share the plan."))
    return go_to("shopper.show_family")


@shopper.action("/family/leave", access=BUYERS, again="show_family")
def leave_family(visit: Visit) -> Response:
    """Share it no longer."""
    memberships.leave_family(visit.uow, visit.caller.number)
    flash(gettext("You share no plan any more."))
    return go_to("shopper.show_family")


@shopper.action("/plan/<subscription_id>/family-link", access=BUYERS, again="show_family", ids=_SUBSCRIPTION)
def make_family_link(visit: Visit) -> Response:
    """The link by which others share the plan, shown this once."""
    token = memberships.make_family_link(visit.uow, visit.caller.number, visit.ids["subscription_id"])
    return _shown_once("family", f"{wired.public_address()}{url_for('shopper.show_family', token=token)}")


@shopper.action(
    "/plan/<subscription_id>/family/<member_id>",
    access=BUYERS,
    again="show_family",
    ids=_SUBSCRIPTION | {"member_id": "mbr"},
)
def unseat(visit: Visit) -> Response:
    """Take a seat back."""
    memberships.unseat(visit.uow, visit.caller.number, visit.ids["subscription_id"], visit.ids["member_id"])
    flash(gettext("The seat is free."))
    return go_to("shopper.show_family")


@shopper.page("/vouchers", access=BUYERS, tab="me")
def show_vouchers(visit: Visit) -> str:
    """Partners' vouchers that the plan or the tier brought, and this month's to take."""
    number = visit.caller.number
    vouchers = memberships.vouchers_of(visit.uow, number)
    month_on = memberships.month_of(visit.uow, visit.settings.time_zone)
    had = {each.partner for each in vouchers if each.month_on == month_on}
    given = memberships.benefits_of(visit.uow, [number])[number].partner_vouchers
    running = memberships.shared_plan(visit.uow, number)
    offered = running.offered.offer.partners if running else ()
    return render_template(
        "shopper/vouchers.html",
        vouchers=vouchers,
        running=running,
        partners=defaultdict(lambda: None, memberships.partners_named(visit.uow, {*given, *offered})),
        by_tier=[partner for partner in given if partner not in had],
    )


@shopper.action("/vouchers", access=BUYERS, again="show_vouchers")
def take_tier_voucher(visit: Visit) -> Response:
    """Take this month's voucher of a partner that the tier gives."""
    partner = visit.form.text("partner", longest=40)
    visit.form.check()
    memberships.take_tier_voucher(visit.uow, visit.caller.number, partner, visit.settings.time_zone)
    return go_to("shopper.show_vouchers")


@shopper.action("/vouchers/<subscription_id>", access=BUYERS, again="show_vouchers", ids=_SUBSCRIPTION)
def take_voucher(visit: Visit) -> Response:
    """Take this month's voucher of a partner."""
    partner = visit.form.text("partner", longest=40)
    visit.form.check()
    memberships.take_voucher(visit.uow, visit.caller.number, visit.ids["subscription_id"], partner)
    return go_to("shopper.show_vouchers")


def _shown_once(kind: Literal["gift", "family"], link: str) -> Response:
    answer = make_response(render_template("shopper/plan_link.html", link=link, kind=kind))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _token() -> str:
    return request.args.get("token", "")[:_LONGEST_TOKEN]
