"""The proof: recompute the books from their postings, and say the first thing that is off."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from socialshop.infra.chain import Head, lost_in_queue, prove_chain
from socialshop.infra.uow import UnitOfWork, advisory_lock, require_snapshot
from socialshop.kernel.time import exact_text
from socialshop.ledger import chart
from socialshop.ledger.errors import ProofRunning, UnknownAccount
from socialshop.ledger.journal import NOTHING, content_hash
from socialshop.ledger.service.closing import month_faults
from socialshop.ledger.service.sealing import CHAIN
from socialshop.ledger.store import proof as store

_BALANCED, _CHAIN, _PROJECTION = "balanced", "chain_ok", "projection_ok"
_ASK_AGAIN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Proof:
    """What the books prove.

    `balanced`: every entry is whole and sums to zero per currency. `chain_ok`: every entry and block has the hash of
    its content, and the chain reaches back unbroken (and up to the head it was compared with); every closed month has
    the hash of its entries. `projection_ok`: every balance is the sum of its postings, none below zero that may not be.
    `first_difference` is null where all hold.
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
    broken: set[str] = field(default_factory=set)
    first_difference: str | None = None

    def add(self, what: str, difference: str) -> None:
        self.broken.add(what)
        if self.first_difference is None:
            self.first_difference = difference


def prove_alone(uow: UnitOfWork) -> Proof:
    """As `prove`, one such proof at a time. Raises ProofRunning while another's runs."""
    if not advisory_lock(uow, "ledger.prove", wait=False):
        raise ProofRunning("a proof is being made for somebody else; ask again later", retry_after=_ASK_AGAIN_SECONDS)
    return prove(uow)


def prove(uow: UnitOfWork, head: Head | None = None) -> Proof:
    """Recompute every hash, sum, block and balance in one snapshot, streaming; compare with `head` if given.

    The unit of work must be REPEATABLE READ (RuntimeError otherwise): under less, the books move while they are read.
    Changes nothing, and needs no lock: the shop goes on.
    """
    require_snapshot(uow)
    found = _Findings()
    _prove_journal(uow, found)
    chain = prove_chain(
        uow.session, CHAIN, store.turnovers(uow.session), head, lambda difference: found.add(_CHAIN, difference)
    )
    for fault in month_faults(uow):
        found.add(_CHAIN, fault)
    _prove_balances(uow, found)
    return Proof(
        balanced=_BALANCED not in found.broken,
        chain_ok=_CHAIN not in found.broken,
        projection_ok=_PROJECTION not in found.broken,
        entries=found.entries,
        postings=found.postings,
        unsealed=found.unsealed,
        head_hash=chain.head_hash.hex(),
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
    lost = lost_in_queue(uow.session, CHAIN)
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
    if content_hash(entry.reference, entry.kind, exact_text(entry.posted_at), entry.reverses, lines) != (
        entry.content_hash
    ):
        found.add(_CHAIN, f"{name} does not have the hash of its content: it was changed after it was posted")
    found.unsealed += entry.place.block_number is None
    fault = entry.place.fault()
    if fault is not None:
        found.add(_CHAIN, f"{name} {fault}")


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
