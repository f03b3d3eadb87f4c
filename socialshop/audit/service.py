"""The audit record's door: say who did what, in the transaction that did it; read it; seal it; prove it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from socialshop.audit import rules, store
from socialshop.audit.personal_store import PERSONAL
from socialshop.audit.store import StoredEntry, Wanted
from socialshop.infra import chain
from socialshop.infra.chain import Chain, Head, SignedHead, count_waiting, lost_in_queue, prove_chain, seal_block
from socialshop.infra.uow import UnitOfWork, require_snapshot

__all__ = [
    "PERSONAL",
    "AuditProof",
    "Deed",
    "StoredEntry",
    "Wanted",
    "can_seal",
    "count_unsealed",
    "done_to",
    "history",
    "last_unsealed",
    "page_of",
    "prove",
    "read_head",
    "record",
    "record_all",
    "seal",
    "signed_head",
]

CHAIN = Chain("audit", "socialshop audit", weight="1", block_weight=10_000, label="audit ")


class Deed(NamedTuple):
    """Who did what to whom; see `record`."""

    actor: uuid.UUID | None
    action: str
    target: str
    facts: Mapping[str, object]


def record(uow: UnitOfWork, *, actor: uuid.UUID | None, action: str, target: str, facts: Mapping[str, object]) -> None:
    """Say that `actor` (a member's id; None: the console or the shop by itself) did `action` to `target`.

    It stands if and only if what was done stands: same transaction. `action` is named like `payout.approved`, `target`
    is a public id. Facts are texts, whole numbers, ids, instants, and lists and mappings of them; never a secret, for
    nobody can take it back. Raises ValueError or TypeError for anything else: a fault of the caller's code.
    """
    record_all(uow, [Deed(actor, action, target, facts)])


def record_all(uow: UnitOfWork, deeds: Sequence[Deed]) -> None:
    """Say many at once, in their order. One statement, whatever the number."""
    store.add_entries(uow.session, [_row(uow.now, deed) for deed in deeds], uow.now)


def _row(now: datetime, deed: Deed) -> store.EntryRow:
    rules.check_names(deed.action, deed.target)
    facts = rules.facts_text(rules.plain_facts(deed.facts))
    content_hash = rules.content_hash(now, deed.actor, deed.action, deed.target, facts)
    return store.EntryRow(deed.actor, deed.action, deed.target, facts, content_hash)


def has_done(uow: UnitOfWork, actor: uuid.UUID, action: str, target: str) -> bool:
    """Whether the record says that `actor` ever did this to `target`. One indexed read."""
    return store.has_entry(uow.session, actor, action, target)


def done_to(uow: UnitOfWork, actor: uuid.UUID, action: str, targets: Collection[str]) -> set[str]:
    """To which of these the record says that `actor` ever did this. One statement."""
    return store.with_entry(uow.session, actor, action, targets)


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
    """Seal the next block of entries, if there is one; True says that more may be waiting. For the periodic table."""
    return seal_block(uow, CHAIN, store.count_by_action)


@dataclass(frozen=True, slots=True)
class AuditProof:
    """What the record proves: `first_difference` is null where every entry and block has the hash of its content."""

    entries: int
    unsealed: int
    head_hash: str
    first_difference: str | None

    @property
    def holds(self) -> bool:
        """Nothing is off."""
        return self.first_difference is None

    def fields(self) -> dict[str, Any]:
        """What a proof says of the record beside the ledger's own fields, by name."""
        return {
            "audit_ok": self.holds,
            "audit_entries": self.entries,
            "audit_unsealed": self.unsealed,
            "audit_head_hash": self.head_hash,
        }


def prove(uow: UnitOfWork, head: Head | None = None) -> AuditProof:
    """Recompute every entry and block, streaming; compare with `head` if given. Changes nothing.

    The unit of work must be REPEATABLE READ (RuntimeError otherwise): under less, the record moves while it is read.
    """
    require_snapshot(uow)
    said: list[str] = []
    count, unsealed = 0, 0
    for entry in store.entries(uow.session):
        count, unsealed = count + 1, unsealed + (entry.place.block_number is None)
        said += _faults_of(entry)[: 1 if not said else 0]
    lost = lost_in_queue(uow.session, CHAIN)
    if lost is not None:
        said.append(f"audit entry {lost} waits to be sealed and is gone")
    proved = prove_chain(uow.session, CHAIN, store.sums(uow.session), head, said.append)
    return AuditProof(count, unsealed, proved.head_hash.hex(), said[0] if said else None)


def _faults_of(entry: store.ProvedEntry) -> list[str]:
    name = f"audit entry {entry.id} ({entry.action} {entry.target})"
    said = []
    facts = rules.facts_text(entry.facts)
    if rules.content_hash(entry.recorded_at, entry.actor, entry.action, entry.target, facts) != entry.content_hash:
        said.append(f"{name} does not have the hash of its content: it was changed after it was recorded")
    fault = entry.place.fault()
    return said if fault is None else [*said, f"{name} {fault}"]


def signed_head(uow: UnitOfWork, data_dir: Path) -> SignedHead:
    """The newest block's head, signed by the key of `data_dir` (made there on first use)."""
    return chain.signed_head(uow.session, CHAIN, data_dir)


def read_head(document: str, data_dir: Path) -> Head:
    """The record's head, in the `audit` member of an exported document. Raises HeadRefused."""
    fields = chain.json_of(document)
    return chain.read_head(fields.get("audit") if isinstance(fields, dict) else None, CHAIN, data_dir)


def history(uow: UnitOfWork, targets: Sequence[str]) -> list[StoredEntry]:
    """All that was done to these, oldest first. One statement."""
    return list(store.entries_about(uow.session, targets))


def page_of(uow: UnitOfWork, wanted: Wanted, before: int | None, limit: int) -> list[StoredEntry]:
    """Up to `limit` entries older than the one of this id, the newest first. One statement."""
    return store.page(uow.session, wanted, before, limit)
