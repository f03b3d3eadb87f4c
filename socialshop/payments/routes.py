"""Payments over HTTP: the sandbox's stand-in for a buyer at a provider's page, and the providers' webhooks."""

from __future__ import annotations

from flask import request

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.payments import service
from socialshop.payments.errors import NoticeMalformed, ProviderUnavailable, WebhookRefused
from socialshop.payments.gateway import gateways
from socialshop.payments.rules import Outcome
from socialshop.payments.schemas import HandOver, NoticeTaken, PaymentWire, ProviderNotice, SandboxPay
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("payments", __name__, tag="Payments")
sandbox_room = Room("sandbox", __name__, tag="Sandbox")


@sandbox_room.operation(
    "POST",
    "/sandbox/payments/<payment_id>/pay",
    access=BUYERS,
    body=SandboxPay,
    replies=Reply(202, PaymentWire, "The provider will be asked; poll the order or the room for what came of it."),
    refuses=(NotFound, ProviderUnavailable),
    ids={"payment_id": "pay"},
)
def pay(call: Call[SandboxPay, Nothing]) -> Answer:
    """Pay your own payment at the sandbox provider.

    `timeout` pays without a word of it: the shop finds out by itself. A payment that is paid or being paid is left as
    it is; after `failed` it may be paid again. Not there in production.
    """
    outcome = Outcome(call.body.outcome)

    def ask(uow: UnitOfWork) -> Answer:
        view = service.pay(uow, gateways(), call.ids["payment_id"], call.caller.number, outcome, card=call.body.card)
        return Answer(PaymentWire.of(view), 202)

    return call.transact(ask)


@room.operation(
    "POST",
    "/payments/<payment_id>/hand-over",
    access=BUYERS,
    replies=Reply(202, PaymentWire, "The provider is asked; its answer is at the same address."),
    refuses=(NotFound, ProviderUnavailable),
    ids={"payment_id": "pay"},
)
def prepare_payment(call: Call[Nothing, Nothing]) -> Answer:
    """Have the provider make what your browser pays there, with a card that the shop never sees.

    Made once. What came of paying is told by the provider: poll the order.
    """

    def ask(uow: UnitOfWork) -> Answer:
        view = service.prepare(uow, gateways(), call.ids["payment_id"], call.caller.number)
        return Answer(PaymentWire.of(view), 202)

    return call.transact(ask)


@room.operation(
    "GET",
    "/payments/<payment_id>/hand-over",
    access=SIGNED_IN,
    replies=Reply(200, HandOver, "For the provider's own script in the browser."),
    refuses=(NotFound,),
    ids={"payment_id": "pay"},
)
def show_hand_over(call: Call[Nothing, Nothing]) -> Answer:
    """By what your browser pays at the provider; `client_secret` is null while that is being made, and once it is paid.

    The shop keeps it sealed, and not longer than there is something to pay.
    """

    def read(uow: UnitOfWork) -> Answer:
        provider, secret = service.prepared(uow, call.ids["payment_id"], call.caller.number)
        key = wired.settings().stripe_publishable_key
        return Answer(HandOver(provider=provider, publishable_key=key, client_secret=secret))

    return call.transact(read)


@room.operation(
    "POST",
    "/webhooks/payments/<provider>",
    access=PUBLIC,
    body=ProviderNotice,
    replies=Reply(202, NoticeTaken, "Stored; a job asks the provider how the payment stands."),
    refuses=(WebhookRefused, NoticeMalformed, NotFound),
    limited=False,
)
def take_notice(call: Call[ProviderNotice, Nothing]) -> Answer:
    """A payment provider tells that something happened.

    Signed as the Standard Webhooks specification says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), at
    most five minutes ago. Stored once an event, whatever it is about.
    """
    body = request.get_data(cache=True)
    headers = {name.lower(): value for name, value in request.headers.items()}

    def store(uow: UnitOfWork) -> Answer:
        new = service.take_notice(uow, gateways(), call.path["provider"], headers, body)
        return Answer(NoticeTaken(status="stored" if new else "known"), 202)

    return call.transact(store)
