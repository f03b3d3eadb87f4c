"""Disputes: what a buyer's bank takes back leaves the books' clearing at once, and comes back or is lost for good.

    told of ──► open ──► won    the money is back
                    └──► lost   the sale is gone, as by a refund

Providers tell late, twice and in any order; what is recorded is how the payment stands, and only moves forward.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from socialshop.audit import service as audit
from socialshop.infra.outbox import Event
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting
from socialshop.payments.events import DisputeChanged
from socialshop.payments.rules import DisputeStatus, ProviderDispute
from socialshop.payments.store import disputes as store
from socialshop.payments.store.disputes import DisputeRow, Heard, Moved, NoteRow
from socialshop.payments.store.payments import PaymentRow

# How soon a payment with an open dispute is looked at; a lost notice of its end is made up for by that.
_LOOK = timedelta(minutes=10)


class Consequences(NamedTuple):
    """What follows from disputes that were told of: entries to post, events to tell."""

    entries: list[Entry]
    events: list[Event]


def record_disputes(uow: UnitOfWork, told: Sequence[tuple[PaymentRow, Sequence[ProviderDispute]]]) -> Consequences:
    """Write down the disputes of payments that the caller has locked. Two statements, whatever the number.

    Each payment with all its disputes, as it stands by now; of one that is told of twice, what is final counts.
    """
    heard: dict[tuple[str, str], Heard] = {}
    rows: dict[uuid.UUID, PaymentRow] = {}
    for row, disputes in told:
        if disputes:
            rows[row.id] = row
        for one in disputes:
            key = (row.provider, one.ref)
            if key not in heard or heard[key].told.status is DisputeStatus.OPEN:
                heard[key] = Heard(row.id, row.provider, row.currency, one)
    if not heard:
        return Consequences([], [])
    moved = store.record(uow.session, list(heard.values()), uow.now)
    if moved:
        store.look_again(uow.session, rows, uow.now + _LOOK)
    return Consequences(
        [entry for each in moved for entry in _entries(rows[each.payment_id], each)],
        [
            DisputeChanged(dispute_id=each.id, payment_id=each.payment_id, order_id=rows[each.payment_id].about)
            for each in moved
            if not rows[each.payment_id].is_charge
        ],
    )


def disputes_of(uow: UnitOfWork, dispute_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, DisputeRow]:
    """These disputes as they stand, by id; one that there is not is left out."""
    return {row.id: row for row in store.of_ids(uow.session, dispute_ids)}


def notes_of_disputes(uow: UnitOfWork, dispute_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[NoteRow]]:
    """What was noted of these disputes, the oldest first; one of which nothing was noted is left out."""
    return store.notes(uow.session, dispute_ids)


def open_disputes(uow: UnitOfWork, limit: int) -> list[DisputeRow]:
    """Up to `limit` open disputes, the one that must be answered first at the head. One statement."""
    return store.open_first(uow.session, limit)


def ended_disputes(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[DisputeRow]:
    """Up to `limit` disputes that have ended, the newest first. One statement."""
    return store.ended(uow.session, after, limit)


def note_evidence(uow: UnitOfWork, actor: uuid.UUID, dispute_id: uuid.UUID, note: str) -> None:
    """Note what evidence there is, or what was sent to the provider. Raises NotFound."""
    if not store.of_ids(uow.session, [dispute_id]):
        raise NotFound("no such dispute")
    store.add_note(uow.session, dispute_id, actor, note, uow.now)
    audit.record(uow, actor=actor, action="dispute.noted", target=to_public("dsp", dispute_id), facts={"note": note})


def _entries(row: PaymentRow, moved: Moved) -> list[Entry]:
    """What the books say of it: one entry for its opening, one for its end, both if the shop hears of both at once."""
    found = []
    if moved.is_new:
        found.append(_entry("dispute", row, moved, {chart.DISPUTED: -1, chart.provider_clearing(row.provider): 1}))
    if moved.status is DisputeStatus.WON:
        won = {chart.provider_clearing(row.provider): -1, chart.DISPUTED: 1}
        found.append(_entry("dispute_won", row, moved, won))
    if moved.status is DisputeStatus.LOST:
        found.append(_lost(row, moved))
    return found


def _entry(kind: str, row: PaymentRow, moved: Moved, signs: Mapping[str, int]) -> Entry:
    postings = tuple(Posting(name, sign * moved.amount_minor, row.currency, row.about) for name, sign in signs.items())
    return Entry(f"{kind}:{to_public('dsp', moved.id)}", kind, postings)


def _lost(row: PaymentRow, moved: Moved) -> Entry:
    """The sale is gone, as by a refund; of a charge, and of what was refunded before, there is no sale to take."""
    sale = 0 if row.is_charge else min(moved.amount_minor, row.captured_minor - row.refunded_minor)
    postings = [Posting(chart.DISPUTED, moved.amount_minor, row.currency, row.about)]
    if sale:
        postings.append(Posting(chart.SALES, -sale, row.currency, row.about))
    if moved.amount_minor > sale:
        postings.append(Posting(chart.BAD_DEBT, sale - moved.amount_minor, row.currency, row.about))
    return Entry(f"dispute_lost:{to_public('dsp', moved.id)}", "dispute_lost", tuple(postings))
