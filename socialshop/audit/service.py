"""The audit record's door: say who did what, in the transaction that did it; read it; seal it; prove it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from socialshop.audit import rules, store
from socialshop.audit.store import StoredEntry
from socialshop.infra.uow import UnitOfWork

__all__ = ["StoredEntry", "history", "record"]


def record(uow: UnitOfWork, *, actor: uuid.UUID | None, action: str, target: str, facts: Mapping[str, object]) -> None:
    """Say that `actor` (a member's id; None: the console or the shop by itself) did `action` to `target`.

    It stands if and only if what was done stands: same transaction. `action` is named like `payout.approved`, `target`
    is a public id. Facts are texts, whole numbers, ids, instants, and lists and mappings of them; never a secret, for
    nobody can take it back. Raises ValueError or TypeError for anything else: a fault of the caller's code.
    """
    rules.check_names(action, target)
    said = rules.facts_text(rules.plain_facts(facts))
    content_hash = rules.content_hash(uow.now, actor, action, target, said)
    store.add_entry(uow.session, store.EntryRow(uow.now, actor, action, target, said, content_hash))


def history(uow: UnitOfWork, targets: Sequence[str]) -> list[StoredEntry]:
    """All that was done to these, oldest first. One statement."""
    return list(store.entries_about(uow.session, targets))
