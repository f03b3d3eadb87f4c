"""Plans for everybody, and the own subscriptions, over HTTP."""

from __future__ import annotations

from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import service
from socialshop.memberships.errors import (
    PlanHeld,
    PlanNoDowngrade,
    PlanNotActive,
    PlanNotOffered,
    PlanNotRefundable,
    PlanNoUpgrade,
    TrialUsed,
)
from socialshop.memberships.schemas.changes import (
    DowngradeQuoteList,
    DowngradeQuoteWire,
    DowngradeWish,
    RefundQuoteWire,
    UpgradeQuoteList,
    UpgradeQuoteWire,
    UpgradeWish,
)
from socialshop.memberships.schemas.plans import (
    SUBSCRIPTION_PREFIX,
    PlanList,
    PlanWire,
    Purchase,
    SubscriptionList,
    SubscriptionWire,
    TrialStart,
)
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN, look
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("plans", __name__, tag="Memberships")
_SUBSCRIPTION = {"subscription_id": SUBSCRIPTION_PREFIX}


@room.operation("GET", "/membership-plans", access=PUBLIC, replies=Reply(200, PlanList, "The plans."))
def list_plans(call: Call[Nothing, Nothing]) -> Answer:
    """The plans on sale: terms, prices by growth, what each gives; with a token also what it costs you."""

    def read(uow: UnitOfWork) -> Answer:
        caller = look(uow)
        growth = service.growth_of(uow, [caller.number])[caller.number] if caller else None
        return Answer(PlanList(data=[PlanWire.of(view, growth) for view in service.offers_on_sale(uow)]))

    return call.transact(read)


