"""Invites' door: a member's own code, and whose a code is."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork
from socialshop.invites import rules, store
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.kernel.ids import new_id

# Two of 30^10 codes meet once in some 10^8 members' lifetimes; three tries in a row never do.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """The member that a link leads to."""

    member_id: uuid.UUID
    number: int


def own_code(uow: UnitOfWork, member_id: uuid.UUID) -> str:
    """The code of the member's own link, made at the first call; two calls at once agree on one."""
    for _ in range(_TRIES):
        code = rules.new_code(secrets.choice)
        if store.add_own_link(uow.session, link_id=new_id(), code=code, owner_id=member_id, at=uow.now):
            return code
        if (found := store.find_own_code(uow.session, member_id)) is not None:
            return found
    raise RuntimeError("three new invite codes were taken: randomness is broken")


def owner_of(uow: UnitOfWork, code: str) -> LinkOwner:
    """The owner of the link with this code. Raises InviteCodeUnknown."""
    row = store.find_owner(uow.session, rules.canonical(code))
    if row is None:
        raise InviteCodeUnknown("no invite link has this code", field="invite_code")
    return LinkOwner(row.member_id, row.number)
