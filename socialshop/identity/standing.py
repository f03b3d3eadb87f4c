"""Whether a member may do something, as decisions about behaviour have left it: the one door for every room.

Decisions are made above (community); what they take away is kept down here, so that rooms, deals and posts can ask
without knowing who decides. Reading, paying, asking the shop, appealing, being paid and leaving are never taken away.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from socialshop.identity import standing_store as store
from socialshop.identity.errors import StandingLimited
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import to_text


class Limit(StrEnum):
    """What a decision leaves: who is limited writes nothing and opens nothing; who is frozen also joins nothing."""

    LIMITED = "limited"
    FROZEN = "frozen"


class Deed(StrEnum):
    """What may be taken away: saying something that others read, opening a room or a deal, taking a seat."""

    POST = "post"
    OPEN = "open"
    JOIN = "join"


TAKES: dict[Limit, frozenset[Deed]] = {
    Limit.LIMITED: frozenset({Deed.POST, Deed.OPEN}),
    Limit.FROZEN: frozenset(Deed),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The gravest limit that holds now, until when; None where nothing is taken away."""

    limit: Limit | None = None
    ends_at: datetime | None = None

    def allows(self, deed: Deed) -> bool:
        """Whether the deed may be done."""
        return self.limit is None or deed not in TAKES[self.limit]


def standing_of(uow: UnitOfWork, number: int) -> Standing:
    """How a member stands now. One statement."""
    return _gravest(uow, [number])


def require_standing(uow: UnitOfWork, number: int, deed: Deed) -> None:
    """Raises StandingLimited where the member may not do this now. One statement."""
    require_standings(uow, [number], deed)


def require_standings(uow: UnitOfWork, numbers: Sequence[int], deed: Deed) -> None:
    """Raises StandingLimited where one of these members may not do this now. One statement."""
    standing = _gravest(uow, numbers)
    if not standing.allows(deed) and standing.limit is not None and standing.ends_at is not None:
        raise StandingLimited(
            "the shop has limited what you may do", standing=standing.limit.value, ends_at=to_text(standing.ends_at)
        )


def _gravest(uow: UnitOfWork, numbers: Sequence[int]) -> Standing:
    row = store.gravest(uow.session, numbers, uow.now)
    return Standing() if row is None else Standing(Limit(row.kind), row.ends_at)


def limit_member(uow: UnitOfWork, decision_id: uuid.UUID, number: int, limit: Limit, ends_at: datetime) -> None:
    """Take something away from now until then, by a decision."""
    store.add(uow.session, decision_id, number, limit.value, begins_at=uow.now, ends_at=ends_at)


def lift_limit(uow: UnitOfWork, decision_id: uuid.UUID) -> None:
    """Give back what a decision took away; where it took nothing, nothing changes."""
    store.lift(uow.session, decision_id, uow.now)
