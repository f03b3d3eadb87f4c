"""Where a leader begins: what needs me, which rooms fill now, what this week brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import render_template

from socialshop.commissions import service as commissions
from socialshop.deals import service as deals
from socialshop.deals.rules import Status
from socialshop.pages.leader.section import leader
from socialshop.pages.visit import Visit
from socialshop.rooms import service as rooms
from socialshop.rooms.service import FollowedRoom

_DEALS_SHOWN = 50
_ROOMS_SHOWN = 24
_SOON = timedelta(hours=3)


class Needs(NamedTuple):
    """What waits for the leader: drafts to publish, rooms with members who have yet to pay, rooms that end soon."""

    drafts: int
    unpaid: int
    ending: int


@leader.page("", tab="overview")
def show_overview(visit: Visit) -> str:
    """Live deals, rooms that fill, this week's earnings. Four statements, whatever there is."""
    uow, number = visit.uow, visit.caller.number
    mine = deals.deals_of(uow, number, None, _DEALS_SHOWN)
    filling = rooms.filling(uow, number, _ROOMS_SHOWN)
    monday = week_began(uow.now, visit.settings.time_zone)
    counts = rooms.room_counts(uow, [deal.id for deal in mine])
    return render_template(
        "leader/overview.html",
        deals=[deal for deal in mine if deal.status in (Status.LIVE, Status.SCHEDULED)],
        drafts=[deal for deal in mine if deal.status is Status.DRAFT],
        counts=counts,
        open_rooms=max(sum(row.open for row in counts.values()), len(filling)),
        rooms=filling,
        needs=needs(mine, filling, uow.now),
        earned=commissions.earned_since(uow, number, visit.settings.currency, monday),
        monday=monday,
    )


def week_began(now: datetime, zone: str) -> datetime:
    """The last Monday, 00:00 by the shop's clock."""
    there = now.astimezone(ZoneInfo(zone))
    return (there - timedelta(days=there.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def needs(mine: list[deals.DealView], filling: list[FollowedRoom], now: datetime) -> Needs:
    """What waits for the leader, from what the page shows anyway."""
    return Needs(
        drafts=sum(deal.status is Status.DRAFT for deal in mine),
        unpaid=sum(room.unpaid > 0 for room in filling),
        ending=sum(room.expires_at - now < _SOON for room in filling),
    )
