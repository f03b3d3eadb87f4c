"""The proof: recompute the books from their postings, and say the first thing that is off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Generic, TypeVar

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import chart
from socialshop.ledger.errors import UnknownAccount
from socialshop.ledger.journal import NOTHING, content_hash, instant_text
from socialshop.ledger.seals import GENESIS, BlockHash, Head
from socialshop.ledger.store import proof as store

Row = TypeVar("Row", store.Member, store.Turnover)

_BALANCED, _CHAIN, _PROJECTION = "balanced", "chain_ok", "projection_ok"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the books prove.

    `balanced`: every entry is whole and sums to zero per currency. `chain_ok`: every entry and block has the hash of
    its content, and the chain reaches back unbroken (and up to the head it was compared with). `projection_ok`: every
    balance is the sum of its postings, none below zero that may not be. `first_difference` is null where all hold.
    """

    balanced: bool
    chain_ok: bool
    projection_ok: bool
    entries: int
    postings: int
    unsealed: int
    head_hash: str
    first_difference: str | None

    @property
    def holds(self) -> bool:
        """Nothing is off."""
        return self.first_difference is None


@dataclass(slots=True)
class _Findings:
    """What a proof has counted and found so far."""

    entries: int = 0
    postings: int = 0
    unsealed: int = 0
    head_hash: bytes = GENESIS
    broken: set[str] = field(default_factory=set)
    first_difference: str | None = None

    def add(self, what: str, difference: str) -> None:
        self.broken.add(what)
        if self.first_difference is None:
            self.first_difference = difference


def prove(uow: UnitOfWork, head: Head | None = None) -> Proof:
    """Recompute every hash, sum, block and balance in one snapshot, streaming; compare with `head` if given.

    The unit of work must be REPEATABLE READ (RuntimeError otherwise): under less, the books move while they are read.
    Changes nothing, and needs no lock: the shop goes on.
    """
    if store.isolation(uow.session) not in {"repeatable read", "serializable"}:
        raise RuntimeError("a proof needs one snapshot: open the unit of work as REPEATABLE READ")
    found = _Findings()
    _prove_journal(uow, found)
    _prove_chain(uow, found, head)
    _prove_balances(uow, found)
    return Proof(
        balanced=_BALANCED not in found.broken,
        chain_ok=_CHAIN not in found.broken,
        projection_ok=_PROJECTION not in found.broken,
        entries=found.entries,
        postings=found.postings,
        unsealed=found.unsealed,
        head_hash=found.head_hash.hex(),
        first_difference=found.first_difference,
    )


def _prove_journal(uow: UnitOfWork, found: _Findings) -> None:
    """Walk entries and postings side by side, both in entry order."""
    groups = groupby(store.postings(uow.session), key=itemgetter(0))
    entry_id, postings = next(groups, (None, iter(())))
    for entry in store.entries(uow.session):
        while entry_id is not None and entry_id < entry.id:
            found.add(_BALANCED, f"entry {entry_id} is gone, its postings are not")
            entry_id, postings = next(groups, (None, iter(())))
        if entry_id == entry.id:
            _prove_entry(entry, list(postings), found)
            entry_id, postings = next(groups, (None, iter(())))
        else:
            _prove_entry(entry, [], found)
    if entry_id is not None:
        found.add(_BALANCED, f"entry {entry_id} is gone, its postings are not")
    lost = store.lost_in_queue(uow.session)
    if lost is not None:
        found.add(_CHAIN, f"entry {lost} waits to be sealed and is gone")


def _prove_entry(entry: store.JournalEntry, postings: list[store.JournalPosting], found: _Findings) -> None:
    found.entries += 1
    found.postings += len(postings)
    name = f"entry {entry.id} ({entry.reference})"
    if len(postings) != entry.posting_count:
        found.add(_BALANCED, f"{name} has {len(postings)} postings, not {entry.posting_count}")
    sums: dict[str, int] = {}
    lines = []
    for _, account, amount, currency, subject in postings:
        sums[currency] = sums.get(currency, 0) + amount
        lines.append(f"{account}\t{amount}\t{currency}\t{subject or NOTHING}")
    for currency, off in sums.items():
        if off:
            found.add(_BALANCED, f"{name} is off by {off} {currency} (minor units)")
    if content_hash(entry.reference, entry.kind, instant_text(entry.posted_at), entry.reverses, lines) != (
        entry.content_hash
    ):
        found.add(_CHAIN, f"{name} does not have the hash of its content: it was changed after it was posted")
    _prove_place(entry, name, found)


