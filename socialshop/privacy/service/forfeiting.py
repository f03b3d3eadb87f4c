"""Money that nobody can claim any more falls to the shop, as the commission that it was never paid.

Points stay with their lots, which end in their time: books without them would no longer agree with the lots.
"""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.kernel.time import exact_text
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry, Posting
from socialshop.privacy.store import erasing as store


def money_of(uow: UnitOfWork, number: int) -> list[Money]:
    """What the member's wallet holds, a sum a currency."""
    return [
        Money(row.available_minor, row.currency) for row in store.wallet_of(uow.session, chart.member_wallet(number))
    ]


def forfeit(uow: UnitOfWork, number: int) -> list[Money]:
    """Post what the wallet holds back to where commissions come from; returns it. Wallets are held first."""
    wallet = chart.member_wallet(number)
    held = ledger.hold(uow, {(wallet, money.currency) for money in money_of(uow, number)})
    left = [Money(amount, currency) for (_, currency), amount in sorted(held.items()) if amount > 0]
    at = exact_text(uow.now)
    ledger.post(uow, [_entry(f"forfeit:{number}:{money.currency}:{at}", wallet, money) for money in left])
    return left


def take_back(uow: UnitOfWork, number: int) -> None:
    """A commission that the shop got back by forfeit and once more by a refund is booked back once.

    A claw back finds the wallet of a leaver empty and posts a debt that nobody will pay. As far as the shop holds the
    money of that member already, the debt is no debt: it ends against the expense that was lowered twice.
    """
    receivable = chart.member_receivable(number)
    at = exact_text(uow.now)
    entries = [
        _entry(f"forfeit_undone:{number}:{row.currency}:{at}", receivable, Money(-row.amount_minor, row.currency))
        for row in store.twice_of(uow.session, number)
    ]
    ledger.post(uow, entries)


def _entry(reference: str, account: str, money: Money) -> Entry:
    return Entry(
        reference,
        "forfeit",
        (
            Posting(account, -money.amount_minor, money.currency, None),
            Posting(chart.COMMISSION_EXPENSE, money.amount_minor, money.currency, None),
        ),
    )
