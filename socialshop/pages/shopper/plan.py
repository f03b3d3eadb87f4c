"""A member's plan: what is on sale and what it costs me, what I have, what comes next, and the way out."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, render_template
from flask_babel import format_date, gettext, lazy_gettext

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.memberships import service as memberships
from socialshop.memberships.offers import Offer, TermOffer
from socialshop.memberships.schemas.plans import SUBSCRIPTION_PREFIX
from socialshop.memberships.service import DowngradeQuote, RefundQuote, Subscription
from socialshop.pages import languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.payments import service as payments
from socialshop.payments.gateway import gateways
from socialshop.payments.rules import PAYABLE, Outcome
from socialshop.web.auth import BUYERS

_SUBSCRIPTION = {"subscription_id": SUBSCRIPTION_PREFIX}
_LIVE = ("pending", "active", "grace")
_TERMS = {"month": lazy_gettext("a month"), "quarter": lazy_gettext("a quarter"), "year": lazy_gettext("a year")}
_STATES = {
    "pending": lazy_gettext("waits for your payment"),
    "active": lazy_gettext("runs"),
    "grace": lazy_gettext("waits for its renewal"),
    "ended": lazy_gettext("has ended"),
}
_RULES = {
    "whole": lazy_gettext("All of it: it is early, and nothing of the plan was used."),
    "prorated": lazy_gettext("The days that have not begun, out of all days of the term."),
    "late": lazy_gettext("The payment came too late for what it was to pay."),
}


@shopper.page("/plan", tab="me")
def show_plan(visit: Visit) -> str:
    """The plan that the member has; without one those on sale, each at the member's own price."""
    number = visit.caller.number
    found = memberships.subscriptions_of(visit.uow, number)
    live = next((each for each in found if each.status in _LIVE), None)
    on_sale = memberships.offers_on_sale(visit.uow)
    return render_template(
        "shopper/plan.html",
        live=live,
        past=[each for each in found if each.status == "ended"],
        on_sale=on_sale,
        partners=memberships.partners_named(visit.uow, {code for view in on_sale for code in view.offer.partners}),
        growth=memberships.growth_of(visit.uow, [number])[number],
        may_try=live is None and not memberships.had_trial(visit.uow, number),
        buys=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/plan", access=BUYERS, again="show_plan", once=True)
def buy_plan(visit: Visit) -> Response:
    """Open the payment of the plan and term that were chosen."""
    plan, term = chosen_plan(visit)
    renews, zone = visit.form.is_ticked("renews"), visit.settings.time_zone
    found = memberships.buy(visit.uow, visit.caller.number, plan=plan, term=term, renews=renews, zone=zone)
    return go_to("shopper.show_subscription", subscription_id=to_public(SUBSCRIPTION_PREFIX, found))


@shopper.action("/plan/trial", access=BUYERS, again="show_plan")
def begin_trial(visit: Visit) -> Response:
    """Try a plan for nothing."""
    plan = visit.form.choice("plan", [view.offer.plan for view in memberships.offers_on_sale(visit.uow)])
    visit.form.check()
    memberships.begin_trial(visit.uow, visit.caller.number, plan=plan, zone=visit.settings.time_zone)
    flash(gettext("The trial has begun. It ends by itself."))
    return go_to("shopper.show_plan")


@shopper.page("/plan/<subscription_id>", ids=_SUBSCRIPTION, tab="me")
def show_subscription(visit: Visit) -> str:
    """A subscription: where it stands, what is to be paid, what could follow, what a refund would give."""
    number, id_, zone = visit.caller.number, visit.ids["subscription_id"], visit.settings.time_zone
    found = memberships.subscription_of(visit.uow, number, id_)
    runs = found.status == "active" and found.current is not None
    downgrades = memberships.downgrades_of(visit.uow, number, id_) if runs else []
    upgrades = memberships.upgrades_of(visit.uow, number, id_, zone) if runs else []
    due = found.due
    paid = set() if due is None else payments.being_paid(visit.uow, [due.payment.id])
    return render_template(
        "shopper/subscription.html",
        found=found,
        upgrades=upgrades,
        kept=_price_of_keeping(visit, found) if found.follows else None,
        downgrades=[quote for quote in downgrades if not _is_chosen(found, quote)],
        refund=memberships.refund_quote(visit.uow, number, id_, zone) if runs else None,
        payable=due is not None and due.payment.status in PAYABLE and not paid,
        paying=bool(paid),
        ready=due is not None and due.payment.provider in gateways(),
        buys=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/plan/<subscription_id>/pay", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def pay_plan(visit: Visit) -> Response:
    """Pay what is due; what came of it is seen a moment later."""
    outcome = visit.form.choice("outcome", [outcome.value for outcome in Outcome])
    visit.form.check()
    due = memberships.subscription_of(visit.uow, visit.caller.number, visit.ids["subscription_id"]).due
    if due is None:
        raise NotFound("nothing is due")
    payments.pay(visit.uow, gateways(), due.payment.id, visit.caller.number, Outcome(outcome))
    return _back(visit)


@shopper.action("/plan/<subscription_id>/cancel", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def cancel_plan(visit: Visit) -> Response:
    """Let it end with its term: one tap, no question."""
    memberships.cancel(visit.uow, visit.caller.number, visit.ids["subscription_id"])
    flash(gettext("Cancelled. Nothing more is charged."))
    return _back(visit)


@shopper.action("/plan/<subscription_id>/resume", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def resume_plan(visit: Visit) -> Response:
    """Let it go on after all."""
    memberships.resume(visit.uow, visit.caller.number, visit.ids["subscription_id"])
    flash(gettext("It goes on after its term. You are asked to pay when it is due."))
    return _back(visit)


@shopper.action("/plan/<subscription_id>/upgrade", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def upgrade_plan(visit: Visit) -> Response:
    """Open the payment of the upgrade that was chosen."""
    plan, term = chosen_plan(visit)
    zone = visit.settings.time_zone
    memberships.upgrade(visit.uow, visit.caller.number, visit.ids["subscription_id"], plan=plan, term=term, zone=zone)
    return _back(visit)


@shopper.action("/plan/<subscription_id>/downgrade", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def downgrade_plan(visit: Visit) -> Response:
    """Renew as what was chosen, once the term is over."""
    plan, term = chosen_plan(visit)
    memberships.downgrade(visit.uow, visit.caller.number, visit.ids["subscription_id"], plan=plan, term=term)
    flash(gettext("Chosen. Until then you keep what you have."))
    return _back(visit)


@shopper.action("/plan/<subscription_id>/keep", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def keep_plan(visit: Visit) -> Response:
    """Renew as what the member has after all."""
    memberships.keep_plan(visit.uow, visit.caller.number, visit.ids["subscription_id"])
    flash(gettext("It renews as what you have."))
    return _back(visit)


@shopper.action("/plan/<subscription_id>/refund", access=BUYERS, again="show_subscription", ids=_SUBSCRIPTION)
def refund_plan(visit: Visit) -> Response:
    """End it now, and have back what the rule gives."""
    memberships.refund(visit.uow, visit.caller.number, visit.ids["subscription_id"], visit.settings.time_zone)
    flash(gettext("The plan has ended. The money is on its way back."))
    return _back(visit)


@shopper.app_template_global()
def plan_name(offer: Offer) -> str:
    """The name of a plan in the reader's language."""
    return offer.name_zh if languages.reader() == "zh" else offer.name_en


@shopper.app_template_global()
def term_words(term: str) -> str:
    """A term: a month, a quarter, a year."""
    return str(_TERMS[term])


@shopper.app_template_global()
def plan_state(found: Subscription) -> str:
    """Where a subscription stands."""
    return str(_STATES[found.status])


@shopper.app_template_global()
def refund_rule(quote: RefundQuote) -> str:
    """Why a refund is as high as it is."""
    return str(_RULES[quote.rule])


@shopper.app_template_global()
def plan_price(offer: Offer, term: TermOffer, growth: int) -> Money:
    """What a term costs with this growth."""
    return Money(term.price_at(growth), offer.currency)


@shopper.app_template_global()
def day_words(day: date) -> str:
    """A day in the reader's language."""
    words: str = format_date(day, "long")
    return words


def chosen_plan(visit: Visit) -> tuple[str, str]:
    """Plan and term, as one choice of the form."""
    choices = [
        f"{view.offer.plan}.{term.term}" for view in memberships.offers_on_sale(visit.uow) for term in view.offer.terms
    ]
    plan, _, term = visit.form.choice("choice", choices).partition(".")
    visit.form.check()
    return plan, term


def _is_chosen(found: Subscription, quote: DowngradeQuote) -> bool:
    follows = found.follows
    return follows is not None and (follows.offered.id, follows.term) == (quote.offer_id, quote.term)


def _price_of_keeping(visit: Visit, found: Subscription) -> Money | None:
    """What its next term costs by the member's growth now, if it renews as what it is after all."""
    priced = found.offered.offer.term_of(found.term)
    growth = memberships.growth_of(visit.uow, [visit.caller.number])[visit.caller.number]
    return None if priced is None else plan_price(found.offered.offer, priced, growth)


def _back(visit: Visit) -> Response:
    return go_to("shopper.show_subscription", subscription_id=visit.path["subscription_id"])
