"""What a flash session brought: by link who came, by deal what they took."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.invites.service import Link, Reach, Stats
from socialshop.kernel.money import Money
from socialshop.rooms.store import sessions as store
from socialshop.rooms.store.sessions import SessionDealRow

MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class SessionResults:
    """The figures of a session: `reach` is what all its links brought, `links` the hundred of them opened most."""

    session_id: uuid.UUID
    deals: Sequence[SessionDealRow]
    reach: Reach
    links: Sequence[tuple[Link, Stats]]

    @property
    def seats(self) -> int:
        """Seats taken, kept or not."""
        return sum(row.seats for row in self.deals)

    @property
    def filled(self) -> int:
        """Rooms that filled."""
        return sum(row.filled for row in self.deals)

    @property
    def sales(self) -> list[Money]:
        """Confirmed sales less what went back, a sum a currency; different ones are never added up."""
        sums: dict[str, int] = {}
        for row in self.deals:
            sums[row.currency] = sums.get(row.currency, 0) + row.sales_minor
        return [Money(amount_minor, currency) for currency, amount_minor in sorted(sums.items())]


def session_results(uow: UnitOfWork, number: int | None, session_id: uuid.UUID, currency: str) -> SessionResults:
    """What a session of this member's brought so far; `number` None sees anybody's.

    Seats count when they were taken, kept or not; sales, less what went back, once their room filled. Raises NotFound.
    """
    deals.check_own_session(uow, number, session_id)
    return SessionResults(
        session_id=session_id,
        deals=store.results(uow.session, session_id),
        reach=invites.reach_of(uow, Kind.SESSION, session_id),
        links=invites.links_to(uow, Kind.SESSION, session_id, MOST_LINKS, currency),
    )
