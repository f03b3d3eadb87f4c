"""What a table holds of a person: how it is read out to the person, and what becomes of it once the person has left.

Each room declares the holdings of its own tables beside its other SQL and hands them out at its door as `PERSONAL`; the
room `privacy` reads and erases by that table alone. A test walks the schema: a column that names a person and stands in
no holding fails it, so nothing is forgotten.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text

_READ_A_TRIP = 2_000


class Person(NamedTuple):
    """Whom it is about, and what the person is called once nothing tells who it was."""

    id: uuid.UUID
    number: int
    neutral_name: str


class Identity(NamedTuple):
    """An account by its id and its number."""

    id: uuid.UUID
    number: int


@dataclass(frozen=True, slots=True)
class Holding:
    """One table: `columns` name a person or tell something of one.

    `reads` selects the person's rows, `erases` are the statements that make them nobody's; both know `:id`, `:number`,
    `:public_id` and `:neutral_name`, and may be run any number of times. Where one is missing, `hidden` or `stays` says
    why. `ids` gives the prefix of each selected column that is an id.

    `merges` are the statements that hand over what lives on to another account of the same person, before this one is
    erased: they know `:id` and `:number` of the account that goes, `:kept_id` and `:kept_number`. Where there is none,
    what is there stays under the number or goes with the person, as said.
    """

    table: str
    columns: tuple[str, ...]
    reads: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    erases: tuple[str, ...] = ()
    stays: str = ""
    hidden: str = ""
    merges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a holding that leaves something unsaid."""
        if not self.reads and not self.hidden:
            raise ValueError(f"{self.table}: say what is read out, or why nothing is")
        if not self.erases and not self.stays:
            raise ValueError(f"{self.table}: say what is erased, or why it stays")


def rows_of(session: Session, holding: Holding, person: Person) -> Iterator[dict[str, Any]]:
    """The person's rows as plain JSON values; memory does not grow with their number."""
    if not holding.reads:
        return
    found = session.execute(
        text(holding.reads), _values(person), execution_options={"yield_per": _READ_A_TRIP}
    ).mappings()
    for row in found:
        yield {name: plain(value, holding.ids.get(name)) for name, value in row.items()}


def erase(session: Session, holdings: Sequence[Holding], person: Person) -> None:
    """Run what each holding says, in their order; a second time finds nothing left."""
    values = _values(person)
    for holding in holdings:
        for statement in holding.erases:
            session.execute(text(statement), values)


def hand_over(session: Session, holdings: Sequence[Holding], gone: Identity, kept: Identity) -> None:
    """Run what each holding says of an account that is merged into another, in their order."""
    values = {"id": gone.id, "number": gone.number, "kept_id": kept.id, "kept_number": kept.number}
    for holding in holdings:
        for statement in holding.merges:
            session.execute(text(statement), values)


def plain(value: Any, prefix: str | None = None) -> Any:
    """A value of the database as JSON has it; ids in their public form where their prefix is known."""
    if isinstance(value, uuid.UUID):
        return to_public(prefix, value) if prefix else str(value)
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


def _values(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "number": person.number,
        "public_id": to_public("mbr", person.id),
        "neutral_name": person.neutral_name,
    }
