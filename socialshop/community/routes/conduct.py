"""The rules of behaviour, reports, and how a member stands, over HTTP."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import AlreadyAppealed, AlreadyReported
from socialshop.community.schemas.conduct import (
    AppealDraft,
    DecisionWire,
    ReportDraft,
    ReportPage,
    ReportWire,
    RulesRead,
    RulesWire,
    StandingWire,
    subject_of,
)
from socialshop.identity import service as identity
from socialshop.identity.service import StandingLimited
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN, look
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("conduct", __name__, tag="Behaviour")


@room.operation("GET", "/behaviour-rules", access=PUBLIC, replies=Reply(200, RulesWire, "The rules."))
def show_behaviour_rules(call: Call[Nothing, Nothing]) -> Answer:
    """The rules of behaviour that are in force; with a token, when you have read them."""

    def read(uow: UnitOfWork) -> Answer:
        reader = look(uow)
        read_at = None if reader is None else service.rules_read_at(uow, reader.number)
        return Answer(RulesWire.of(service.behaviour_rules(uow), read_at))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/behaviour-rules",
    access=BUYERS,
    body=RulesRead,
    replies=Reply(200, RulesWire, "That you have read them."),
)
def read_behaviour_rules(call: Call[RulesRead, Nothing]) -> Answer:
    """Say that you have read the rules in force. Said again, nothing changes."""

    def read(uow: UnitOfWork) -> Answer:
        row = service.read_rules(uow, call.caller.number, call.body.version)
        return Answer(RulesWire.of(row, service.rules_read_at(uow, call.caller.number)))

    return call.transact(read)


@room.operation(
    "POST",
    "/reports",
    access=BUYERS,
    body=ReportDraft,
    replies=Reply(201, ReportWire, "Somebody of the shop will look at it."),
    refuses=(NotFound, AlreadyReported, StandingLimited),
)
def report(call: Call[ReportDraft, Nothing]) -> Answer:
    """Report what breaks the rules: a review or note, a member's name, a room. Once each."""
    body = call.body
    kind, subject_id = subject_of(body.subject_id)

    def add(uow: UnitOfWork) -> Answer:
        row = service.report(uow, call.caller.number, kind, subject_id, ground=body.said_ground(), words=body.words)
        return Answer(ReportWire.of(row), 201)

    return call.transact(add)


@room.operation(
    "GET", "/me/reports", access=SIGNED_IN, query=PageQuery, replies=Reply(200, ReportPage, "What you reported.")
)
def list_own_reports(call: Call[Nothing, PageQuery]) -> Answer:
    """What you have reported, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.reports_by(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(ReportPage(data=[ReportWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation("GET", "/me/standing", access=SIGNED_IN, replies=Reply(200, StandingWire, "How you stand."))
def show_standing(call: Call[Nothing, Nothing]) -> Answer:
    """What you may not do for now, and the decisions about you with their reasons."""
    number = call.caller.number

    def read(uow: UnitOfWork) -> Answer:
        return Answer(StandingWire.of(identity.standing_of(uow, number), service.decisions_of(uow, number)))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/decisions/<decision_id>/appeal",
    access=BUYERS,
    body=AppealDraft,
    replies=Reply(200, DecisionWire, "Somebody else of the shop will decide."),
    refuses=(AlreadyAppealed,),
    ids={"decision_id": "dec"},
)
def appeal(call: Call[AppealDraft, Nothing]) -> Answer:
    """Appeal against a decision about you: once, to somebody other than who decided."""

    def say(uow: UnitOfWork) -> Answer:
        return Answer(
            DecisionWire.of(service.appeal(uow, call.caller.number, call.ids["decision_id"], call.body.words))
        )

    return call.transact(say)
