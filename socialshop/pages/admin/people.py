"""Who did what, by name: the names behind the ids that records keep."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork


def names_by_id(uow: UnitOfWork, ids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID, str | None]:
    """The names of these members; None behind an id is nobody: the console, or the shop by itself. One statement."""
    wanted = sorted({each for each in ids if each is not None})
    return {found.id: found.display_name for found in identity.named(uow, ids=wanted)}


def names_by_number(uow: UnitOfWork, numbers: Iterable[int]) -> Mapping[int, str | None]:
    """The names of these members by number. One statement."""
    return {found.number: found.display_name for found in identity.named(uow, numbers=sorted(set(numbers)))}
