"""Through which link a member came, and what a link brought."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites.cookies import Attributed
from socialshop.invites.rules import Kind
from socialshop.invites.service.links import Link, link_by_id, link_of, links_of, links_to_target, own_link
from socialshop.invites.store import stats as store
from socialshop.invites.store.stats import Reach, StatsRow
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
    was clawed back. `repeats`, `own`, `bots`, `closed`: what was recorded and not counted as a click.
    """

    views: int
    clicks: int
    members: int
    orders: int
    earned: Money
    repeats: int
    own: int
    bots: int
    closed: int


@dataclass(frozen=True, slots=True)
class DayStats:
    """What came of links of one channel on one day of the shop's: as Stats, and `seats` that were taken, kept or not.

    A registration stands on its day; a seat, an order and what it earned on the day on which the seat was taken.
    """

    on_day: date
    channel: str | None
    clicks: int
    repeats: int
    own: int
    bots: int
    closed: int
    members: int
    seats: int
    orders: int
    earned: Money


def origin_of(uow: UnitOfWork, code: str | None, touch: Attributed | None) -> Origin | None:
    """Where a person comes from: a code that was typed goes before a cookie.

    A cookie remembers a link that was open when it was followed: closed since, it still counts. Raises
    InviteCodeUnknown, InviteLinkClosed.
    """
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
    link = own_link(uow, owner_id, code)
    return link, _stats(store.stats_of(uow.session, [link.id], currency)[link.id], currency)


def links_with_stats(
    uow: UnitOfWork, owner_id: uuid.UUID, after: uuid.UUID | None, limit: int, currency: str
) -> list[tuple[Link, Stats]]:
    """Up to `limit` of the member's own links, oldest first, after this one, each with its figures. Two statements."""
    links = links_of(uow, owner_id, after, limit)
    figures = store.stats_of(uow.session, [link.id for link in links], currency)
    return [(link, _stats(figures[link.id], currency)) for link in links]


def links_to(uow: UnitOfWork, kind: Kind, target_id: uuid.UUID, limit: int, currency: str) -> list[tuple[Link, Stats]]:
    """Up to `limit` links of anybody to a subject, each with its figures. Two statements.

    The one that was opened by most people stands first.
    """
    links = links_to_target(uow, kind, target_id, limit)
    figures = store.stats_of(uow.session, [link.id for link in links], currency)
    return [(link, _stats(figures[link.id], currency)) for link in links]


def reach_of(uow: UnitOfWork, kind: Kind, target_id: uuid.UUID) -> Reach:
    """What all links of anybody to a subject brought. One statement, however many there are."""
    return store.reach_of(uow.session, kind, target_id)


_COUNTED = ("clicks", "repeats", "own", "bots", "closed", "members", "seats", "orders")


def days(
    uow: UnitOfWork, owner_id: uuid.UUID, link: Link | None, *, since: date, zone: str, currency: str
) -> list[DayStats]:
    """What came of a member's links, or of one of them, a row a day and channel that had anything. Three statements."""
    whose = {"owner_id": owner_id, "link_id": None if link is None else link.id, "since": since, "zone": zone}
    found: dict[tuple[date, str | None], Counter[str]] = defaultdict(Counter)
    for read in (store.click_days, store.member_days, store.seat_days):
        for on_day, channel, counted in read(uow.session, whose, currency):
            found[on_day, channel].update(counted)
    return [
        DayStats(
            on_day,
            channel,
            **{name: counted[name] for name in _COUNTED},
            earned=Money(counted["earned_minor"], currency),
        )
        for (on_day, channel), counted in sorted(found.items(), key=lambda one: (one[0][0], one[0][1] or ""))
    ]


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
        closed=row.closed,
    )
