"""Telling members what became of their ways to sign in."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told


def tell(uow: UnitOfWork, member: int, kind: str) -> None:
    """One notice each time."""
    notifications.tell(uow, [Told(member, kind, str(new_id()), None, None, {})])
