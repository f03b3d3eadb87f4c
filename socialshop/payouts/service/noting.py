"""Notes on a case: what one reviewer tells the next without deciding anything. They stand in the case's history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.audit.service import StoredEntry
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.payouts.errors import SelfApproval
from socialshop.payouts.service.moving import found
from socialshop.payouts.store import notes as store

_NOTED = "payout.noted"
_A_STEP = 1_000


def note_case(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, note: str) -> int:
    """Append a note to a case, whatever became of it and whoever has claimed it; returns the note's number.

    The record knows that there is a note, and its words are apart: they are about a member, and go when the member
    does. Raises NotFound, SelfApproval for an own request.
    """
    if found(uow, request_id).member_id == actor:
        raise SelfApproval("somebody else looks at your own payout request")
    number = store.add(uow.session, request_id, actor, note, uow.now)
    audit.record(uow, actor=actor, action=_NOTED, target=to_public("por", request_id), facts={"number": number})
    return number


def with_notes(uow: UnitOfWork, request_id: uuid.UUID, history: Sequence[StoredEntry]) -> list[StoredEntry]:
    """The history of a case, each note in it with its words as `note`, as a decision has them; without where they went.

    One statement where the record speaks of notes, else none.
    """
    if all(entry.action != _NOTED for entry in history):
        return list(history)
    words = store.words_of(uow.session, request_id)
    return [
        entry._replace(facts={**entry.facts, "note": words[entry.facts["number"]]})
        if entry.action == _NOTED and entry.facts["number"] in words
        else entry
        for entry in history
    ]


def forget_notes(uow: UnitOfWork, before: datetime) -> bool:
    """Forget a batch of notes that were written before then; True if there may be more."""
    return store.forget(uow.session, before, _A_STEP) == _A_STEP
