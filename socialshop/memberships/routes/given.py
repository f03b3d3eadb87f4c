"""Gifts, families and partners' vouchers over HTTP."""

from __future__ import annotations

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.memberships import service
from socialshop.memberships.errors import (
    FamilyFull,
    FamilyTaken,
    GiftGone,
    GiftNotReady,
    PlanHeld,
    PlanNotActive,
    PlanNotOffered,
    VoucherGone,
)
from socialshop.memberships.schemas.given import (
    GIFT_PREFIX,
    FamilyWire,
    GiftList,
    GiftWire,
    GiftWish,
    LinkToken,
    MaybeFamily,
    TokenWire,
    VoucherList,
    VoucherWire,
    VoucherWish,
)
from socialshop.memberships.schemas.plans import SUBSCRIPTION_PREFIX, SubscriptionWire
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("plan_gifts", __name__, tag="Memberships")
_SUBSCRIPTION = {"subscription_id": SUBSCRIPTION_PREFIX}
_GIFT = {"gift_id": GIFT_PREFIX}


@room.operation(
    "POST",
    "/me/membership-gifts",
    access=BUYERS,
    body=GiftWish,
    replies=Reply(201, GiftWire, "It can be given once `payment` is paid."),
    refuses=(PlanNotOffered,),
)
def give_plan(call: Call[GiftWish, Nothing]) -> Answer:
    """Buy a plan for somebody else, at your own price."""
    body, number, zone = call.body, call.caller.number, wired.settings().time_zone

    def give(uow: UnitOfWork) -> Answer:
        id_ = service.give(uow, number, plan=body.plan, term=body.term, zone=zone)
        return Answer(GiftWire.of(service.gift_of(uow, number, id_)), 201)

    return call.transact(give)


@room.operation("GET", "/me/membership-gifts", access=SIGNED_IN, replies=Reply(200, GiftList, "Your gifts."))
def list_gifts(call: Call[Nothing, Nothing]) -> Answer:
    """The plans that you gave, and whether they were redeemed."""
    return call.transact(
        lambda uow: Answer(GiftList(data=[GiftWire.of(gift) for gift in service.gifts_of(uow, call.caller.number)]))
    )


@room.operation(
    "POST",
    "/me/membership-gifts/<gift_id>/link",
    access=BUYERS,
    replies=Reply(201, TokenWire, "Told once; the link before is worth nothing."),
    refuses=(GiftNotReady,),
    ids=_GIFT,
    idempotency=Idempotency.IGNORED,
)
def make_gift_link(call: Call[Nothing, Nothing]) -> Answer:
    """The token of a link that whoever has it redeems your gift with, once."""
    return call.transact(
        lambda uow: Answer(TokenWire(token=service.make_gift_link(uow, call.caller.number, call.ids["gift_id"])), 201)
    )


@room.operation(
    "POST",
    "/me/membership-gifts/<gift_id>/refund",
    access=BUYERS,
    replies=Reply(200, GiftWire, "The money is on its way back."),
    refuses=(GiftNotReady,),
    ids=_GIFT,
)
def return_gift(call: Call[Nothing, Nothing]) -> Answer:
    """Have back what you paid for a gift that nobody redeemed. Said again, nothing changes."""

    def give_back(uow: UnitOfWork) -> Answer:
        number, id_ = call.caller.number, call.ids["gift_id"]
        service.return_gift(uow, number, id_)
        return Answer(GiftWire.of(service.gift_of(uow, number, id_)))

    return call.transact(give_back)


