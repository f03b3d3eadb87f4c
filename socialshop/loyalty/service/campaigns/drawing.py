"""The draw: a lot divides a campaign's audience, a span of members a job, however often a job is begun anew."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra import wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.loyalty.events import CampaignDrawDue
from socialshop.loyalty.segments import parse
from socialshop.loyalty.service.campaigns import planning
from socialshop.loyalty.service.segmenting import in_segment
from socialshop.loyalty.store import campaigns as store
from socialshop.loyalty.store import coupon_ways as ways
from socialshop.loyalty.store.campaigns import CampaignRow
from socialshop.memberships import service as memberships

SPAN = 20_000


def draw(uow: UnitOfWork, actor: uuid.UUID, campaign_id: uuid.UUID) -> CampaignRow:
    """Begin to fix who is treated and who is left out, before the campaign begins; jobs do it.

    Begun again, nothing changes. Raises NotFound, CampaignTooLate.
    """
    row = planning.locked(uow, campaign_id)
    if row.draw_began_at is not None:
        return row
    planning.draft_of(uow, campaign_id)
    last = store.begin_draw(uow.session, campaign_id, uow.now)
    planning.record(uow, actor, "campaign.drawn", row)
    uow.emit(CampaignDrawDue(campaign_id))
    return row._replace(draw_began_at=uow.now, draw_last=last)


def on_draw_due(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]], *, span: int = SPAN) -> None:
    """Follow CampaignDrawDue: a span of members each, and the fact again while there are more.

    How far it is stands beside the campaign, which is locked: killed in the middle, or told twice, each member has one
    lot. A draw that its campaign's start overtakes ends the campaign: nobody may be in a group who could have bought
    before the groups were fixed.
    """
    for campaign_id in sorted({uuid.UUID(payload["campaign_id"]) for payload in payloads}):
        row = planning.locked(uow, campaign_id)
        if not row.is_drawing:
            continue
        if row.starts_at <= uow.now:
            store.cancel(uow.session, campaign_id, uow.now)
            planning.record(uow, None, "campaign.drawn_too_late", row)
        elif _draw_span(uow, row, span):
            uow.emit(CampaignDrawDue(campaign_id))
        crash_point("campaigns.drawn")


def _draw_span(uow: UnitOfWork, row: CampaignRow, span: int) -> bool:
    """True while there are more."""
    among: Sequence[int] = ()
    if row.segment is not None:
        members = ways.next_members(uow.session, row.drawn_through, span)
        among = in_segment(uow, parse(row.segment), members, day_of(uow.now, wired.settings().time_zone))
    return store.draw_span(uow.session, row, uow.now, span, first_tier=memberships.first_tier(uow), among=among)