def _prove_place(entry: store.JournalEntry, name: str, found: _Findings) -> None:
    """An entry is in one block or waits for one."""
    if entry.block_number is None:
        found.unsealed += 1
        if not entry.waiting:
            found.add(_CHAIN, f"{name} is in no block and does not wait for one")
    elif entry.waiting:
        found.add(_CHAIN, f"{name} is in block {entry.block_number} and waits for another")


def _prove_chain(uow: UnitOfWork, found: _Findings, head: Head | None) -> None:
    """Walk blocks, their members and their turnover side by side; all in block order."""
    members = _Groups(store.members(uow.session))
    turnovers = _Groups(store.turnovers(uow.session))
    last, sealed, previous = 0, 0, GENESIS
    for block in store.blocks(uow.session):
        if block.number != last + 1:
            found.add(_CHAIN, f"block {last + 1} is missing")
        elif block.previous_hash != previous:
            found.add(_CHAIN, f"block {block.number} does not follow the block before it")
        _prove_block(block, members.take(block.number), turnovers.take(block.number), found)
        last, previous, sealed = block.number, block.hash, sealed + block.entry_count
        here = Head(last, previous, sealed, instant_text(block.sealed_at))
        if head is not None and head.number == last and head != here:
            found.add(_CHAIN, f"block {last} is not the one whose head was exported")
    found.head_hash = previous
    if members.any_left():
        found.add(_CHAIN, f"block {last + 1} is missing: entries say that they are in it")
    if head is not None and head.number > last:
        found.add(_CHAIN, f"the chain ends at block {last}, the exported head at block {head.number}: its tail was cut")


def _prove_block(
    block: store.Block, members: list[store.Member], turnovers: list[store.Turnover], found: _Findings
) -> None:
    name = f"block {block.number}"
    gone = next((member.entry_id for member in members if member.content_hash is None), None)
    if gone is not None:
        found.add(_CHAIN, f"{name} lists entry {gone}, which is gone")
    if len(members) != block.entry_count:
        found.add(_CHAIN, f"{name} sealed {block.entry_count} entries and has {len(members)}")
    if {turnover.currency: turnover.amount_minor for turnover in turnovers} != block.sums:
        found.add(_CHAIN, f"{name} does not have the sums of its entries")
    sha = BlockHash(
        number=block.number,
        previous=block.previous_hash,
        sealed_at=block.sealed_at,
        count=block.entry_count,
        sums=block.sums,
    )
    for member in members:
        sha.add(member.content_hash or b"")
    if sha.digest() != block.hash:
        found.add(_CHAIN, f"{name} does not have the hash of its content: entries were changed, swapped or removed")


def _prove_balances(uow: UnitOfWork, found: _Findings) -> None:
    gap = store.first_balance_gap(uow.session)
    if gap is not None:
        name = gap.account or "an account that is gone"
        found.add(
            _PROJECTION,
            f"the balance of {name} is {gap.stored} {gap.currency}, its postings sum to {gap.recomputed}",
        )
    for row in store.balance_rows(uow.session):
        try:
            account = chart.account(row.account)
        except UnknownAccount as error:
            found.add(_PROJECTION, error.detail)
            continue
        if account.sign * row.amount_minor < 0:
            found.add(_PROJECTION, f"{row.account} stands at {row.amount_minor} {row.currency}, past zero")
        if (account.folded, account.sign, account.sign) != (row.folded, row.account_sign, row.sign):
            found.add(_PROJECTION, f"the balance of {row.account} is not kept as the chart of accounts says")


class _Groups(Generic[Row]):
    """Rows that come ordered by a block's number, their first field, taken block by block."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows: Iterator[Row] = rows
        self._next: Row | None = next(rows, None)

    def take(self, number: int) -> list[Row]:
        """The rows of block `number`; those of blocks before it that nobody took are passed over."""
        taken = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                taken.append(self._next)
            self._next = next(self._rows, None)
        return taken

    def any_left(self) -> bool:
        """Whether rows of later blocks remain."""
        return self._next is not None
