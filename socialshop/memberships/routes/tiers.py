"""Tiers for everybody, and the own membership, over HTTP."""

from __future__ import annotations

import uuid

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import service
from socialshop.memberships.schemas.tiers import ChangePage, ChangeWire, MembershipWire, TierList, TierWire
from socialshop.web.auth import PUBLIC, SIGNED_IN
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("memberships", __name__, tag="Memberships")


@room.operation("GET", "/tiers", access=PUBLIC, replies=Reply(200, TierList, "The tiers."))
def list_tiers(call: Call[Nothing, Nothing]) -> Answer:
    """The tiers in force: what each asks and gives."""
    return call.transact(lambda uow: Answer(TierList(data=[TierWire.of(tier) for tier in service.tiers(uow)])))


@room.operation("GET", "/me/membership", access=SIGNED_IN, replies=Reply(200, MembershipWire, "Your membership."))
def show_membership(call: Call[Nothing, Nothing]) -> Answer:
    """Your tier: where you are, what is missing for the next, what that would give, what you used."""
    return call.transact(lambda uow: Answer(MembershipWire.of(service.membership_of(uow, call.caller.number))))


@room.operation(
    "GET",
    "/me/membership/changes",
    access=SIGNED_IN,
    query=PageQuery,
    replies=Reply(200, ChangePage, "Changes, the newest first."),
)
def list_tier_changes(call: Call[Nothing, PageQuery]) -> Answer:
    """Every change of your tier and why it was made, in English or Chinese (`Accept-Language`)."""
    query, after = call.query, call.query.after()
    before = None if after is None else after.int & 2**63 - 1

    def read(uow: UnitOfWork) -> Answer:
        found = service.changes_of(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: uuid.UUID(int=row.id))
        language, zone = best_language(), wired.settings().time_zone
        page = ChangePage(data=[ChangeWire.of(row, language, zone) for row in shown], next_cursor=cursor)
        return Answer(page, headers={"Vary": "Accept-Language"})

    return call.transact(read)
