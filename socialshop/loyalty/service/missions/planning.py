"""Missions as the shop plans them and members see them: terms in versions, a window, and how far somebody is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.service.missions.counting import MISSION_PREFIX
from socialshop.loyalty.store import missions as store
from socialshop.loyalty.store.missions import Clock, MissionRow, Own, Reach


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version says: what it is called, how often it is to be done within a period, and what that gives."""

    title_zh: str
    title_en: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class NewMission:
    """A mission to be; `opens_at` None: at once. One of a campaign is for those alone whom it treats."""

    kind: MissionKind
    repeats: Repeats
    opens_at: datetime | None
    closes_at: datetime
    terms: Terms
    campaign_id: uuid.UUID | None = None


def add(uow: UnitOfWork, actor: uuid.UUID, new: NewMission) -> MissionRow:
    """Publish a mission. Raises InvalidValue for a window that began before now or ends before it begins."""
    opens_at = new.opens_at or uow.now
    if opens_at < uow.now:
        raise InvalidValue("a mission opens now or later", field="opens_at")
    if new.closes_at <= opens_at:
        raise InvalidValue("a mission closes after it opens", field="closes_at")
    terms = new.terms
    row = MissionRow(
        new_id(),
        new.kind,
        new.repeats,
        opens_at,
        new.closes_at,
        None,
        1,
        terms.title_zh,
        terms.title_en,
        terms.times,
        terms.points,
        new.campaign_id,
    )
    store.add(uow.session, row, uow.now)
    store.add_version(uow.session, row, actor, uow.now)
    _record(uow, actor, "mission.added", row)
    return row


def change(uow: UnitOfWork, actor: uuid.UUID, mission_id: uuid.UUID, terms: Terms) -> MissionRow:
    """Publish another version. What members have begun ends by the version that they began by. Raises NotFound."""
    before = _locked(uow, mission_id)
    row = before._replace(
        version=before.version + 1,
        title_zh=terms.title_zh,
        title_en=terms.title_en,
        times=terms.times,
        points=terms.points,
    )
    store.add_version(uow.session, row, actor, uow.now)
    _record(uow, actor, "mission.changed", row)
    return row


def withdraw(uow: UnitOfWork, actor: uuid.UUID, mission_id: uuid.UUID) -> MissionRow:
    """Let it count nothing from now on; what it gave stays. Withdrawn again, nothing changes. Raises NotFound."""
    row = _locked(uow, mission_id)
    if row.withdrawn_at is not None:
        return row
    store.withdraw(uow.session, mission_id, uow.now)
    _record(uow, actor, "mission.withdrawn", row)
    return row._replace(withdrawn_at=uow.now)


def mission(uow: UnitOfWork, mission_id: uuid.UUID) -> MissionRow:
    """One mission by its newest version. Raises NotFound."""
    row = store.find(uow.session, mission_id)
    if row is None:
        raise NotFound("no such mission")
    return row


def missions(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[MissionRow]:
    """Up to `limit` missions, the newest first."""
    return store.page(uow.session, before, limit)


def of_campaign(uow: UnitOfWork, campaign_id: uuid.UUID) -> list[MissionRow]:
    """The missions of a campaign."""
    return store.of_campaign(uow.session, campaign_id)


def reach(uow: UnitOfWork, rows: list[MissionRow]) -> dict[uuid.UUID, Reach]:
    """How many periods of each of these missions were begun and finished. One statement."""
    found = {each.mission_id: each for each in store.reach(uow.session, [row.id for row in rows])}
    return {row.id: found.get(row.id, Reach(row.id, 0, 0)) for row in rows}


def of_member(uow: UnitOfWork, member: int, zone: str, after: uuid.UUID | None, limit: int) -> list[Own]:
    """Up to `limit` missions that go on, with how far the member is. One statement."""
    return store.of_member(uow.session, member, Clock(uow.now, zone), after, limit)


def _locked(uow: UnitOfWork, mission_id: uuid.UUID) -> MissionRow:
    row = store.lock(uow.session, mission_id)
    if row is None:
        raise NotFound("no such mission")
    return row


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, row: MissionRow) -> None:
    facts = {"version": row.version, "title": row.title_en, "times": row.times, "points": row.points}
    audit.record(uow, actor=actor, action=action, target=to_public(MISSION_PREFIX, row.id), facts=facts)
