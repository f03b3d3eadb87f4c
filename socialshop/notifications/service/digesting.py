"""Folding what was held into one mail a member."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.notifications.events import MailsQueued
from socialshop.notifications.store import digests as store

_A_STEP = 1_000


def fold_digests(uow: UnitOfWork) -> bool:
    """Queue the digests whose time has come; True while there may be more. For the periodic table."""
    members = store.due(uow.session, uow.now, _A_STEP)
    if members:
        store.fold(uow.session, members, uow.now)
        uow.emit(MailsQueued())
    return len(members) == _A_STEP
