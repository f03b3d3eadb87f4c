"""Using points, setting them aside, and giving them back; the first to expire go first."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id, to_public
from socialshop.ledger import service as ledger
from socialshop.loyalty import postings, rules
from socialshop.loyalty.errors import PointsShort
from socialshop.loyalty.service.giving import net
from socialshop.loyalty.store import lots, uses
from socialshop.loyalty.store.uses import Purpose, UseRow

REWARD = "reward"
ORDER = "order"
ADJUSTMENT = "adjustment"


def use(uow: UnitOfWork, member: int, purpose: Purpose, points: int, *, hold: bool = False) -> None:
    """Take points for something, or with `hold` set them aside for it. Once: told again, nothing changes.

    Raises PointsShort. Points that have expired are not used, whether they were swept or not.
    """
    lots.lock_members(uow.session, [member])
    if uses.find(uow.session, purpose.kind, purpose.subject_id) is not None:
        return
    parts = rules.first_out(lots.lock_open(uow.session, member, usable_at=uow.now), points)
    if rules.total(parts) < points:
        raise PointsShort("not so many points can be used", left_points=rules.total(parts))
    lots.take(uow.session, parts)
    row = UseRow(new_id(), member, points, 0, "held" if hold else "used")
    uses.add(uow.session, row, purpose, parts, uow.now)
    if hold:
        moved = postings.moved(postings.AVAILABLE, postings.RESERVED, member, points, row.id)
        entry = postings.entry(f"held:{to_public('use', row.id)}", "held", moved)
    else:
        taken = postings.given(postings.AVAILABLE, member, -points, row.id)
        entry = postings.entry(f"used:{to_public('use', row.id)}", "used", taken)
    ledger.post(uow, [entry])


def settle(uow: UnitOfWork, purpose: str, subject_ids: Collection[uuid.UUID]) -> None:
    """What was set aside for these is used. Told again, or of what came back, nothing changes.

    A constant number of statements.
    """
    entries = []
    for found in uses.settle(uow.session, purpose, subject_ids):
        taken = postings.given(postings.RESERVED, found.member, found.returned - found.points, found.id)
        entries.append(postings.entry(f"used:{to_public('use', found.id)}", "used", taken))
    ledger.post(uow, entries)


def give_back(uow: UnitOfWork, purpose: str, subject_id: uuid.UUID, returned_in_all: int | None = None) -> None:
    """Have so many points in all come back (all where None); those that came back before count. By aim: repeatable.

    They go back to their lots, those that expire last first, and what a member owes is paid from them.
    """
    found = uses.find(uow.session, purpose, subject_id)
    if found is None:
        return
    more = (found.points if returned_in_all is None else returned_in_all) - found.returned
    if more <= 0:
        return
    lots.lock_members(uow.session, [found.member])
    parts = rules.first_out(uses.lots_of(uow.session, found.id), more)
    lots.put_back(uow.session, parts, uow.now + rules.GRACE)
    uses.note_returned(uow.session, found.id, parts)
    if found.status == "held":
        moved = postings.moved(postings.RESERVED, postings.AVAILABLE, found.member, more, found.id)
    else:
        moved = postings.given(postings.AVAILABLE, found.member, more, found.id)
    reference = f"returned:{to_public('use', found.id)}:{found.returned + more}"
    ledger.post(uow, [postings.entry(reference, "returned", moved)])
    net(uow, {found.member})
