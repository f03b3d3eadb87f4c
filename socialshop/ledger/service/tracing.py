"""What entries moved on one account: for who compares an account with records from outside."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger.store import tracing as store
from socialshop.ledger.store.tracing import Line


def lines_of(uow: UnitOfWork, account: str, references: Collection[str]) -> dict[str, Line]:
    """What the entries of these references moved on the account; one that there is not is left out. One statement."""
    return {line.reference: line for line in store.by_reference(uow.session, account, references)}


def lines_between(
    uow: UnitOfWork, account: str, kinds: Collection[str], since: datetime, until: datetime
) -> list[Line]:
    """What entries of these kinds moved on the account within a span. One statement."""
    return store.by_time(uow.session, account, kinds, since, until)
