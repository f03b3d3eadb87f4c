"""Forgetting what members were told long ago."""

from __future__ import annotations

from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.notifications.store import mails, notices

_A_STEP = 5_000


def forget(uow: UnitOfWork, before: datetime) -> bool:
    """Forget notices written and mails ended before then; True if there may be more of either."""
    forgotten = notices.forget(uow.session, before, _A_STEP), mails.forget(uow.session, before, _A_STEP)
    return _A_STEP in forgotten
