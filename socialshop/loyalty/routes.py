"""A member's points, check-ins and rewards over HTTP."""

from __future__ import annotations

import uuid

from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.loyalty import service
from socialshop.loyalty.errors import (
    CouponCodeUnknown,
    CouponGone,
    CouponUnusable,
    PointsShort,
    RewardGone,
    RewardLimitReached,
)
from socialshop.loyalty.schemas.coupons import Claim, HoldingPage, HoldingWire
from socialshop.loyalty.schemas.deal_offers import OwnDealOffer, OwnDealOffers
from socialshop.loyalty.schemas.points import CheckInWire, PointsMovement, PointsMovementPage, PointsWire
from socialshop.loyalty.schemas.rewards import RedemptionPage, RedemptionWire, RewardPage, RewardWire
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("loyalty", __name__, tag="Points")
coupon_room = Room("coupons", __name__, tag="Coupons")

_LINE_BITS = 32
_IN_A_LANGUAGE = {"Vary": "Accept-Language"}


@room.operation("GET", "/me/points", access=SIGNED_IN, replies=Reply(200, PointsWire, "Your points."))
def show_points(call: Call[Nothing, Nothing]) -> Answer:
    """Your points, and what of them ends soon."""
    number, zone, currency = call.caller.number, settings().time_zone, settings().currency

    def read(uow: UnitOfWork) -> Answer:
        state = service.check_in_state(uow, number, zone)
        return Answer(PointsWire.of(service.points_of(uow, number, zone), state, currency))

    return call.transact(read)


@room.operation(
    "GET",
    "/me/points/entries",
    access=SIGNED_IN,
    query=PageQuery,
    replies=Reply(200, PointsMovementPage, "Movements."),
)
def list_point_entries(call: Call[Nothing, PageQuery]) -> Answer:
    """What moved of your points, the newest first, and why, in English or Chinese (`Accept-Language`)."""
    query, after = call.query, call.query.after()
    before = None if after is None else divmod(after.int & 2**95 - 1, 2**_LINE_BITS)

    def read(uow: UnitOfWork) -> Answer:
        found = service.movements(uow, call.caller.number, before, query.limit + 1)
        # A page ends at a posting, which is an entry's number and a line in it.
        shown, cursor = cut_page(found, query.limit, lambda row: uuid.UUID(int=row.entry_id << _LINE_BITS | row.line))
        moved = [PointsMovement.of(row, best_language()) for row in shown]
        return Answer(PointsMovementPage(data=moved, next_cursor=cursor), headers=_IN_A_LANGUAGE)

    return call.transact(read)


@room.operation("POST", "/me/check-ins", access=BUYERS, replies=Reply(200, CheckInWire, "Today's check-in."))
def check_in(call: Call[Nothing, Nothing]) -> Answer:
    """Check in: once a day by the shop's clock, more for days in a row. Said again, nothing changes."""
    return call.transact(
        lambda uow: Answer(CheckInWire.of(service.check_in(uow, call.caller.number, settings().time_zone)))
    )


@room.operation("GET", "/rewards", access=SIGNED_IN, query=PageQuery, replies=Reply(200, RewardPage, "Rewards."))
def list_rewards(call: Call[Nothing, PageQuery]) -> Answer:
    """What points buy."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.rewards(uow, after, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(RewardPage(data=[RewardWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/rewards/<reward_id>/redemptions",
    access=BUYERS,
    replies=Reply(201, RedemptionWire, "It is yours; the points are taken."),
    refuses=(PointsShort, RewardGone, RewardLimitReached, CouponUnusable),
    ids={"reward_id": "rwd"},
    idempotency=Idempotency.REQUIRED,
)
def redeem_reward(call: Call[Nothing, Nothing]) -> Answer:
    """Take a reward for points."""
    return call.transact(
        lambda uow: Answer(RedemptionWire.of(service.redeem(uow, call.caller.number, call.ids["reward_id"])), 201)
    )


@room.operation(
    "GET", "/me/redemptions", access=SIGNED_IN, query=PageQuery, replies=Reply(200, RedemptionPage, "Redemptions.")
)
def list_redemptions(call: Call[Nothing, PageQuery]) -> Answer:
    """The rewards that you took, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.redemptions(uow, member=call.caller.number, before=before, limit=query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(RedemptionPage(data=[RedemptionWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@coupon_room.operation(
    "GET", "/me/coupons", access=SIGNED_IN, query=PageQuery, replies=Reply(200, HoldingPage, "Coupons.")
)
def list_own_coupons(call: Call[Nothing, PageQuery]) -> Answer:
    """The coupons that you have or had, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.coupons_of(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda holding: holding.row.id)
        return Answer(HoldingPage(data=[HoldingWire.of(holding) for holding in shown], next_cursor=cursor))

    return call.transact(read)


@coupon_room.operation(
    "POST",
    "/me/coupons",
    access=BUYERS,
    body=Claim,
    replies=Reply(201, HoldingWire, "The coupon is yours."),
    refuses=(CouponCodeUnknown, CouponGone),
)
def claim_coupon(call: Call[Claim, Nothing]) -> Answer:
    """Take the coupon of a code. Said again, nothing changes."""
    code = call.body.code
    return call.transact(lambda uow: Answer(HoldingWire.of(service.claim_code(uow, call.caller.number, code)), 201))


@coupon_room.operation(
    "GET", "/me/deal-offers", access=SIGNED_IN, replies=Reply(200, OwnDealOffers, "What is offered to you, and why.")
)
def list_offered_deals(call: Call[Nothing, Nothing]) -> Answer:
    """The deals that the shop offers to some alone, you among them."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.offered_to(uow, call.caller.number)
        return Answer(OwnDealOffers(data=[OwnDealOffer.of(offered) for offered in found]))

    return call.transact(read)
