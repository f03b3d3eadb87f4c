"""Sealing: entries into chained blocks, one block a call, one sealer at a time."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.ledger.seals import GENESIS, BlockHash
from socialshop.ledger.store import posting
from socialshop.ledger.store import sealing as store

BLOCK_ENTRIES = 10_000
# A settlement entry has up to 2,000 postings: a block of 10,000 such would take minutes to sum.
BLOCK_POSTINGS = 500_000


def count_unsealed(uow: UnitOfWork) -> int:
    """How many entries wait to be sealed."""
    return store.count_waiting(uow.session)


def seal(uow: UnitOfWork) -> bool:
    """Seal the next block, if anything can be sealed; True says that more may be waiting.

    An entry can be sealed once no transaction older than its own is still running, so that what commits late joins a
    later block instead of slipping in behind one. Nothing happens, and False is said, while another seals. The sums of
    folded accounts move with the block.
    """
    if not advisory_lock(uow, "ledger.seal", wait=False):
        return False
    session = uow.session
    waiting = store.waiting_entries(session, entries=BLOCK_ENTRIES, postings=BLOCK_POSTINGS)
    if not waiting:
        return False
    ids = [entry.id for entry in waiting]
    sums = store.sums_of(session, ids)
    last = store.last_block(session)
    number, previous = (last.number + 1, bytes(last.hash)) if last else (1, GENESIS)
    sha = BlockHash(number=number, previous=previous, sealed_at=uow.now, count=len(ids), sums=sums.turnover)
    for entry in waiting:
        sha.add(entry.content_hash)
    store.add_block(session, store.BlockRow(number, previous, sha.digest(), len(ids), sums.turnover, uow.now), ids)
    moves = [(account, currency, amount, 0) for account, currency, amount in sums.folded if amount]
    if moves:
        posting.move_balances(session, posting.Moves(*zip(*moves, strict=True)))
    return len(waiting) == BLOCK_ENTRIES or sum(entry.posting_count for entry in waiting) >= BLOCK_POSTINGS
