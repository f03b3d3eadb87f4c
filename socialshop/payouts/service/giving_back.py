"""Money of a payout that goes back to its member: what the member owes by then is netted from it at once.

A claw back leaves reserved money alone. If all of it came back beside the debt, a request taken back and made again
would carry it away, and nobody who decides would be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry
from socialshop.payouts import postings
from socialshop.payouts.postings import Claim


def give_back(uow: UnitOfWork, by_cause: Mapping[str, Sequence[Claim]], *, beside: Sequence[Claim] = ()) -> list[Entry]:
    """What to post for claims that were, by cause, rejected, cancelled, failed or returned. A constant number of
    statements.

    Every balance that moves is held, those of the claims that are posted `beside` too, all in one order. A debt is only
    made or paid by one who holds the member's wallet, so it stands still from here on.
    """
    claims = [claim for given in by_cause.values() for claim in given]
    if not claims:
        return []
    wallets = {(chart.member_wallet(claim.member_number), claim.currency) for claim in claims}
    reserved = {(chart.member_reserved(claim.member_number), claim.currency) for claim in (*claims, *beside)}
    ledger.hold(uow, wallets | reserved)
    owed = ledger.debts(uow, {claim.member_number for claim in claims})
    entries = []
    for why, given in by_cause.items():
        for claim in given:
            debtor = claim.member_number, claim.currency
            netted = min(owed.get(debtor, 0), claim.amount_minor)
            owed[debtor] = owed.get(debtor, 0) - netted
            entries.append(postings.give_back(claim, why, netted))
    return entries
