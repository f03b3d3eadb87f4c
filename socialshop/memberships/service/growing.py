"""Growth from what happens: sales, refunds, first sales of those brought in, and what members do; judged at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships.service.evaluating import judge
from socialshop.memberships.store import growth
from socialshop.memberships.store.growth import Act


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that a member did, such as `check_in`; `source` names it within its kind, so that it counts once."""

    member: int
    kind: str
    source: str


def on_orders_confirmed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrdersConfirmed: buyers grow by what their sales are worth, sponsors by a first sale."""
    order_ids = sorted({uuid.UUID(order) for payload in payloads for order in payload["order_ids"]})
    members = growth.hold(uow.session, growth.concerned(uow.session, order_ids), uow.now)
    growth.add_sales(uow.session, order_ids, uow.now)
    judge(uow, members)


def on_order_refunded(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderRefunded: the sale's growth becomes that of what is left of it."""
    refunds = sorted({(uuid.UUID(payload["refund_id"]), uuid.UUID(payload["order_id"])) for payload in payloads})
    members = growth.hold(uow.session, growth.concerned(uow.session, [order for _, order in refunds]), uow.now)
    growth.take_back(uow.session, refunds, uow.now)
    judge(uow, members)


def add_activity(uow: UnitOfWork, acts: Sequence[Activity], zone: str) -> list[int]:
    """What each act brought its member, within its rule's caps by day (in `zone`) and period.

    0 for a kind that the programme in force does not know, and for an act that was told before.
    """
    members = growth.hold(uow.session, {act.member for act in acts}, uow.now)
    start, end = _day_of(uow.now, zone)
    given = [
        growth.add_act(uow.session, Act(act.member, act.kind, act.source, uow.now, start, end), uow.now) for act in acts
    ]
    judge(uow, members)
    return given


def _day_of(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The day that `now` lies in there, from its first instant until before the next day's."""
    there = ZoneInfo(zone)
    day = now.astimezone(there).date()
    return datetime.combine(day, time(), there), datetime.combine(day + timedelta(days=1), time(), there)
