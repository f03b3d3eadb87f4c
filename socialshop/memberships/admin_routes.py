"""Tier programmes and plans' offers over HTTP: drafted, looked at with whom they concern, published."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.memberships import service
from socialshop.memberships.errors import EffectiveTooEarly
from socialshop.memberships.schemas.given import StockList, StockWire, VoucherLoad, VoucherLoaded
from socialshop.memberships.schemas.offers import (
    OFFER_PREFIX,
    HeldSubscriptionWire,
    NewOffer,
    OfferPage,
    OfferPublication,
    OfferWire,
    PayersList,
    PayersWire,
    SubscriptionPage,
    SubscriptionQuery,
)
from socialshop.memberships.schemas.plans import subscription_fields
from socialshop.memberships.schemas.tiers import (
    PROGRAMME_PREFIX,
    MoveList,
    MoveWire,
    NewProgramme,
    ProgrammePage,
    ProgrammePublication,
    ProgrammeWire,
)
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("memberships_admin", __name__, tag="Memberships")
_PROGRAMME = {"programme_id": PROGRAMME_PREFIX}
_OFFER = {"offer_id": OFFER_PREFIX}


@room.operation(
    "POST",
    "/admin/tier-programmes",
    access=ADMINS,
    body=NewProgramme,
    replies=Reply(201, ProgrammeWire, "A draft: nobody moves by it until it is published."),
)
def draft_tier_programme(call: Call[NewProgramme, Nothing]) -> Answer:
    """Draft a tier programme."""
    return call.transact(
        lambda uow: Answer(ProgrammeWire.of(service.draft_programme(uow, call.caller.member_id, call.body)), 201)
    )


@room.operation(
    "GET",
    "/admin/tier-programmes",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, ProgrammePage, "Programmes."),
)
def list_tier_programmes(call: Call[Nothing, PageQuery]) -> Answer:
    """Drafts and published programmes, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.programme_page(uow, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(ProgrammePage(data=[ProgrammeWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/tier-programmes/<programme_id>",
    access=READS_ALL,
    replies=Reply(200, ProgrammeWire, "The programme."),
    ids=_PROGRAMME,
)
def show_tier_programme(call: Call[Nothing, Nothing]) -> Answer:
    """A draft or published programme."""
    return call.transact(lambda uow: Answer(ProgrammeWire.of(service.programme_of(uow, call.ids["programme_id"]))))


@room.operation(
    "GET",
    "/admin/tier-programmes/<programme_id>/moves",
    access=READS_ALL,
    replies=Reply(200, MoveList, "Who would move."),
    ids=_PROGRAMME,
)
def preview_tier_programme(call: Call[Nothing, Nothing]) -> Answer:
    """Who would leave their tiers if the programme came into force now, by counts and a few examples."""
    return call.transact(
        lambda uow: Answer(
            MoveList(data=[MoveWire.of(move) for move in service.who_moves(uow, call.ids["programme_id"])])
        )
    )


@room.operation(
    "POST",
    "/admin/tier-programmes/<programme_id>/publish",
    access=ADMINS,
    body=ProgrammePublication,
    replies=Reply(200, ProgrammeWire, "The programme with its version and instant."),
    refuses=(EffectiveTooEarly,),
    ids=_PROGRAMME,
)
def publish_tier_programme(call: Call[ProgrammePublication, Nothing]) -> Answer:
    """Bring a draft into force: immutable from then on. Said again, nothing changes."""
    return call.transact(
        lambda uow: Answer(
            ProgrammeWire.of(
                service.publish_programme(uow, call.caller.member_id, call.ids["programme_id"], call.body.effective_at)
            )
        )
    )


@room.operation(
    "POST",
    "/admin/plan-offers",
    access=ADMINS,
    body=NewOffer,
    replies=Reply(201, OfferWire, "A draft: nobody can buy it until it is published."),
)
def draft_plan_offer(call: Call[NewOffer, Nothing]) -> Answer:
    """Draft a plan's offer."""
    return call.transact(
        lambda uow: Answer(OfferWire.of(service.draft_offer(uow, call.caller.member_id, call.body)), 201)
    )


@room.operation(
    "GET", "/admin/plan-offers", access=READS_ALL, query=PageQuery, replies=Reply(200, OfferPage, "Offers.")
)
def list_plan_offers(call: Call[Nothing, PageQuery]) -> Answer:
    """Drafts and published offers, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.offer_page(uow, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(OfferPage(data=[OfferWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/plan-offers/<offer_id>",
    access=READS_ALL,
    replies=Reply(200, OfferWire, "The offer."),
    ids=_OFFER,
)
def show_plan_offer(call: Call[Nothing, Nothing]) -> Answer:
    """A draft or published offer."""
    return call.transact(lambda uow: Answer(OfferWire.of(service.offer_of(uow, call.ids["offer_id"]))))


@room.operation(
    "GET",
    "/admin/plan-offers/<offer_id>/payers",
    access=READS_ALL,
    replies=Reply(200, PayersList, "Who would pay what."),
    ids=_OFFER,
)
def preview_plan_offer(call: Call[Nothing, Nothing]) -> Answer:
    """How many members would pay which price, by the growth of their last evaluation."""

    def read(uow: UnitOfWork) -> Answer:
        currency = service.offer_of(uow, call.ids["offer_id"]).offer.currency
        payers = service.who_pays(uow, call.ids["offer_id"])
        return Answer(PayersList(data=[PayersWire.of(row, currency) for row in payers]))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/plan-offers/<offer_id>/publish",
    access=ADMINS,
    body=OfferPublication,
    replies=Reply(200, OfferWire, "The offer with its version and instant."),
    refuses=(EffectiveTooEarly,),
    ids=_OFFER,
)
def publish_plan_offer(call: Call[OfferPublication, Nothing]) -> Answer:
    """Bring a draft into force: immutable from then on. Who has bought keeps what was bought."""
    return call.transact(
        lambda uow: Answer(
            OfferWire.of(
                service.publish_offer(uow, call.caller.member_id, call.ids["offer_id"], call.body.effective_at)
            )
        )
    )


@room.operation(
    "GET",
    "/admin/plan-subscriptions",
    access=READS_ALL,
    query=SubscriptionQuery,
    replies=Reply(200, SubscriptionPage, "Subscriptions."),
)
def list_plan_subscriptions(call: Call[Nothing, SubscriptionQuery]) -> Answer:
    """Everybody's subscriptions, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.subscription_page(uow, query.status, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        named = {person.number: person.id for person in identity.named(uow, numbers=[row.member for row in shown])}
        data = [
            HeldSubscriptionWire(member=to_public("mbr", named[row.member]), **subscription_fields(row))
            for row in shown
        ]
        return Answer(SubscriptionPage(data=data, next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/partner-vouchers",
    access=ADMINS,
    body=VoucherLoad,
    replies=Reply(200, VoucherLoaded, "In stock."),
)
def load_partner_vouchers(call: Call[VoucherLoad, Nothing]) -> Answer:
    """Put a partner's codes in stock, and say what the partner is called; sent again, nothing is twice."""
    body = call.body
    return call.transact(
        lambda uow: Answer(
            VoucherLoaded(new=service.load_vouchers(uow, call.caller.member_id, body.partner, body.codes, body.titles))
        )
    )


@room.operation("GET", "/admin/partner-vouchers", access=READS_ALL, replies=Reply(200, StockList, "The stock."))
def list_partner_vouchers(call: Call[Nothing, Nothing]) -> Answer:
    """How many vouchers of each partner were loaded, and how many are left."""
    return call.transact(
        lambda uow: Answer(StockList(data=[StockWire(**row._asdict()) for row in service.voucher_stock(uow)]))
    )
