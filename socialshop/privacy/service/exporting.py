"""All that the shop holds of a person, read out: as a document for machines, and in short for a page."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialshop.infra import personal
from socialshop.infra.personal import Holding, Person
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text
from socialshop.privacy.holdings import HOLDINGS
from socialshop.privacy.store import erasing as store

FORMAT = "socialshop-export-1"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of one table, whether there are more, and what becomes of it after erasing."""

    table: str
    rows: Sequence[Mapping[str, Any]]
    more: bool
    stays: str


def export_of(uow: UnitOfWork, member_id: uuid.UUID) -> bytes:
    """The whole, as JSON. One statement a table; 100,000 rows take seconds. Raises NotFound.

    Best under REPEATABLE READ: under less, two tables may be of two instants.
    """
    return b"".join(_pieces(uow, _person(uow, member_id)))


def glance_at(uow: UnitOfWork, member_id: uuid.UUID, rows: int) -> list[Part]:
    """The first rows of every table that has any. One statement a table. Raises NotFound."""
    person = _person(uow, member_id)
    return [part for part in (_part(uow, each, person, rows) for each in HOLDINGS) if part.rows]


def _pieces(uow: UnitOfWork, person: Person) -> Iterator[bytes]:
    head = {"format": FORMAT, "member_id": to_public("mbr", person.id), "exported_at": to_text(uow.now)}
    yield _json(head)[:-1] + b',"sections":{'
    shown = [holding for holding in HOLDINGS if holding.reads]
    for place, holding in enumerate(shown):
        yield (b"," if place else b"") + _json(holding.table) + b":["
        for number, row in enumerate(personal.rows_of(uow.session, holding, person)):
            yield (b"," if number else b"") + _json(row)
        yield b"]"
    yield b'},"not_shown":' + _json({h.table: h.hidden for h in HOLDINGS if h.hidden})
    yield b',"kept_after_erasing":' + _json({h.table: h.stays for h in HOLDINGS if h.stays}) + b"}"


def _part(uow: UnitOfWork, holding: Holding, person: Person, limit: int) -> Part:
    found = personal.rows_of(uow.session, holding, person)
    rows = list(itertools.islice(found, limit + 1))
    return Part(holding.table, rows[:limit], len(rows) > limit, holding.stays)


def _person(uow: UnitOfWork, member_id: uuid.UUID) -> Person:
    number = store.number_of(uow.session, member_id)
    if number is None:
        raise NotFound("no such member")
    return Person(member_id, number, "")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
