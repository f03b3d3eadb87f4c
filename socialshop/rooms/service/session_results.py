"""What a flash session brought: by link who came, by deal what they took."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.invites.service import Link, Stats
from socialshop.rooms.store import sessions as store
from socialshop.rooms.store.sessions import SessionDealRow

MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class SessionResults:
    """The figures of a session, in minor units of the shop's `currency`; of links the first hundred."""

    session_id: uuid.UUID
    currency: str
    deals: Sequence[SessionDealRow]
    links: Sequence[tuple[Link, Stats]]

    @property
    def views(self) -> int:
        """Openings of all its links."""
        return sum(stats.views for _, stats in self.links)

    @property
    def members(self) -> int:
        """Who registered through one of them."""
        return sum(stats.members for _, stats in self.links)

    @property
    def seats(self) -> int:
        """Seats taken, kept or not."""
        return sum(row.seats for row in self.deals)

    @property
    def filled(self) -> int:
        """Rooms that filled."""
        return sum(row.filled for row in self.deals)

    @property
    def sales_minor(self) -> int:
        """Confirmed sales less what went back."""
        return sum(row.sales_minor for row in self.deals)


def session_results(uow: UnitOfWork, number: int | None, session_id: uuid.UUID, currency: str) -> SessionResults:
    """What a session of this member's brought so far; `number` None sees anybody's.

    Seats count when they were taken, kept or not; sales, less what went back, once their room filled. Raises NotFound.
    """
    deals.check_own_session(uow, number, session_id)
    return SessionResults(
        session_id=session_id,
        currency=currency,
        deals=store.results(uow.session, session_id),
        links=invites.links_to(uow, Kind.SESSION, session_id, MOST_LINKS, currency),
    )
