"""Letting imported members in, putting right what members told wrongly, and who becomes a leader, for admins."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.service import AlreadySignsIn, EmailTaken
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.onboarding import applying, service
from socialshop.onboarding.applying import APPLICATION_PREFIX
from socialshop.onboarding.errors import ApplicationDecided
from socialshop.onboarding.schemas import BirthdayTold, BirthdayWire, ClaimWire, EmailToAttach
from socialshop.onboarding.schemas.applying import (
    ApplicationDecision,
    ApplicationPage,
    ApplicationQuery,
    ApplicationWire,
)
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("onboarding_admin", __name__, tag="Members")


@room.operation(
    "POST",
    "/admin/members/<member_id>/email",
    access=ADMINS,
    body=EmailToAttach,
    replies=Reply(201, ClaimWire, "The member, and the token to claim the account with."),
    refuses=(NotFound, AlreadySignsIn, EmailTaken),
    ids={"member_id": "mbr"},
    # The answer has a token: it is not kept.
    idempotency=Idempotency.IGNORED,
)
def attach_email(call: Call[EmailToAttach, Nothing]) -> Answer:
    """Attach an e-mail to a member who was imported and cannot sign in yet.

    Hand the token to the person: with it and `POST /members/claims` the person sets a password. It is told this once
    and is good once; attaching again makes a new one and the former worth nothing.
    """

    def attach(uow: UnitOfWork) -> Answer:
        days = wired.settings().claim_days
        member_id, actor = call.ids["member_id"], call.caller.member_id
        return Answer(ClaimWire.of(service.attach_email(uow, actor, member_id, call.body.email, days=days)), 201)

    return call.transact(attach)


@room.operation(
    "POST",
    "/admin/members/<member_id>/birthday",
    access=ADMINS,
    body=BirthdayTold,
    replies=Reply(200, BirthdayWire, "The member's birthday, as it is known from now on."),
    refuses=(NotFound,),
    ids={"member_id": "mbr"},
)
def correct_birthday(call: Call[BirthdayTold, Nothing]) -> Answer:
    """Put right the birthday of a member who told it wrongly, without waiting for 365 days to pass."""
    born, zone = call.body.born(), wired.settings().time_zone

    def correct(uow: UnitOfWork) -> Answer:
        member_id, actor = call.ids["member_id"], call.caller.member_id
        kept = identity.correct_birthday(uow, actor, member_id, born, zone=zone)
        return Answer(BirthdayWire.of(kept))

    return call.transact(correct)


@room.operation(
    "GET",
    "/admin/leader-applications",
    access=READS_ALL,
    query=ApplicationQuery,
    replies=Reply(200, ApplicationPage, "The applications, the oldest first."),
)
def list_applications(call: Call[Nothing, ApplicationQuery]) -> Answer:
    """Who asks to lead."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = applying.applications(uow, query.status, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(ApplicationPage(data=[ApplicationWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/leader-applications/<application_id>/approve",
    access=ADMINS,
    body=ApplicationDecision,
    replies=Reply(200, ApplicationWire, "The member leads from now on."),
    refuses=(ApplicationDecided,),
    ids={"application_id": APPLICATION_PREFIX},
)
def approve_application(call: Call[ApplicationDecision, Nothing]) -> Answer:
    """Let a member lead: the role changes at once, and the first steps wait at the leaders' desk."""

    def decide(uow: UnitOfWork) -> Answer:
        actor, application_id = call.caller.member_id, call.ids["application_id"]
        return Answer(ApplicationWire.of(applying.approve(uow, actor, application_id, call.body.reason)))

    return call.transact(decide)


@room.operation(
    "POST",
    "/admin/leader-applications/<application_id>/reject",
    access=ADMINS,
    body=ApplicationDecision,
    replies=Reply(200, ApplicationWire, "Refused; the member reads why, and may apply again."),
    refuses=(ApplicationDecided,),
    ids={"application_id": APPLICATION_PREFIX},
)
def reject_application(call: Call[ApplicationDecision, Nothing]) -> Answer:
    """Refuse an application."""

    def decide(uow: UnitOfWork) -> Answer:
        actor, application_id = call.caller.member_id, call.ids["application_id"]
        return Answer(ApplicationWire.of(applying.reject(uow, actor, application_id, call.body.reason)))

    return call.transact(decide)
