"""From the names that people use for members (an external id, or `mbr_…`) to their numbers, and back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress

from socialshop.identity import store
from socialshop.identity.store import Named
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role

_PREFIX = "mbr"


def number_of(uow: UnitOfWork, name: str) -> int:
    """The number of the member with this external id, else with this public id. Raises NotFound."""
    found = store.number_by_external_id(uow.session, name)
    if found is None:
        found = store.number_by_id(uow.session, _key(name))
    if found is None:
        raise NotFound(f"no member is known as {name!r}")
    return found


def _key(name: str) -> uuid.UUID:
    try:
        return from_public(_PREFIX, name)
    except NotFound:
        raise NotFound(f"no member is known as {name!r}") from None


def names_of(uow: UnitOfWork, numbers: Sequence[int]) -> dict[int, str]:
    """Of each number the external id, or the public id where there is none."""
    rows = store.ids_of(uow.session, numbers)
    return {number: external_id or to_public(_PREFIX, key) for number, external_id, key in rows}


def name_member(uow: UnitOfWork, member_id: uuid.UUID, external_id: str) -> None:
    """Give a member the shop's own id, so that files can speak of it. It must be free."""
    store.set_external_id(uow.session, member_id, external_id)


def is_empty(uow: UnitOfWork) -> bool:
    """Whether the shop has no member yet."""
    return not store.has_members(uow.session)


def whose_email(uow: UnitOfWork, email: str) -> uuid.UUID | None:
    """Who signs in with this e-mail, whatever its letter case; None for nobody. One statement."""
    return store.whose_email(uow.session, email)


def named(uow: UnitOfWork, *, ids: Sequence[uuid.UUID] = (), numbers: Sequence[int] = ()) -> list[Named]:
    """The members of these ids or numbers. One statement; none where nobody is asked for."""
    return store.named(uow.session, ids, numbers) if ids or numbers else []


def search(uow: UnitOfWork, sought: str | None, role: Role | None, before: uuid.UUID | None, limit: int) -> list[Named]:
    """Up to `limit` members, the newest first: whose name or e-mail begins as `sought`, or who are known as it.

    One statement.
    """
    member_id = None
    if sought:
        with suppress(NotFound):
            member_id = from_public(_PREFIX, sought)
    return store.search(uow.session, sought=sought, member_id=member_id, role=role, before=before, limit=limit)
