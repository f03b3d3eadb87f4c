"""The rules of points, rewards, and what the shop owes in points, over HTTP."""

from __future__ import annotations

from socialshop.deals.errors import DealPublished, StockShort
from socialshop.deals.schemas.stock import NewStockMove
from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public
from socialshop.loyalty import service
from socialshop.loyalty.errors import (
    PointRulesTaken,
    PointsShort,
    RedemptionDecided,
    SelfAdjustment,
)
from socialshop.loyalty.schemas.coupons import (
    COUPON_PREFIX,
    CodesWanted,
    CouponDraft,
    CouponPage,
    CouponWire,
    Issue,
    Issued,
    codes_table,
)
from socialshop.loyalty.schemas.deal_offers import DealOfferDraft, DealOfferPage, DealOfferWire
from socialshop.loyalty.schemas.rewards import (
    RedemptionPage,
    RedemptionQuery,
    RedemptionWire,
    Refusal,
    RewardChange,
    RewardDraft,
    RewardPage,
    RewardWire,
)
from socialshop.loyalty.schemas.rules import (
    AdjustedPoints,
    Adjustment,
    LiabilityWire,
    RulesDraft,
    RulesVersions,
    RulesVersionWire,
)
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("loyalty_admin", __name__, tag="Points, for the shop")
coupon_room = Room("coupons_admin", __name__, tag="Coupons, for the shop")

_COUPON = {"coupon_id": COUPON_PREFIX}


@room.operation(
    "GET",
    "/admin/points/liability",
    access=READS_ALL,
    replies=Reply(200, LiabilityWire, "What the shop owes in points."),
    isolation="REPEATABLE READ",
)
def show_liability(call: Call[Nothing, Nothing]) -> Answer:
    """What members hold, when it ends, and what became of the points of a year."""
    zone, currency = settings().time_zone, settings().currency
    return call.transact(lambda uow: Answer(LiabilityWire.of(service.liability(uow, zone), currency)))


@room.operation(
    "GET", "/admin/points/rules", access=READS_ALL, replies=Reply(200, RulesVersions, "The versions of the rules.")
)
def list_point_rules(call: Call[Nothing, Nothing]) -> Answer:
    """The rules of points: what is in force, what was, and what will be."""

    def read(uow: UnitOfWork) -> Answer:
        return Answer(RulesVersions(data=[RulesVersionWire.of(version) for version in service.rule_versions(uow)]))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/points/rules",
    access=ADMINS,
    body=RulesDraft,
    replies=Reply(201, RulesVersionWire, "The version, in force from its instant on."),
    refuses=(PointRulesTaken,),
)
def publish_point_rules(call: Call[RulesDraft, Nothing]) -> Answer:
    """Bring rules of points into force. What was earned before stays as it is."""
    body, actor = call.body, call.caller.member_id

    def publish(uow: UnitOfWork) -> Answer:
        version = service.publish_rules(uow, actor, body.rules.model_dump(mode="json"), body.effective_at)
        return Answer(RulesVersionWire.of(version), 201)

    return call.transact(publish)


@room.operation(
    "POST",
    "/admin/members/<member_id>/points",
    access=ADMINS,
    body=Adjustment,
    replies=Reply(201, AdjustedPoints, "Given or taken."),
    refuses=(PointsShort, SelfAdjustment),
    ids={"member_id": "mbr"},
    idempotency=Idempotency.REQUIRED,
)
def adjust_points(call: Call[Adjustment, Nothing]) -> Answer:
    """Give a member points, or take some, with a reason that the member reads."""
    body = call.body
    if body.points == 0:
        raise InvalidValue("an adjustment gives or takes at least a point", field="points")

    def adjust(uow: UnitOfWork) -> Answer:
        number = service.adjust(uow, call.caller.member_id, call.ids["member_id"], body.points, body.reason)
        view = service.points_of(uow, number, settings().time_zone)
        return Answer(AdjustedPoints(available=view.balances.available), 201)

    return call.transact(adjust)


