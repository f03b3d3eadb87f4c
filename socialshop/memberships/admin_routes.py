"""Tier programmes over HTTP: drafted, looked at with who would move, published."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import service
from socialshop.memberships.errors import EffectiveTooEarly
from socialshop.memberships.schemas import (
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
