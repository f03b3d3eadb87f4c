"""What a provider's records and the books say of the same money, and where they differ.

Each movement has one entry on the provider's clearing account, by a reference that both sides lead to.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.time import to_text
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Line
from socialshop.payments.rules import MovementKind
from socialshop.payments.store import movements as store
from socialshop.payments.store.differences import Difference
from socialshop.payments.store.movements import MovementRow

# Per kind of movement: its entry's kind, the prefix of the id in the reference, and the sign on the clearing account.
_ENTRIES = {
    MovementKind.CAPTURED: ("capture", "pay", -1),
    MovementKind.REFUNDED: ("refund", "rfd", 1),
    MovementKind.DISPUTED: ("dispute", "dsp", 1),
    MovementKind.DISPUTE_WON: ("dispute_won", "dsp", -1),
}
_KINDS = {entry: kind for kind, (entry, _, _) in _ENTRIES.items()}


def not_in_books(uow: UnitOfWork, provider: str, rows: Sequence[MovementRow]) -> list[tuple[MovementRow, Difference]]:
    """Those of these movements that the books do not have, or have otherwise. One statement."""
    references = {row.ref: _reference(row) for row in rows}
    wanted = [reference for reference in references.values() if reference is not None]
    ours = ledger.lines_of(uow, chart.provider_clearing(provider), wanted) if wanted else {}
    found = ((row, _difference(row, references[row.ref], ours)) for row in rows)
    return [(row, difference) for row, difference in found if difference is not None]


def not_at_provider(uow: UnitOfWork, provider: str, since: datetime, until: datetime) -> tuple[int, list[Difference]]:
    """How many entries of that span there are, and those that the provider's records do not have. Two statements."""
    lines = ledger.lines_between(uow, chart.provider_clearing(provider), list(_KINDS), since, until)
    return len(lines), list(_missing_there(uow, provider, lines))


def still_not_at_provider(uow: UnitOfWork, provider: str, references: Collection[str]) -> set[str]:
    """Of these entries, those that the provider's records still do not have. Two statements."""
    lines = ledger.lines_of(uow, chart.provider_clearing(provider), references) if references else {}
    return {difference.item for difference in _missing_there(uow, provider, list(lines.values()))}


def _reference(row: MovementRow) -> str | None:
    """The entry that a movement should have; None for what is nothing of the shop's."""
    entry, prefix, _ = _ENTRIES[row.kind]
    id_ = {"pay": row.payment_id, "rfd": _as_id(row.item), "dsp": row.dispute_id}[prefix]
    return None if id_ is None or row.payment_id is None else f"{entry}:{to_public(prefix, id_)}"


def _difference(row: MovementRow, reference: str | None, ours: dict[str, Line]) -> Difference | None:
    line = ours.get(reference) if reference is not None else None
    theirs = _ENTRIES[row.kind][2] * row.amount_minor
    if line is not None and (line.amount_minor, line.currency) == (theirs, row.currency):
        return None
    evidence: dict[str, object] = {
        "movement": row.ref,
        "provider_payment": row.payment_ref,
        "moved_at": to_text(row.moved_at),
        "payment": to_public("pay", row.payment_id) if row.payment_id else None,
        "entry": reference,
        "item": row.item,
    }
    return Difference(
        "missing_here" if line is None else "amount_differs",
        row.ref,
        row.kind.value,
        theirs,
        line.amount_minor if line else None,
        row.currency,
        evidence if line is None else {**evidence, "booked": line.amount_minor, "booked_currency": line.currency},
    )


def _missing_there(uow: UnitOfWork, provider: str, lines: Sequence[Line]) -> Iterator[Difference]:
    told = [(line, *_told(line.reference)) for line in lines]
    of = {kind: [id_ for _, each, id_ in told if each is kind] for kind in MovementKind}
    known = store.told_of(
        uow.session,
        provider,
        payments=of[MovementKind.CAPTURED],
        refunds=of[MovementKind.REFUNDED],
        disputes=[(id_, kind) for kind in (MovementKind.DISPUTED, MovementKind.DISPUTE_WON) for id_ in of[kind]],
    )
    for line, kind, id_ in told:
        if (kind, id_) not in known:
            evidence = {"entry": line.reference, "posted_at": to_text(line.posted_at)}
            sums = (None, line.amount_minor, line.currency)
            yield Difference("missing_there", line.reference, kind.value, *sums, evidence)


def _told(reference: str) -> tuple[MovementKind, uuid.UUID]:
    entry, _, public = reference.partition(":")
    kind = _KINDS[entry]
    return kind, from_public(_ENTRIES[kind][1], public)


def _as_id(item: str | None) -> uuid.UUID | None:
    """The shop's id of a refund; None for one that the shop never asked for."""
    try:
        return uuid.UUID(item) if item else None
    except (ValueError, NotFound):
        return None
