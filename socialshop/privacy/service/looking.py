"""Who of the shop looked at whose data: noted by the operation or page itself, read by the person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.privacy.store import looking as store
from socialshop.privacy.store.looking import KINDS, DeskLook, LookRow

__all__ = ["KINDS", "DeskLook", "LookRow", "forget_looks", "looks", "looks_at", "note_look"]

_A_STEP = 5_000


def note_look(uow: UnitOfWork, viewer: uuid.UUID, prefix: str, key: uuid.UUID, saw: str) -> None:
    """Note that `viewer` saw what is behind a public id, for everybody whose data that is. One statement.

    It stands if and only if the answer is given: same transaction. Own data is no look.
    """
    store.note(uow.session, prefix, key, viewer, saw=saw, now=uow.now)


def looks_at(uow: UnitOfWork, member_id: uuid.UUID, before: int | None, limit: int) -> Sequence[LookRow]:
    """Up to `limit` looks at a member's data, the newest first, older than `before`. One statement."""
    return store.page(uow.session, member_id, before, limit)


def looks(
    uow: UnitOfWork, viewer: uuid.UUID | None, member_id: uuid.UUID | None, before: int | None, limit: int
) -> Sequence[DeskLook]:
    """Up to `limit` looks by somebody, at somebody's data, or any, the newest first. One statement."""
    return store.desk_page(uow.session, viewer, member_id, before, limit)


def forget_looks(uow: UnitOfWork, before: datetime) -> bool:
    """Forget looks older than that; True if there may be more."""
    return store.forget(uow.session, before, _A_STEP) == _A_STEP
