"""Payouts over HTTP, for who earns: destinations, requests, statements."""

from __future__ import annotations

from functools import partial

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.kernel.money import Money
from socialshop.ledger.errors import InsufficientBalance
from socialshop.payouts import service
from socialshop.payouts.errors import DestinationCooling, PayeeUnverified, PayoutNotOpen
from socialshop.payouts.gateway import payee_gateway
from socialshop.payouts.rules import Channel
from socialshop.payouts.schemas.certificates import Certificates, CertificateWire, WantedCertificate
from socialshop.payouts.schemas.deductions import QuoteWire, WantedQuote
from socialshop.payouts.schemas.payees import PayeeName, PayeeWire
from socialshop.payouts.schemas.requests import (
    Destinations,
    DestinationWire,
    NewDestination,
    NewRequest,
    RequestPage,
    RequestWire,
    StatementWire,
)
from socialshop.payouts.schemas.review import Reasons
from socialshop.web.afterwards import afterwards
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("payouts", __name__, tag="Payouts")


@room.operation(
    "POST",
    "/me/payout-destinations",
    access=BUYERS,
    body=NewDestination,
    replies=Reply(201, DestinationWire, "A destination; the account is not shown in full again."),
)
def add_payout_destination(call: Call[NewDestination, Nothing]) -> Answer:
    """Say where payouts may go.

    Check digits are checked. The same destination again is the same destination.
    """
    body = call.body

    def add(uow: UnitOfWork) -> Answer:
        added = service.add_destination(
            uow, call.caller.member_id, channel=Channel(body.channel), holder=body.holder, account=body.account
        )
        return Answer(DestinationWire.of(added, wired.settings().payout_cooldown), 201)

    afterwards(partial(service.check_at_once, wired.clock(), payee_gateway(), call.caller.member_id))
    return call.transact(add)


@room.operation("GET", "/me/payout-destinations", access=BUYERS, replies=Reply(200, Destinations, "Your destinations."))
def list_payout_destinations(call: Call[Nothing, Nothing]) -> Answer:
    """Your payout destinations, oldest first."""

    def read(uow: UnitOfWork) -> Answer:
        found, cooldown = service.destinations(uow, call.caller.member_id), wired.settings().payout_cooldown
        return Answer(Destinations(data=[DestinationWire.of(one, cooldown) for one in found]))

    return call.transact(read)


@room.operation("GET", "/me/payee", access=BUYERS, replies=Reply(200, PayeeWire, "Your name."))
def show_payee(call: Call[Nothing, Nothing]) -> Answer:
    """By which name you are paid, and whether it is verified. Before it is, nothing is paid."""
    return call.transact(lambda uow: Answer(PayeeWire.of(service.payee_of(uow, call.caller.member_id))))


@room.operation(
    "PATCH", "/me/payee", access=BUYERS, body=PayeeName, replies=Reply(200, PayeeWire, "Your name, to be checked.")
)
def state_payee(call: Call[PayeeName, Nothing]) -> Answer:
    """Say who you are, where it is not the holder of the first account that you named.

    Another name than before is checked anew, five times a day at most.
    """
    body, member_id = call.body, call.caller.member_id

    def state(uow: UnitOfWork) -> Answer:
        named = service.state_name(
            uow, member_id, real_name=body.real_name, kind=body.kind, country=body.country or None
        )
        return Answer(PayeeWire.of(named))

    afterwards(partial(service.check_at_once, wired.clock(), payee_gateway(), member_id))
    return call.transact(state)


@room.operation(
    "POST",
    "/me/payout-quotes",
    access=BUYERS,
    body=WantedQuote,
    replies=Reply(200, QuoteWire, "What you would get."),
    refuses=(NotFound, PayeeUnverified),
)
def quote_payout(call: Call[WantedQuote, Nothing]) -> Answer:
    """What tax and fee would take off a payout that you ask for now. Nothing is asked for yet."""
    body, settings = call.body, wired.settings()
    amount = Money(body.amount_minor, body.currency or settings.currency)

    def quote(uow: UnitOfWork) -> Answer:
        found = service.quote_of(
            uow,
            call.caller.member_id,
            destination_id=from_public("pod", body.destination_id),
            amount=amount,
            place=service.Place(settings.country, settings.time_zone),
        )
        return Answer(QuoteWire.of(found, amount.currency))

    return call.transact(quote)