@room.operation("GET", "/admin/rewards", access=READS_ALL, query=PageQuery, replies=Reply(200, RewardPage, "Rewards."))
def list_all_rewards(call: Call[Nothing, PageQuery]) -> Answer:
    """Every reward, offered or not."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.rewards(uow, after, query.limit + 1, offered_only=False)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(RewardPage(data=[RewardWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST", "/admin/rewards", access=ADMINS, body=RewardDraft, replies=Reply(201, RewardWire, "Offered at once.")
)
def add_reward(call: Call[RewardDraft, Nothing]) -> Answer:
    """Offer a reward."""
    new = call.body.new()
    return call.transact(lambda uow: Answer(RewardWire.of(service.add_reward(uow, call.caller.member_id, new)), 201))


@room.operation(
    "POST",
    "/admin/rewards/<reward_id>",
    access=ADMINS,
    body=RewardChange,
    replies=Reply(200, RewardWire, "The reward as it is now."),
    ids={"reward_id": "rwd"},
)
def change_reward(call: Call[RewardChange, Nothing]) -> Answer:
    """Say whether a reward is offered, whether there is an end of it, and from how few on it is low."""
    said = call.body.model_dump()

    def change(uow: UnitOfWork) -> Answer:
        actor, reward_id = call.caller.member_id, call.ids["reward_id"]
        return Answer(RewardWire.of(service.change_reward(uow, actor, reward_id, **said)))

    return call.transact(change)


@room.operation(
    "POST",
    "/admin/rewards/<reward_id>/stock-moves",
    access=ADMINS,
    body=NewStockMove,
    replies=Reply(201, RewardWire, "The reward, with what is left of it now."),
    refuses=(StockShort,),
    ids={"reward_id": "rwd"},
)
def move_reward(call: Call[NewStockMove, Nothing]) -> Answer:
    """Add to what is left of a reward or take from it, for a reason, while members take it."""
    new = call.body.new()

    def move(uow: UnitOfWork) -> Answer:
        return Answer(RewardWire.of(service.move_reward(uow, call.caller.member_id, call.ids["reward_id"], new)), 201)

    return call.transact(move)


@room.operation(
    "GET",
    "/admin/redemptions",
    access=READS_ALL,
    query=RedemptionQuery,
    replies=Reply(200, RedemptionPage, "Redemptions."),
)
def list_all_redemptions(call: Call[Nothing, RedemptionQuery]) -> Answer:
    """Everybody's redemptions, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.redemptions(uow, status=query.status, before=before, limit=query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(RedemptionPage(data=[RedemptionWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/redemptions/<redemption_id>/done",
    access=ADMINS,
    replies=Reply(200, RedemptionWire, "The member has it."),
    refuses=(RedemptionDecided,),
    ids={"redemption_id": "rdm"},
)
def finish_redemption(call: Call[Nothing, Nothing]) -> Answer:
    """Say that the member has the reward. Said again, nothing changes."""
    return call.transact(
        lambda uow: Answer(
            RedemptionWire.of(service.finish_redemption(uow, call.caller.member_id, call.ids["redemption_id"]))
        )
    )


@room.operation(
    "POST",
    "/admin/redemptions/<redemption_id>/refuse",
    access=ADMINS,
    body=Refusal,
    replies=Reply(200, RedemptionWire, "Refused: the points are back."),
    refuses=(RedemptionDecided,),
    ids={"redemption_id": "rdm"},
)
def refuse_redemption(call: Call[Refusal, Nothing]) -> Answer:
    """Say that the member does not get the reward; points and stock come back. Said again, nothing changes."""

    def refuse(uow: UnitOfWork) -> Answer:
        actor, redemption_id = call.caller.member_id, call.ids["redemption_id"]
        return Answer(RedemptionWire.of(service.refuse_redemption(uow, actor, redemption_id, call.body.reason)))

    return call.transact(refuse)


