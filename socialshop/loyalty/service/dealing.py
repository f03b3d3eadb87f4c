"""Deals offered to a segment: whoever is in it on a day is invited, told why, and stays invited."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.deals import service as deals
from socialshop.deals.service import DealView
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import day_of
from socialshop.loyalty.segment_sentences import because
from socialshop.loyalty.segments import Segment, document_of, parse
from socialshop.loyalty.service.segmenting import check_tiers, in_segment
from socialshop.loyalty.store import coupon_ways as ways
from socialshop.loyalty.store import deal_segments as store
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

SPAN = 5_000


@dataclass(frozen=True, slots=True)
class DealOffered:
    """A deal that is for a segment; `invited` is how many have been in it so far, where that was asked."""

    deal: DealView
    segment: Segment
    offered_at: datetime
    invited: int = 0


def offer_deal(uow: UnitOfWork, actor: uuid.UUID, deal_id: uuid.UUID, segment: Segment) -> DealOffered:
    """Keep a draft for a segment: once it is published, it is shown to who is in it, and to nobody else.

    Of a deal that is for a segment already the rule may change: who was invited stays so. Raises NotFound,
    DealPublished, InvalidValue for a tier that there is not.
    """
    check_tiers(uow, segment.tiers, "segment.tiers")
    deals.keep_for_invited(uow, deal_id)
    document = document_of(segment)
    store.keep(uow.session, deal_id, document, actor, uow.now)
    target = to_public("deal", deal_id)
    audit.record(uow, actor=actor, action="deal.offered", target=target, facts={"segment": document})
    return DealOffered(deals.deals_by_id(uow, [deal_id])[deal_id], segment, uow.now)


def deals_offered(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[DealOffered]:
    """Up to `limit` deals that are for segments, the newest first, each with how many were invited."""
    rows = store.page(uow.session, before, limit)
    views = deals.deals_by_id(uow, [row.deal_id for row in rows])
    invited = deals.count_invited(uow, [row.deal_id for row in rows])
    return [
        DealOffered(views[row.deal_id], parse(row.segment), row.offered_at, invited.get(row.deal_id, 0)) for row in rows
    ]


def offered_to(uow: UnitOfWork, member: int) -> list[DealOffered]:
    """The deals that are not over and that are offered to this member among some alone, the newest first."""
    ids = deals.invited_to(uow, member)
    views, found = deals.deals_by_id(uow, ids), store.named(uow.session, ids)
    return [DealOffered(views[id_], parse(found[id_].segment), found[id_].offered_at) for id_ in ids if id_ in found]


def why_offered(uow: UnitOfWork, deal_ids: Sequence[uuid.UUID], language: str) -> Mapping[uuid.UUID, list[str]]:
    """Why each of these deals is offered to who is invited, a few words each; those for everybody are left out."""
    found = store.named(uow.session, deal_ids)
    return {id_: because(parse(row.segment), language) for id_, row in found.items()}


def offer_due(uow: UnitOfWork, zone: str, *, span: int = SPAN) -> bool:
    """Take a deal's round of the day a span of members further; True while there is more. For the periodic table."""
    day = day_of(uow.now, zone)
    found = store.take_open(uow.session, day, uow.now)
    if found is None:
        return False
    after = found.done_through if found.day == day else 0
    members = ways.next_members(uow.session, after, span)
    segment = parse(found.segment)
    new = deals.invite(uow, found.deal_id, in_segment(uow, segment, members, day)) if members else []
    _tell(uow, found.deal_id, segment, new)
    crash_point("deals.offered")
    store.note_progress(uow.session, found.deal_id, day, members[-1] if members else after, is_over=not members)
    return True


def _tell(uow: UnitOfWork, deal_id: uuid.UUID, segment: Segment, members: Sequence[int]) -> None:
    if not members:
        return
    title = deals.titles(uow, [deal_id])[deal_id]
    facts = {"title": title, "why_en": ", ".join(because(segment, "en")), "why_zh": "，".join(because(segment, "zh"))}
    public = to_public("deal", deal_id)
    notifications.tell(uow, [Told(member, "deal_offered", public, None, deal_id, facts) for member in members])
