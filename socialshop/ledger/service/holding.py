"""Holding balances: whoever decides by a balance holds it first, so that it cannot move before the entry is posted."""

from __future__ import annotations

from collections.abc import Collection
from itertools import repeat

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import chart
from socialshop.ledger.store import balances as store
from socialshop.ledger.store import posting

AccountCurrency = tuple[str, str]


def hold(uow: UnitOfWork, wanted: Collection[AccountCurrency]) -> dict[AccountCurrency, int]:
    """Lock these balances until the transaction ends, and say how each stands; one that never moved is made, at zero.

    They are locked in the order in which `post` locks them: who holds all that it will post to cannot deadlock with
    anybody who posts. A constant number of statements. For accounts that are not folded. Raises UnknownAccount.
    """
    if not wanted:
        return {}
    names = {name for name, _ in wanted}
    known = posting.accounts(uow.session, names)
    missing = names - known.ids.keys()
    if missing:
        posting.add_accounts(uow.session, [chart.account(name) for name in sorted(missing)])
        known = posting.accounts(uow.session, names)
    pairs = sorted(wanted)
    accounts, currencies = zip(*pairs, strict=True)
    ids = [known.ids[name] for name in accounts]
    # A move by nothing locks the row that is there, and makes the one that is not.
    signs = [known.signs[name] for name in accounts]
    posting.move_balances(uow.session, posting.Moves(ids, currencies, list(repeat(0, len(pairs))), signs))
    standing = store.standing(uow.session, ids)
    return {pair: standing[account_id, pair[1]] for pair, account_id in zip(pairs, ids, strict=True)}


def debts(uow: UnitOfWork, numbers: Collection[int]) -> dict[tuple[int, str], int]:
    """What these members owe the shop, by member number and currency, each above zero; not locked."""
    return store.debts(uow.session, numbers)