@coupon_room.operation(
    "GET", "/admin/coupons", access=READS_ALL, query=PageQuery, replies=Reply(200, CouponPage, "Coupons.")
)
def list_coupons(call: Call[Nothing, PageQuery]) -> Answer:
    """Every coupon, the newest first, with what it took off so far."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.coupons(uow, before, query.limit + 1), query.limit, lambda view: view.row.id)
        return Answer(CouponPage(data=[CouponWire.of(view) for view in shown], next_cursor=cursor))

    return call.transact(read)


@coupon_room.operation(
    "POST",
    "/admin/coupons",
    access=ADMINS,
    body=CouponDraft,
    replies=Reply(201, CouponWire, "Made. Nobody has it until it is issued."),
)
def make_coupon(call: Call[CouponDraft, Nothing]) -> Answer:
    """Make a coupon. Its terms and limits stand for ever; it may be paused."""
    new = call.body.new()
    return call.transact(lambda uow: Answer(CouponWire.of(service.make_coupon(uow, call.caller.member_id, new)), 201))


@coupon_room.operation(
    "GET",
    "/admin/coupons/<coupon_id>",
    access=READS_ALL,
    replies=Reply(200, CouponWire, "The coupon."),
    ids=_COUPON,
)
def show_coupon(call: Call[Nothing, Nothing]) -> Answer:
    """One coupon, with what it took off so far."""
    return call.transact(lambda uow: Answer(CouponWire.of(service.coupon(uow, call.ids["coupon_id"]))))


@coupon_room.operation(
    "POST",
    "/admin/coupons/<coupon_id>/pause",
    access=ADMINS,
    replies=Reply(200, CouponWire, "Neither issued nor taken any more."),
    ids=_COUPON,
)
def pause_coupon(call: Call[Nothing, Nothing]) -> Answer:
    """Neither issue nor take a coupon any more; what is set aside stays. Said again, nothing changes."""
    return _pause(call, paused=True)


@coupon_room.operation(
    "POST",
    "/admin/coupons/<coupon_id>/resume",
    access=ADMINS,
    replies=Reply(200, CouponWire, "It may be issued and taken again."),
    ids=_COUPON,
)
def resume_coupon(call: Call[Nothing, Nothing]) -> Answer:
    """Let a paused coupon be issued and taken again. Said again, nothing changes."""
    return _pause(call, paused=False)


def _pause(call: Call[Nothing, Nothing], *, paused: bool) -> Answer:
    def pause(uow: UnitOfWork) -> Answer:
        view = service.pause_coupon(uow, call.caller.member_id, call.ids["coupon_id"], paused=paused)
        return Answer(CouponWire.of(view))

    return call.transact(pause)


@coupon_room.operation(
    "POST",
    "/admin/coupons/<coupon_id>/issues",
    access=ADMINS,
    body=Issue,
    replies=Reply(200, Issued, "Given."),
    refuses=(SelfAdjustment,),
    ids=_COUPON,
)
def issue_coupon(call: Call[Issue, Nothing]) -> Answer:
    """Give a coupon to members, each once a period. Said again, nothing changes."""
    body = call.body

    def issue(uow: UnitOfWork) -> Answer:
        members = [from_public("mbr", one) for one in body.member_ids]
        given = service.issue_coupon(uow, call.caller.member_id, call.ids["coupon_id"], members, body.period)
        return Answer(Issued(issued=given))

    return call.transact(issue)


@coupon_room.operation(
    "POST",
    "/admin/coupons/<coupon_id>/codes",
    access=ADMINS,
    body=CodesWanted,
    replies=Reply(201, None, "The codes, a line each; they are told once.", media_type="text/csv"),
    ids=_COUPON,
    idempotency=Idempotency.IGNORED,
)
def make_coupon_codes(call: Call[CodesWanted, Nothing]) -> Answer:
    """Make codes that give a coupon, each to one member. The shop keeps no code, only what it is known by."""
    count = call.body.count

    def make(uow: UnitOfWork) -> Answer:
        made = service.make_codes(uow, call.caller.member_id, call.ids["coupon_id"], count)
        return Answer(codes_table(made), 201, media_type="text/csv")

    return call.transact(make)


@coupon_room.operation(
    "GET", "/admin/deal-offers", access=READS_ALL, query=PageQuery, replies=Reply(200, DealOfferPage, "Deals for some.")
)
def list_deal_offers(call: Call[Nothing, PageQuery]) -> Answer:
    """The deals that are for segments, the newest first, with how many were invited."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(
            service.deals_offered(uow, before, query.limit + 1), query.limit, lambda offered: offered.deal.id
        )
        return Answer(DealOfferPage(data=[DealOfferWire.of(offered) for offered in shown], next_cursor=cursor))

    return call.transact(read)


@coupon_room.operation(
    "POST",
    "/admin/deal-offers",
    access=ADMINS,
    body=DealOfferDraft,
    replies=Reply(200, DealOfferWire, "Once it is published, it is for who is in the segment."),
    refuses=(NotFound, DealPublished, InvalidValue),
)
def offer_deal(call: Call[DealOfferDraft, Nothing]) -> Answer:
    """Keep a draft for a segment: each day whoever is in it is invited, told why, and stays invited.

    Of a deal that is for a segment already the rule is another from now on.
    """
    deal_id, segment = call.body.deal(), call.body.segment
    return call.transact(
        lambda uow: Answer(DealOfferWire.of(service.offer_deal(uow, call.caller.member_id, deal_id, segment)))
    )
