"""The whole proof: ledger, audit record and counted stock in one snapshot, kept in the record."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.audit.service import StoredEntry, Wanted
from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import service as ledger
from socialshop.loyalty import service as loyalty


def prove(uow: UnitOfWork, actor: uuid.UUID | None) -> str | None:
    """Recompute all of it and say in the record how it ended; returns the first difference.

    In a unit of work under REPEATABLE READ. Raises ProofRunning while another's runs.
    """
    books, record = ledger.prove_alone(uow), audit.prove(uow)
    stock = [*deals.stock_differences(uow), *loyalty.reward_differences(uow)]
    off = next((str(each) for each in stock), None)
    difference = books.first_difference or record.first_difference or off
    facts: dict[str, object] = {
        "entries": books.entries,
        "postings": books.postings,
        "unsealed": books.unsealed,
        "head_hash": books.head_hash,
        "audit_entries": record.entries,
        "audit_unsealed": record.unsealed,
        "audit_head_hash": record.head_hash,
        "stock_differences": len(stock),
        "first_difference": difference,
    }
    audit.record(uow, actor=actor, action=ledger.PROVED, target=ledger.BOOKS, facts=facts)
    return difference


def last_proofs(uow: UnitOfWork, limit: int) -> list[StoredEntry]:
    """How the newest proofs ended, as the audit record keeps them. One statement."""
    return audit.page_of(uow, Wanted(target=ledger.BOOKS, action=ledger.PROVED), None, limit)