@room.operation("GET", "/me/memberships", access=SIGNED_IN, replies=Reply(200, SubscriptionList, "Your subscriptions."))
def list_subscriptions(call: Call[Nothing, Nothing]) -> Answer:
    """Your plans: what runs, until when, what comes then, what is to be paid, what came back."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.subscriptions_of(uow, call.caller.number)
        return Answer(SubscriptionList(data=[SubscriptionWire.of(each) for each in found]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/memberships",
    access=BUYERS,
    body=Purchase,
    replies=Reply(201, SubscriptionWire, "It begins once `due.payment` is paid."),
    refuses=(PlanNotOffered, PlanHeld),
)
def buy_plan(call: Call[Purchase, Nothing]) -> Answer:
    """Buy a plan. Said again before it is paid, the same payment is open still; its price holds for half an hour."""
    body, number, zone = call.body, call.caller.number, wired.settings().time_zone

    def buy(uow: UnitOfWork) -> Answer:
        id_ = service.buy(uow, number, plan=body.plan, term=body.term, renews=body.renews, zone=zone)
        return Answer(SubscriptionWire.of(service.subscription_of(uow, number, id_)), 201)

    return call.transact(buy)


@room.operation(
    "POST",
    "/me/memberships/trials",
    access=BUYERS,
    body=TrialStart,
    replies=Reply(201, SubscriptionWire, "The trial runs, and ends by itself."),
    refuses=(PlanNotOffered, PlanHeld, TrialUsed),
)
def begin_trial(call: Call[TrialStart, Nothing]) -> Answer:
    """Try a plan for nothing, once; no means to pay is asked for."""
    number, zone = call.caller.number, wired.settings().time_zone

    def begin(uow: UnitOfWork) -> Answer:
        id_ = service.begin_trial(uow, number, plan=call.body.plan, zone=zone)
        return Answer(SubscriptionWire.of(service.subscription_of(uow, number, id_)), 201)

    return call.transact(begin)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/cancel",
    access=BUYERS,
    replies=Reply(200, SubscriptionWire, "It ends with its term, and nothing more is charged."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def cancel_plan(call: Call[Nothing, Nothing]) -> Answer:
    """Let a plan end with its term. Said again, nothing changes."""

    def cancel(uow: UnitOfWork) -> Answer:
        service.cancel(uow, call.caller.number, call.ids["subscription_id"])
        return _shown(uow, call)

    return call.transact(cancel)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/resume",
    access=BUYERS,
    replies=Reply(200, SubscriptionWire, "It renews after its term."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def resume_plan(call: Call[Nothing, Nothing]) -> Answer:
    """Let a cancelled plan go on after its term. Said again, nothing changes."""

    def resume(uow: UnitOfWork) -> Answer:
        service.resume(uow, call.caller.number, call.ids["subscription_id"])
        return _shown(uow, call)

    return call.transact(resume)


@room.operation(
    "GET",
    "/me/memberships/<subscription_id>/upgrades",
    access=SIGNED_IN,
    replies=Reply(200, UpgradeQuoteList, "What each costs today."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def list_upgrades(call: Call[Nothing, Nothing]) -> Answer:
    """What other plans and terms would cost from today on, and what is credited of the term that runs."""
    number, id_, zone = call.caller.number, call.ids["subscription_id"], wired.settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        quotes = service.upgrades_of(uow, number, id_, zone)
        return Answer(UpgradeQuoteList(data=[UpgradeQuoteWire.of(quote) for quote in quotes]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/upgrade",
    access=BUYERS,
    body=UpgradeWish,
    replies=Reply(200, SubscriptionWire, "It begins once `due.payment` is paid."),
    refuses=(PlanNotActive, PlanNotOffered, PlanNoUpgrade),
    ids=_SUBSCRIPTION,
)
def upgrade_plan(call: Call[UpgradeWish, Nothing]) -> Answer:
    """Have another plan or term from today on; what is left of the term that runs is credited."""
    body, zone = call.body, wired.settings().time_zone

    def upgrade(uow: UnitOfWork) -> Answer:
        number, id_ = call.caller.number, call.ids["subscription_id"]
        service.upgrade(uow, number, id_, plan=body.plan, term=body.term, zone=zone)
        return _shown(uow, call)

    return call.transact(upgrade)


@room.operation(
    "GET",
    "/me/memberships/<subscription_id>/downgrades",
    access=SIGNED_IN,
    replies=Reply(200, DowngradeQuoteList, "What each costs by your growth now."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def list_downgrades(call: Call[Nothing, Nothing]) -> Answer:
    """What costs less and may follow the term that runs; none where the plan does not renew."""

    def read(uow: UnitOfWork) -> Answer:
        quotes = service.downgrades_of(uow, call.caller.number, call.ids["subscription_id"])
        return Answer(DowngradeQuoteList(data=[DowngradeQuoteWire.of(quote) for quote in quotes]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/downgrade",
    access=BUYERS,
    body=DowngradeWish,
    replies=Reply(200, SubscriptionWire, "The term runs to its end; then it renews as this."),
    refuses=(PlanNotActive, PlanNotOffered, PlanNoDowngrade),
    ids=_SUBSCRIPTION,
)
def downgrade_plan(call: Call[DowngradeWish, Nothing]) -> Answer:
    """Renew as a smaller plan or term once this one is over; nothing is paid or given back now."""
    body = call.body

    def downgrade(uow: UnitOfWork) -> Answer:
        service.downgrade(uow, call.caller.number, call.ids["subscription_id"], plan=body.plan, term=body.term)
        return _shown(uow, call)

    return call.transact(downgrade)


@room.operation(
    "DELETE",
    "/me/memberships/<subscription_id>/downgrade",
    access=BUYERS,
    replies=Reply(200, SubscriptionWire, "It renews as what it is."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def keep_plan(call: Call[Nothing, Nothing]) -> Answer:
    """Renew as what you have after all. Said again, nothing changes."""

    def keep(uow: UnitOfWork) -> Answer:
        service.keep_plan(uow, call.caller.number, call.ids["subscription_id"])
        return _shown(uow, call)

    return call.transact(keep)


@room.operation(
    "GET",
    "/me/memberships/<subscription_id>/refund-quote",
    access=SIGNED_IN,
    replies=Reply(200, RefundQuoteWire, "What a refund would give now."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION,
)
def quote_refund(call: Call[Nothing, Nothing]) -> Answer:
    """What a refund would give now, and by which rule."""
    number, id_, zone = call.caller.number, call.ids["subscription_id"], wired.settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        quote = service.refund_quote(uow, number, id_, zone)
        offered = service.subscription_of(uow, number, id_).offered
        return Answer(RefundQuoteWire.of(quote, offered.offer.currency))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/refund",
    access=BUYERS,
    replies=Reply(200, SubscriptionWire, "It has ended; the money is on its way back."),
    refuses=(PlanNotActive, PlanNotRefundable),
    ids=_SUBSCRIPTION,
)
def refund_plan(call: Call[Nothing, Nothing]) -> Answer:
    """End a plan now and have back what the rule gives. A refund that the provider refused is asked for again."""

    def refund(uow: UnitOfWork) -> Answer:
        service.refund(uow, call.caller.number, call.ids["subscription_id"], wired.settings().time_zone)
        return _shown(uow, call)

    return call.transact(refund)


def _shown(uow: UnitOfWork, call: Call[Any, Nothing]) -> Answer:
    return Answer(SubscriptionWire.of(service.subscription_of(uow, call.caller.number, call.ids["subscription_id"])))
