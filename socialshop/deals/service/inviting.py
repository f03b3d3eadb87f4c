"""Deals for those who are invited alone. Who that is, is decided above: rooms, lists and pages ask only here."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from socialshop.deals import invitation_store as store
from socialshop.deals.errors import DealPublished
from socialshop.deals.service.reading import known
from socialshop.infra.uow import UnitOfWork

_FORGOTTEN_A_STEP = 5_000


def keep_for_invited(uow: UnitOfWork, deal_id: uuid.UUID) -> None:
    """From now on a draft is shown to whoever is invited, and to nobody else; said again, nothing changes.

    Raises NotFound, DealPublished: what was shown to everybody stays so.
    """
    if known(uow, deal_id).invited_only:
        return
    if not store.keep_for_invited(uow.session, deal_id):
        raise DealPublished("a deal is kept for some before it is published")


def invite(uow: UnitOfWork, deal_id: uuid.UUID, members: Collection[int]) -> list[int]:
    """Invite members to a deal; returns those who were not before."""
    return store.invite(uow.session, deal_id, members, uow.now) if members else []


def is_invited(uow: UnitOfWork, deal_id: uuid.UUID, member: int) -> bool:
    """Whether the member is invited to the deal."""
    return store.is_invited(uow.session, deal_id, member)


def count_invited(uow: UnitOfWork, deal_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many are invited to each of these deals; those of nobody are left out. One statement."""
    return store.count_invited(uow.session, deal_ids)


def invited_to(uow: UnitOfWork, member: int) -> Sequence[uuid.UUID]:
    """The deals that are not over and are for the member among some alone, the newest first."""
    return store.invited_to(uow.session, member, uow.now)


def forget_invitations(uow: UnitOfWork, before: datetime) -> bool:
    """Forget who was invited to deals that were over before then; True if there may be more."""
    return store.forget(uow.session, before, _FORGOTTEN_A_STEP) == _FORGOTTEN_A_STEP
