"""Planning a campaign: a draft with its goal and what it gives, missions of its own, and groups fixed by lot."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty.errors import CampaignDrawn, CampaignTooLate
from socialshop.loyalty.lift import Metric
from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.segments import Segment, document_of
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import MissionRow, NewMission, Terms
from socialshop.loyalty.service.segmenting import check_tiers
from socialshop.loyalty.store import campaigns as store
from socialshop.loyalty.store import coupons
from socialshop.loyalty.store.campaigns import CampaignRow

CAMPAIGN_PREFIX = "cam"
_SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom: `all`, those in a `tier`, `newcomers` of the last days, `members` by their ids, or a `segment`."""

    kind: str
    tier: str | None = None
    newcomer_days: int | None = None
    members: Collection[uuid.UUID] = ()
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to be.

    `target`: by how much the goal's metric should be higher among the treated, in basis points of the buyers' rate or
    minor units of the shop's currency per head. `control_bps`: the share of the audience that is left out.
    `multiplier_bps` multiplies the points of orders, None: it does not. `notice`: what the treated are told when it
    begins, in Chinese and English. A coupon is issued to each of the treated then.
    """

    title_zh: str
    title_en: str
    theme: str
    starts_at: datetime
    ends_at: datetime
    audience: Audience
    control_bps: int
    goal: Metric
    target: int
    multiplier_bps: int | None = None
    notice: tuple[str, str] | None = None
    coupon_id: uuid.UUID | None = None


def add(uow: UnitOfWork, actor: uuid.UUID, new: NewCampaign) -> CampaignRow:
    """Keep a draft. Raises InvalidValue: a start that is over, an end before it, an unknown tier, member or coupon."""
    if new.starts_at <= uow.now:
        raise InvalidValue("a campaign starts later than now", field="starts_at")
    if new.ends_at <= new.starts_at:
        raise InvalidValue("a campaign ends after it starts", field="ends_at")
    audience = new.audience
    if audience.kind == "tier":
        check_tiers(uow, [audience.tier or ""], "audience.tier")
    named = identity.named(uow, ids=list(audience.members)) if audience.kind == "members" else []
    if len(named) < len(set(audience.members)) or (audience.kind == "members" and not named):
        raise InvalidValue("name members of the shop", field="members")
    if audience.kind == "segment" and audience.segment is None:
        raise InvalidValue("a campaign for a segment says which", field="segment")
    if audience.segment is not None:
        check_tiers(uow, audience.segment.tiers, "audience.segment.tiers")
    if new.coupon_id is not None and coupons.find(uow.session, new.coupon_id) is None:
        raise InvalidValue("no such coupon", field="coupon_id")
    row = _row(new)
    store.add(uow.session, row, uow.now)
    store.name_members(uow.session, row.id, [member.number for member in named])
    record(uow, actor, "campaign.added", row)
    return row


def add_mission(
    uow: UnitOfWork, actor: uuid.UUID, campaign_id: uuid.UUID, what: tuple[MissionKind, Repeats], terms: Terms
) -> MissionRow:
    """Give a draft a mission for the time of the campaign. Raises NotFound, CampaignDrawn, CampaignTooLate."""
    row = draft_of(uow, campaign_id)
    return missions.add(uow, actor, NewMission(*what, row.starts_at, row.ends_at, terms, campaign_id))


def cancel(uow: UnitOfWork, actor: uuid.UUID, campaign_id: uuid.UUID) -> CampaignRow:
    """End it now; what it gave stays. Cancelled again, or once it is over, nothing changes. Raises NotFound."""
    row = locked(uow, campaign_id)
    if row.cancelled_at is not None or row.ends_at <= uow.now:
        return row
    store.cancel(uow.session, campaign_id, uow.now)
    record(uow, actor, "campaign.cancelled", row)
    return row._replace(cancelled_at=uow.now)


def campaign(uow: UnitOfWork, campaign_id: uuid.UUID) -> CampaignRow:
    """One campaign. Raises NotFound."""
    row = store.find(uow.session, campaign_id)
    if row is None:
        raise NotFound("no such campaign")
    return row


def campaigns(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[CampaignRow]:
    """Up to `limit` campaigns, the newest first."""
    return store.page(uow.session, before, limit)


def missions_of(uow: UnitOfWork, campaign_id: uuid.UUID) -> list[MissionRow]:
    """The missions of a campaign."""
    return missions.of_campaign(uow, campaign_id)


def draft_of(uow: UnitOfWork, campaign_id: uuid.UUID) -> CampaignRow:
    """A campaign whose draw has not begun, for this transaction alone.

    Raises NotFound, CampaignDrawn, CampaignTooLate.
    """
    row = locked(uow, campaign_id)
    if row.draw_began_at is not None:
        raise CampaignDrawn("the campaign's groups are fixed, or being drawn")
    if row.cancelled_at is not None or row.starts_at <= uow.now:
        raise CampaignTooLate("the campaign's start is over, or it was cancelled")
    return row


def locked(uow: UnitOfWork, campaign_id: uuid.UUID) -> CampaignRow:
    """A campaign, for this transaction alone to change. Raises NotFound."""
    row = store.lock(uow.session, campaign_id)
    if row is None:
        raise NotFound("no such campaign")
    return row


def _row(new: NewCampaign) -> CampaignRow:
    audience = new.audience
    notice_zh, notice_en = new.notice or (None, None)
    return CampaignRow(
        id=new_id(),
        title_zh=new.title_zh,
        title_en=new.title_en,
        theme=new.theme,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        audience=audience.kind,
        tier=audience.tier if audience.kind == "tier" else None,
        newcomer_days=audience.newcomer_days if audience.kind == "newcomers" else None,
        control_bps=new.control_bps,
        seed=secrets.token_hex(_SEED_BYTES),
        goal=new.goal,
        target=new.target,
        multiplier_bps=new.multiplier_bps,
        notice_zh=notice_zh,
        notice_en=notice_en,
        coupon_id=new.coupon_id,
        segment=document_of(audience.segment) if audience.kind == "segment" and audience.segment else None,
    )


def record(uow: UnitOfWork, actor: uuid.UUID | None, action: str, row: CampaignRow) -> None:
    """Say in the audit record what was done to a campaign (None: by the shop itself)."""
    facts = {"title": row.title_en, "goal": row.goal.value, "target": row.target, "control_bps": row.control_bps}
    audit.record(uow, actor=actor, action=action, target=to_public(CAMPAIGN_PREFIX, row.id), facts=facts)
