"""Birthdays: told once by the member, and then left alone for a year, so that nobody has two in it for the gifts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from socialshop.audit import service as audit
from socialshop.identity import birthday_store as store
from socialshop.identity import rules
from socialshop.identity import store as accounts
from socialshop.identity.birthday_store import Celebrant
from socialshop.identity.errors import BirthdayKept
from socialshop.identity.rules import Born
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import day_of


@dataclass(frozen=True, slots=True)
class Birthday:
    """The day on which a member was born, and when the shop was told."""

    born: Born
    set_at: datetime

    @property
    def changeable_at(self) -> datetime:
        """From when on the member may change it."""
        return self.set_at + rules.BIRTHDAY_KEPT_FOR


def birthday_of(uow: UnitOfWork, member_id: uuid.UUID) -> Birthday | None:
    """The member's birthday; None where it was never told. One statement."""
    found = store.find(uow.session, member_id)
    return Birthday(*found) if found else None


def set_birthday(uow: UnitOfWork, member_id: uuid.UUID, born: Born, *, zone: str) -> Birthday:
    """The member tells the birthday; the one that is known already changes nothing.

    Raises InvalidValue (day, year), BirthdayKept for another within 365 days of the last.
    """
    rules.check_birthday(born, today=day_of(uow.now, zone))
    known = birthday_of(uow, member_id)
    if known is not None and known.born == born:
        return known
    if not store.put(uow.session, member_id, born, uow.now, known_before=uow.now - rules.BIRTHDAY_KEPT_FOR):
        raise BirthdayKept("a birthday is changed once in 365 days")
    return Birthday(born, uow.now)


def correct_birthday(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, born: Born, *, zone: str) -> Birthday:
    """An admin sets what the member told wrongly; audited without the day, for it could never be taken back there.

    Raises InvalidValue (day, year), NotFound.
    """
    rules.check_birthday(born, today=day_of(uow.now, zone))
    if accounts.number_by_id(uow.session, member_id) is None:
        raise NotFound("no such member")
    store.put(uow.session, member_id, born, uow.now, known_before=None)
    audit.record(uow, actor=actor, action="member.birthday_corrected", target=to_public("mbr", member_id), facts={})
    return Birthday(born, uow.now)


def celebrating_on(uow: UnitOfWork, on: date, *, zone: str, after: int = 0, limit: int = 1_000) -> list[Celebrant]:
    """Up to `limit` members whose birthday is the day `on` of the clock of `zone`, by number, after `after`.

    Who was born on 29 February celebrates on the 28th in common years. Who told the birthday on the very day has it
    from the next year on: nobody opens an account for the gift of today. One statement.
    """
    begins_at = datetime.combine(on, time(), tzinfo=ZoneInfo(zone))
    return store.celebrating(uow.session, rules.born_on(on), begins_at, after, limit)
