"""Points given or taken by a person, with a reason."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty import rules
from socialshop.loyalty.errors import SelfAdjustment
from socialshop.loyalty.service import using
from socialshop.loyalty.service.giving import Grant, give
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store.uses import Purpose


def adjust(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, points: int, reason: str) -> int:
    """Give a member points, or take them where `points` is below zero; returns the member's number.

    Audited, and told to the member with the reason. Raises SelfAdjustment, NotFound, PointsShort (nobody is put into
    debt by hand).
    """
    if member_id == actor:
        raise SelfAdjustment("somebody else adjusts your own points")
    found = identity.named(uow, ids=[member_id])
    if not found:
        raise NotFound("no such member")
    number = found[0].number
    id_, facts = new_id(), {"reason": reason}
    if points > 0:
        expiry_days = rules_at(uow, uow.now).expiry_days
        give(uow, [Grant(number, rules.ADJUSTMENT, str(id_), points, facts, expiry_days, uow.now)])
    else:
        using.use(uow, number, Purpose(using.ADJUSTMENT, id_, facts), -points)
    told = {"points": points, "reason": reason}
    audit.record(uow, actor=actor, action="points.adjusted", target=to_public("mbr", member_id), facts=told)
    return number
