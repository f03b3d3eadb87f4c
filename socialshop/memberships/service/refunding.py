"""Money back for a plan: what of the term is refunded, by which rule, and from which of its charges."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.ledger import service as ledger
from socialshop.memberships import postings
from socialshop.memberships.errors import PlanNotRefundable
from socialshop.memberships.service.collecting import ask_for, give_back
from socialshop.memberships.service.offering import offer_of
from socialshop.memberships.service.subscribing import require, stop
from socialshop.memberships.store import charges, terms
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.subscriptions import SubscriptionRow
from socialshop.memberships.store.terms import TermRow
from socialshop.memberships.terms import RefundQuote, first_instant, refund_of

_ASKED_AGAIN_AFTER = timedelta(days=1)
_BATCH = 200


def refund_quote(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, zone: str) -> RefundQuote:
    """What a refund would give now, and by which rule. Raises NotFound, PlanNotActive."""
    row = require(uow, member, subscription_id, ("active",))
    return _quote(uow, row, terms.current(uow.session, [row.id])[row.id], zone)


def refund(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, zone: str) -> None:
    """End the subscription now and give back what is due, to where it was paid from.

    A refund that the provider refused is asked for again at once. Raises NotFound, PlanNotActive, PlanNotRefundable.
    """
    row = require(uow, member, subscription_id, ("active", "ended"))
    if row.status == "ended":
        if row.ended_because != "refunded":
            raise PlanNotRefundable("the subscription is over")
        ask_for(uow, charges.reopen_refunds(uow.session, row.id))
        return
    term = terms.current(uow.session, [row.id])[row.id]
    quote = _quote(uow, row, term, zone)
    if not quote.amount_minor:
        raise PlanNotRefundable("nothing of this term can be refunded")
    kept = terms.close(uow.session, [(term.id, term.price_minor - quote.amount_minor)], uow.now)
    ledger.post(uow, list(postings.of_cuts(kept)))
    stop(uow, [row], "refunded")
    give_back(uow, list(_taken(charges.paid_of(uow.session, row.id), quote.amount_minor)), quote.rule)


def retry_refunds(uow: UnitOfWork) -> bool:
    """Ask again for refunds that the provider refused a day ago or longer; True if there may be more."""
    refused = charges.reopen_failed(uow.session, uow.now - _ASKED_AGAIN_AFTER, _BATCH)
    ask_for(uow, refused)
    return len(refused) == _BATCH


def _quote(uow: UnitOfWork, row: SubscriptionRow, term: TermRow, zone: str) -> RefundQuote:
    return refund_of(
        # What another paid goes back to nobody once it is redeemed.
        price_minor=term.price_minor if term.kind == "paid" else 0,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        today=day_of(uow.now, zone),
        used=terms.used_since(uow.session, row.id, first_instant(term.starts_on, zone)),
        full_refund_days=offer_of(uow, term.offer_id).offer.full_refund_days,
    )


def _taken(paid: Sequence[ChargeRow], amount_minor: int) -> Iterator[tuple[ChargeRow, int]]:
    """The amount by charges, the newest first: a term that was upgraded to is paid by its own and those before."""
    for charge in paid:
        part = min(amount_minor, charge.amount_minor - charge.refunded_minor)
        amount_minor -= part
        yield charge, part