@room.operation(
    "POST",
    "/me/memberships/redemptions",
    access=BUYERS,
    body=LinkToken,
    replies=Reply(201, SubscriptionWire, "The plan is yours."),
    refuses=(GiftGone, PlanHeld),
)
def redeem_gift(call: Call[LinkToken, Nothing]) -> Answer:
    """Redeem a gift that somebody sent you."""
    number, zone = call.caller.number, wired.settings().time_zone

    def redeem(uow: UnitOfWork) -> Answer:
        id_ = service.redeem(uow, number, call.body.token, zone)
        return Answer(SubscriptionWire.of(service.subscription_of(uow, number, id_)), 201)

    return call.transact(redeem)


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/family-link",
    access=BUYERS,
    replies=Reply(201, TokenWire, "Told once; the link before is worth nothing."),
    refuses=(PlanNotActive, FamilyFull),
    ids=_SUBSCRIPTION,
    idempotency=Idempotency.IGNORED,
)
def make_family_link(call: Call[Nothing, Nothing]) -> Answer:
    """The token of a link by which others share your plan, as many as it has seats."""
    return call.transact(
        lambda uow: Answer(
            TokenWire(token=service.make_family_link(uow, call.caller.number, call.ids["subscription_id"])), 201
        )
    )


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/family/<member_id>/remove",
    access=BUYERS,
    replies=Reply(204, None, "The seat is free."),
    refuses=(PlanNotActive,),
    ids=_SUBSCRIPTION | {"member_id": "mbr"},
)
def unseat_relative(call: Call[Nothing, Nothing]) -> Answer:
    """Take a seat of your plan back. Said again, nothing changes."""

    def unseat(uow: UnitOfWork) -> Answer:
        service.unseat(uow, call.caller.number, call.ids["subscription_id"], call.ids["member_id"])
        return Answer(status=204)

    return call.transact(unseat)


@room.operation("GET", "/me/family", access=SIGNED_IN, replies=Reply(200, MaybeFamily, "Your family."))
def show_family(call: Call[Nothing, Nothing]) -> Answer:
    """The plan that you share with others: its owner, its seats, and who sits there."""

    def read(uow: UnitOfWork) -> Answer:
        family = service.family_of(uow, call.caller.number)
        return Answer(MaybeFamily(family=FamilyWire.of(family) if family else None))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/family",
    access=BUYERS,
    body=LinkToken,
    replies=Reply(201, MaybeFamily, "You share the plan."),
    refuses=(GiftGone, FamilyFull, FamilyTaken),
)
def join_family(call: Call[LinkToken, Nothing]) -> Answer:
    """Share a plan by a link that its owner sent you. Said again, nothing changes."""

    def join(uow: UnitOfWork) -> Answer:
        service.join_family(uow, call.caller.number, call.body.token)
        family = service.family_of(uow, call.caller.number)
        return Answer(MaybeFamily(family=FamilyWire.of(family) if family else None), 201)

    return call.transact(join)


@room.operation(
    "DELETE",
    "/me/family",
    access=BUYERS,
    replies=Reply(204, None, "You share no plan any more."),
    refuses=(NotFound,),
)
def leave_family(call: Call[Nothing, Nothing]) -> Answer:
    """Share a plan no longer."""

    def leave(uow: UnitOfWork) -> Answer:
        service.leave_family(uow, call.caller.number)
        return Answer(status=204)

    return call.transact(leave)


@room.operation("GET", "/me/vouchers", access=SIGNED_IN, replies=Reply(200, VoucherList, "Your vouchers."))
def list_vouchers(call: Call[Nothing, Nothing]) -> Answer:
    """The partners' vouchers that your plan or your tier brought you."""
    return call.transact(
        lambda uow: Answer(
            VoucherList(data=[VoucherWire.of(row) for row in service.vouchers_of(uow, call.caller.number)])
        )
    )


@room.operation(
    "POST",
    "/me/vouchers",
    access=BUYERS,
    body=VoucherWish,
    replies=Reply(200, VoucherWire, "Yours; asked again within the month, the same one."),
    refuses=(VoucherGone,),
)
def take_tier_voucher(call: Call[VoucherWish, Nothing]) -> Answer:
    """Take this month's voucher of a partner that your tier gives."""
    number, zone = call.caller.number, wired.settings().time_zone
    return call.transact(
        lambda uow: Answer(VoucherWire.of(service.take_tier_voucher(uow, number, call.body.partner, zone)))
    )


@room.operation(
    "POST",
    "/me/memberships/<subscription_id>/vouchers",
    access=BUYERS,
    body=VoucherWish,
    replies=Reply(200, VoucherWire, "Yours; asked again within the month, the same one."),
    refuses=(PlanNotActive, VoucherGone),
    ids=_SUBSCRIPTION,
)
def take_voucher(call: Call[VoucherWish, Nothing]) -> Answer:
    """Take this month's voucher of a partner of your plan, or of one that you share."""
    return call.transact(
        lambda uow: Answer(
            VoucherWire.of(
                service.take_voucher(uow, call.caller.number, call.ids["subscription_id"], call.body.partner)
            )
        )
    )
