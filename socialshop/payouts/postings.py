"""What each step of a payout posts (docs/payouts.md has the table). Pure."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting

RETURNED = "returned"


class Claim(NamedTuple):
    """The money of one request."""

    request_id: uuid.UUID
    member_number: int
    amount_minor: int
    currency: str
    channel: str


def reserve(claim: Claim) -> Entry:
    """Asked for: out of the wallet, which refuses to pass zero."""
    return _entry(
        claim, "reserved", chart.member_wallet(claim.member_number), chart.member_reserved(claim.member_number)
    )


def give_back(claim: Claim, why: str, netted_minor: int) -> Entry:
    """Rejected, cancelled, failed or, once paid, returned: back into the wallet, and out of it what pays a debt."""
    number, currency = claim.member_number, claim.currency
    source = chart.payout_clearing(claim.channel) if why == RETURNED else chart.member_reserved(number)
    entry = _entry(claim, why, source, chart.member_wallet(number))
    if not netted_minor:
        return entry
    netting = (
        Posting(chart.member_wallet(number), -netted_minor, currency, claim.request_id),
        Posting(chart.member_receivable(number), netted_minor, currency, claim.request_id),
    )
    return entry._replace(postings=(*entry.postings, *netting))


def pay(claim: Claim) -> Entry:
    """Paid: the channel has it."""
    return _entry(claim, "paid", chart.member_reserved(claim.member_number), chart.payout_clearing(claim.channel))


def _entry(claim: Claim, what: str, source: str, destination: str) -> Entry:
    """A request takes each step once, so its id and the step name the entry."""
    postings = (
        Posting(source, -claim.amount_minor, claim.currency, claim.request_id),
        Posting(destination, claim.amount_minor, claim.currency, claim.request_id),
    )
    return Entry(f"payout:{to_public('por', claim.request_id)}:{what}", f"payout_{what}", postings)
