"""What a member does: say where money may go, ask for it, take a request back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import Money
from socialshop.kernel.time import to_text
from socialshop.ledger import service as ledger
from socialshop.ledger.errors import InsufficientBalance
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.payouts import postings, rules
from socialshop.payouts.errors import DestinationCooling
from socialshop.payouts.events import PayoutSubmitted
from socialshop.payouts.rules import Channel
from socialshop.payouts.service.claiming import end_claim
from socialshop.payouts.service.deducting import AT_HOME, Place, Quote, deduct
from socialshop.payouts.service.finding import find_frozen_requester, find_other_holder, find_shared_account
from socialshop.payouts.service.giving_back import give_back
from socialshop.payouts.service.moving import claim_of, found, move_on
from socialshop.payouts.service.verifying import name_first, payee_of, require_verified
from socialshop.payouts.store import destinations as places
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.destinations import Destination
from socialshop.payouts.store.requests import Request
from socialshop.screening import service as screening


def add_destination(
    uow: UnitOfWork, member_id: uuid.UUID, *, channel: Channel, holder: str, account: str
) -> Destination:
    """Say where money may go; what was said before in the same words is found again. Raises InvalidValue.

    Another account than before is told by a notice and by mail, and takes money only after a while (`usable_from`).
    With the first one begins the check of the name: the holder's, unless the member says another.
    """
    checked, id_ = rules.checked_account(channel, account), new_id()
    added = places.add(
        uow.session,
        destination_id=id_,
        member_id=member_id,
        channel=channel,
        holder=rules.checked_holder(holder),
        account=checked,
        now=uow.now,
    )
    screening.note_signals(uow, member_id, account=f"{channel} {checked}")
    name_first(uow, [(member_id, added.holder)])
    if added.changed and added.id == id_:
        (member,) = identity.named(uow, ids=[member_id])
        told = {"account": added.account_last4}
        notifications.tell(uow, [Told(member.number, "payout_account_added", str(id_), None, None, told)])
    return added


def usable_from(destination: Destination, cooldown: timedelta) -> datetime:
    """From when on money may be asked to go there: at once to the first account that a member names."""
    return destination.created_at + cooldown if destination.changed else destination.created_at


def destinations(uow: UnitOfWork, member_id: uuid.UUID) -> list[Destination]:
    """The member's destinations, oldest first."""
    return places.of_member(uow.session, member_id)


def submit(
    uow: UnitOfWork,
    *,
    member_id: uuid.UUID,
    member_number: int,
    destination_id: uuid.UUID,
    amount: Money,
    minimum_minor: int,
    cooldown: timedelta,
    place: Place = AT_HOME,
    agreed_net: int | None = None,
) -> Request:
    """Ask for money; it is set aside in the same transaction, so no sum is asked for twice.

    Tax and fee that are in force today are told to the request and taken off once it is paid; `agreed_net` is what the
    member was shown to get. Raises InvalidValue under the minimum and where something else would be left, NotFound for
    a destination that is not the member's, PayeeUnverified before the member is known by name, DestinationCooling for
    another account than before within `cooldown` after it was named, InsufficientBalance from the wallet's own CHECK:
    however many ask at once, they get no more than it holds.
    """
    if amount.amount_minor < minimum_minor:
        least = Money(minimum_minor, amount.currency)
        raise InvalidValue(f"a payout is of {least} or more", field="amount_minor")
    if not (owned := places.of_member(uow.session, member_id, destination_id)):
        raise NotFound("no such payout destination")
    payee = require_verified(payee_of(uow, member_id))
    if uow.now < (usable := usable_from(owned[0], cooldown)):
        raise DestinationCooling(f"this account is new: money may go there from {to_text(usable)} on")
    quote = deduct(uow, payee, owned[0].channel, amount, place)
    if agreed_net is not None and agreed_net != quote.taken.net_minor:
        raise InvalidValue("what is taken off has changed meanwhile: look at it again", field="amount_minor")
    request_id = new_id()
    store.add(
        uow.session,
        request_id=request_id,
        member_id=member_id,
        member_number=member_number,
        destination_id=destination_id,
        channel=owned[0].channel,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        tax_minor=quote.taken.tax_minor,
        fee_minor=quote.taken.fee_minor,
        tax_table_id=quote.tax.id if quote.tax else None,
        fee_id=quote.fee.id if quote.fee else None,
        now=uow.now,
    )
    request = found(uow, request_id)
    try:
        ledger.post(uow, [postings.reserve(claim_of(request))])
    except InsufficientBalance:
        # The ledger's own words name its account, which says nothing to a member.
        raise InsufficientBalance(f"your available balance is smaller than {amount}", field="amount_minor") from None
    audit.record(
        uow,
        actor=member_id,
        action="payout.submitted",
        target=to_public("por", request_id),
        facts={"amount_minor": amount.amount_minor, "currency": amount.currency, "channel": request.channel},
    )
    uow.emit(PayoutSubmitted(request_id=request_id))
    find_shared_account(uow, destination_id)
    find_other_holder(uow, request, payee.real_name)
    find_frozen_requester(uow, request_id, member_number)
    return request


def quote_of(uow: UnitOfWork, member_id: uuid.UUID, *, destination_id: uuid.UUID, amount: Money, place: Place) -> Quote:
    """What would be taken off a payout that is asked for now. Raises NotFound, PayeeUnverified, InvalidValue."""
    if not (owned := places.of_member(uow.session, member_id, destination_id)):
        raise NotFound("no such payout destination")
    return deduct(uow, require_verified(payee_of(uow, member_id)), owned[0].channel, amount, place)


def cancel(uow: UnitOfWork, member_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Take a request back before it is approved; the money is available again. Again changes nothing.

    Raises NotFound (another's too), PayoutNotOpen once it is approved or over.
    """
    request = found(uow, request_id)
    if request.member_id != member_id:
        raise NotFound("no such payout request")
    if not move_on(uow, request, "cancelled", come_from=("submitted", "held"), reason=None, ends=True):
        return
    end_claim(uow, request_id)
    ledger.post(uow, give_back(uow, {"cancelled": [claim_of(request)]}))
    audit.record(uow, actor=member_id, action="payout.cancelled", target=to_public("por", request_id), facts={})
