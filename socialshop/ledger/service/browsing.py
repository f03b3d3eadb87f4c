"""Looking for entries in the ledger, and reading one."""

from __future__ import annotations

from collections.abc import Collection

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import chart
from socialshop.ledger.errors import UnknownEntry
from socialshop.ledger.store import browsing as store
from socialshop.ledger.store.browsing import BrowsedEntry, BrowsedPosting, EntriesWanted


def entries(uow: UnitOfWork, wanted: EntriesWanted, before: int | None, limit: int) -> list[BrowsedEntry]:
    """Up to `limit` entries older than the one of this id, the newest first. One statement."""
    return store.entries(uow.session, wanted, before, limit)


def entries_named(uow: UnitOfWork, references: Collection[str]) -> list[BrowsedEntry]:
    """The entries under these references, in the order of their posting. One statement."""
    return store.named(uow.session, references)


def entry(uow: UnitOfWork, entry_id: int, after: int, limit: int) -> tuple[BrowsedEntry, list[BrowsedPosting]]:
    """An entry and up to `limit` of its postings beyond a line. Two statements. Raises UnknownEntry."""
    found = store.entry(uow.session, entry_id)
    if found is None:
        raise UnknownEntry(f"there is no entry {entry_id}")
    return found, store.postings(uow.session, entry_id, after, limit)


def accounts_of_member(number: int) -> list[str]:
    """The accounts that a member may have."""
    of = (chart.member_pending, chart.member_wallet, chart.member_reserved, chart.member_receivable)
    return [name(number) for name in of]
