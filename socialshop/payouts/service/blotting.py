"""Blotting out where the money of people who have left once went."""

from __future__ import annotations

from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.payouts.store import personal as store

_A_STEP = 1_000


def blot_out(uow: UnitOfWork, before: datetime) -> bool:
    """Blot out holders, accounts and names to which nothing was paid since; True if there may be more."""
    return store.blot_out(uow.session, before, _A_STEP) == _A_STEP
