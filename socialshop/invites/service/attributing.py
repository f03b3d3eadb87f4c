"""Through which link a member came, and what a link brought."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites.cookies import Attributed
from socialshop.invites.rules import Kind
from socialshop.invites.service.links import Link, link_by_id, link_named, link_of, links_of, links_to_target
from socialshop.invites.store import stats as store
from socialshop.invites.store.stats import StatsRow
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Origin:
    """The link that a person comes through, by a code that was typed or by a cookie, and when it was touched."""

    link: Link
    source: str
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Stats:
    """What became of a link.

    `views`: openings by people other than the owner. `clicks`: those that count, one a visitor and day. `members`: who
    registered through it. `orders`: confirmed ones that named it. `earned`: what its owner has from them, less what
    was clawed back. `repeats`, `own`, `bots`: what was recorded and not counted as a click.
    """

    views: int
    clicks: int
    members: int
    orders: int
    earned: Money
    repeats: int
    own: int
    bots: int


def origin_of(uow: UnitOfWork, code: str | None, touch: Attributed | None) -> Origin | None:
    """Where a person comes from: a code that was typed goes before a cookie. Raises InviteCodeUnknown."""
    if code is not None:
        return Origin(link_of(uow, code), "code", uow.now)
    link = None if touch is None else link_by_id(uow, touch.link_id)
    if touch is None or link is None:
        return None
    return Origin(link, "cookie", touch.touched_at)


def attribute(uow: UnitOfWork, member_id: uuid.UUID, origin: Origin) -> None:
    """Write down, for good, through which link a new member came."""
    store.add_attribution(
        uow.session,
        {
            "member_id": member_id,
            "link_id": origin.link.id,
            "source": origin.source,
            "touched_at": origin.touched_at,
            "attributed_at": uow.now,
        },
    )


def record_sales(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow CommissionsChanged: write anew what the orders brought their links. Told of it again, it is the same.

    One at a time: who reads before another's commissions are there must not write after it.
    """
    order_ids = {uuid.UUID(order) for payload in payloads for order in payload["order_ids"]}
    advisory_lock(uow, "invites:sales")
    store.record_sales(uow.session, sorted(order_ids))


def stats(uow: UnitOfWork, owner_id: uuid.UUID, code: str, currency: str) -> tuple[Link, Stats]:
    """The figures of an own link. Raises NotFound, also for another's."""
    link = link_named(uow, code)
    if link.owner_id != owner_id:
        raise NotFound("no such invite link")
    return link, _stats(store.stats_of(uow.session, [link.id], currency)[link.id], currency)


def links_with_stats(
    uow: UnitOfWork, owner_id: uuid.UUID, after: uuid.UUID | None, limit: int, currency: str
) -> list[tuple[Link, Stats]]:
    """Up to `limit` of the member's own links, oldest first, after this one, each with its figures. Two statements."""
    links = links_of(uow, owner_id, after, limit)
    figures = store.stats_of(uow.session, [link.id for link in links], currency)
    return [(link, _stats(figures[link.id], currency)) for link in links]


def links_to(uow: UnitOfWork, kind: Kind, target_id: uuid.UUID, limit: int, currency: str) -> list[tuple[Link, Stats]]:
    """Up to `limit` links of anybody to a subject, oldest first, each with its figures. Two statements."""
    links = links_to_target(uow, kind, target_id, limit)
    figures = store.stats_of(uow.session, [link.id for link in links], currency)
    return [(link, _stats(figures[link.id], currency)) for link in links]


def _stats(row: StatsRow, currency: str) -> Stats:
    return Stats(
        views=row.clicks + row.repeats,
        clicks=row.clicks,
        members=row.members,
        orders=row.orders,
        earned=Money(row.earned_minor, currency),
        repeats=row.repeats,
        own=row.own,
        bots=row.bots,
    )
