"""Sealing: entries into chained blocks, one block a call, one sealer at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from socialshop.infra import chain
from socialshop.infra.chain import Chain, count_waiting, seal_block
from socialshop.infra.uow import UnitOfWork
from socialshop.ledger.store import posting
from socialshop.ledger.store import sealing as store

# A settlement entry has up to 2,000 postings: a block of 10,000 such would take minutes to sum.
CHAIN = Chain("ledger", "socialshop", weight="e.posting_count", block_weight=500_000)


def count_unsealed(uow: UnitOfWork) -> int:
    """How many entries wait to be sealed."""
    return count_waiting(uow.session, CHAIN)


def last_unsealed(uow: UnitOfWork) -> int:
    """The highest id of an entry that waits to be sealed; 0 where none does."""
    return chain.last_waiting(uow.session, CHAIN)


def can_seal(uow: UnitOfWork, up_to: int) -> bool:
    """Whether an entry up to this id is ready for its block and in none yet, whoever may be sealing."""
    return chain.can_seal(uow.session, CHAIN, up_to)


def seal(uow: UnitOfWork) -> bool:
    """Seal the next block of entries, if there is one; True says that more may be waiting.

    The sums of folded accounts move with the block.
    """
    return seal_block(uow, CHAIN, _take)


def _take(session: Session, ids: Sequence[int]) -> Mapping[str, int]:
    """Move the folded sums of these entries; returns their turnover by currency."""
    sums = store.sums_of(session, ids)
    moves = [(account, currency, amount, 0) for account, currency, amount in sums.folded if amount]
    if moves:
        posting.move_balances(session, posting.Moves(*zip(*moves, strict=True)))
    return sums.turnover
