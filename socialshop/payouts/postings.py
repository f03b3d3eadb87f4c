"""What each step of a payout posts (docs/payouts.md has the table). Pure."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting

RETURNED = "returned"


class Claim(NamedTuple):
    """The money of one request: tax and fee are of `amount_minor`, the rest is what the channel pays.

    Whoever takes a request back before it is paid need not say them.
    """

    request_id: uuid.UUID
    member_number: int
    amount_minor: int
    currency: str
    channel: str
    tax_minor: int = 0
    fee_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What the channel pays."""
        return self.amount_minor - self.tax_minor - self.fee_minor


def reserve(claim: Claim) -> Entry:
    """Asked for: out of the wallet, which refuses to pass zero."""
    number = claim.member_number
    return _entry(
        claim, "reserved", (_out(claim, chart.member_wallet(number)), _in(claim, chart.member_reserved(number)))
    )


def give_back(claim: Claim, why: str, netted_minor: int) -> Entry:
    """Rejected, cancelled, failed or, once paid, returned: back into the wallet, and out of it what pays a debt.

    What was paid and comes back takes its tax and its fee back along, to the minor unit.
    """
    number, currency = claim.member_number, claim.currency
    if why == RETURNED:
        sources = tuple(posting._replace(amount_minor=-posting.amount_minor) for posting in _where_it_went(claim))
    else:
        sources = (_out(claim, chart.member_reserved(number)),)
    entry = _entry(claim, why, (*sources, _in(claim, chart.member_wallet(number))))
    if not netted_minor:
        return entry
    netting = (
        Posting(chart.member_wallet(number), -netted_minor, currency, claim.request_id),
        Posting(chart.member_receivable(number), netted_minor, currency, claim.request_id),
    )
    return entry._replace(postings=(*entry.postings, *netting))


def pay(claim: Claim) -> Entry:
    """Paid: the channel has it, but for the tax that is owed to the state and the fee that the shop keeps."""
    return _entry(claim, "paid", (_out(claim, chart.member_reserved(claim.member_number)), *_where_it_went(claim)))


def _where_it_went(claim: Claim) -> tuple[Posting, ...]:
    parts = (
        (chart.payout_clearing(claim.channel), claim.net_minor),
        (chart.TAX_WITHHELD, claim.tax_minor),
        (chart.PROVIDER_FEES, claim.fee_minor),
    )
    return tuple(Posting(account, part, claim.currency, claim.request_id) for account, part in parts if part)


def _out(claim: Claim, account: str) -> Posting:
    return Posting(account, -claim.amount_minor, claim.currency, claim.request_id)


def _in(claim: Claim, account: str) -> Posting:
    return Posting(account, claim.amount_minor, claim.currency, claim.request_id)


def _entry(claim: Claim, what: str, postings: tuple[Posting, ...]) -> Entry:
    """A request takes each step once, so its id and the step name the entry."""
    return Entry(f"payout:{to_public('por', claim.request_id)}:{what}", f"payout_{what}", postings)