@room.operation(
    "GET", "/me/tax-certificates", access=BUYERS, replies=Reply(200, Certificates, "Your certificates of tax.")
)
def list_tax_certificates(call: Call[Nothing, Nothing]) -> Answer:
    """Every certificate that was issued to you, the newest first."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.certificates(uow, call.caller.member_id)
        return Answer(Certificates(data=[CertificateWire.of(one, found) for one in found]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/tax-certificates",
    access=BUYERS,
    body=WantedCertificate,
    replies=Reply(201, CertificateWire, "Your certificate; the same again where nothing has changed."),
    refuses=(NotFound,),
)
def issue_tax_certificate(call: Call[WantedCertificate, Nothing]) -> Answer:
    """Have certified what was withheld of your payouts in a year. One that is no longer right is replaced."""
    body, settings, member_id = call.body, wired.settings(), call.caller.member_id

    def issue(uow: UnitOfWork) -> Answer:
        place = service.Place(settings.country, settings.time_zone)
        currency = body.currency or settings.currency
        made = service.issue_certificate(uow, member_id, year=body.year, currency=currency, place=place)
        return Answer(CertificateWire.of(made, service.certificates(uow, member_id)), 201)

    return call.transact(issue)


@room.operation(
    "POST",
    "/payout-requests",
    access=BUYERS,
    body=NewRequest,
    replies=Reply(201, RequestWire, "Asked for; the money is reserved."),
    refuses=(NotFound, PayeeUnverified, DestinationCooling, InsufficientBalance),
    idempotency=Idempotency.REQUIRED,
)
def request_payout(call: Call[NewRequest, Nothing]) -> Answer:
    """Ask for a payout.

    The sum leaves your wallet's available balance at once and waits reserved. Several may be open. What tax and fee
    take off it is told at once and stays so.
    """
    body, settings = call.body, wired.settings()

    def submit(uow: UnitOfWork) -> Answer:
        request = service.submit(
            uow,
            member_id=call.caller.member_id,
            member_number=call.caller.number,
            destination_id=from_public("pod", body.destination_id),
            amount=Money(body.amount_minor, body.currency or settings.currency),
            minimum_minor=settings.payout_minimum_minor,
            cooldown=settings.payout_cooldown,
            place=service.Place(settings.country, settings.time_zone),
            agreed_net=body.net_minor or None,
        )
        return Answer(RequestWire.of(request), 201)

    return call.transact(submit)


@room.operation(
    "GET",
    "/payout-requests",
    access=BUYERS,
    query=PageQuery,
    replies=Reply(200, RequestPage, "Your payout requests."),
)
def list_own_payout_requests(call: Call[Nothing, PageQuery]) -> Answer:
    """Your payout requests, newest first."""
    after, limit = call.query.after(), call.query.limit

    def read(uow: UnitOfWork) -> Answer:
        rows = service.page_of(uow, limit=limit, after=after, member_id=call.caller.member_id)
        shown, cursor = cut_page(rows, limit, lambda row: row.id)
        return Answer(RequestPage(data=[RequestWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/payout-requests/<request_id>",
    access=BUYERS,
    ids={"request_id": "por"},
    replies=Reply(200, RequestWire, "Your payout request."),
)
def show_own_payout_request(call: Call[Nothing, Nothing]) -> Answer:
    """One of your payout requests."""
    return call.transact(
        lambda uow: Answer(RequestWire.of(service.own_request(uow, call.caller.member_id, call.ids["request_id"])))
    )


@room.operation(
    "GET",
    "/payout-requests/<request_id>/statement",
    access=BUYERS,
    ids={"request_id": "por"},
    replies=Reply(200, StatementWire, "The request and the commissions behind it."),
)
def show_payout_statement(call: Call[Nothing, Nothing]) -> Answer:
    """The statement of a payout: which commissions it is paid from.

    Once it is paid the list stays as it is; before, it says what would be taken now.
    """

    def read(uow: UnitOfWork) -> Answer:
        found = service.statement(uow, call.caller.member_id, call.ids["request_id"])
        return Answer(StatementWire.of_statement(found))

    return call.transact(read)


@room.operation(
    "DELETE",
    "/payout-requests/<request_id>",
    access=BUYERS,
    ids={"request_id": "por"},
    replies=Reply(204, None, "Taken back; the money is available again."),
    refuses=(PayoutNotOpen,),
)
def cancel_payout_request(call: Call[Nothing, Nothing]) -> Answer:
    """Take a payout request back, as long as it is not approved."""

    def cancel(uow: UnitOfWork) -> Answer:
        service.cancel(uow, call.caller.member_id, call.ids["request_id"])
        return Answer(status=204)

    return call.transact(cancel)


@room.operation(
    "GET",
    "/payout-reasons",
    access=SIGNED_IN,
    replies=Reply(200, Reasons, "The list."),
)
def list_payout_reasons(call: Call[Nothing, Nothing]) -> Answer:
    """Why payouts are held or refused: the published list, of which each decision names one."""
    return call.transact(lambda _: Answer(Reasons.all()))
