"""Programmes of tiers: drafted, looked at with who would move, published; never edited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import to_text
from socialshop.memberships.errors import EffectiveTooEarly
from socialshop.memberships.programme import Programme, document_of, parse
from socialshop.memberships.rules import benefits_of_tier
from socialshop.memberships.service.reading import TierView
from socialshop.memberships.store import programmes as store
from socialshop.memberships.store.programmes import MoveRow, ProgrammeRow


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A programme; `number` and `effective_at` are None for a draft."""

    id: uuid.UUID
    programme: Programme
    created_at: datetime
    number: int | None
    effective_at: datetime | None


def draft_programme(uow: UnitOfWork, actor: uuid.UUID, programme: Programme) -> ProgrammeView:
    """Keep a draft: nobody moves by it until it is published."""
    programme_id = new_id()
    store.add(uow.session, programme_id, document_of(programme), created_by=actor, now=uow.now)
    _record(uow, actor, "tier_programme.drafted", programme_id, name=programme.name)
    return ProgrammeView(programme_id, programme, uow.now, None, None)


def programme_page(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[ProgrammeView]:
    """Up to `limit` programmes, the newest first, older than `before`."""
    return [_view(row) for row in store.page_of(uow.session, before, limit)]


def programme_of(uow: UnitOfWork, programme_id: uuid.UUID) -> ProgrammeView:
    """A draft or published programme. Raises NotFound."""
    row = store.find(uow.session, programme_id)
    if row is None:
        raise NotFound("no such programme")
    return _view(row)


def programme_in_force(uow: UnitOfWork) -> ProgrammeView:
    """The programme that holds now; there always is one."""
    return _view(store.in_force(uow.session, uow.now))


def who_moves(uow: UnitOfWork, programme_id: uuid.UUID) -> Sequence[MoveRow]:
    """Who would leave their tiers if the programme came into force now: up at once, or down after a warning.

    Who is in a tier that it does not have, and goes neither up nor down, is told as moved.

    Growth is what was earned so far, by the programme's period; its rules hold for what is earned later.
    Raises NotFound.
    """
    programme = programme_of(uow, programme_id).programme
    return store.who_moves(
        uow.session,
        period_days=programme.period_days,
        codes=[tier.code for tier in programme.tiers],
        thresholds=[tier.threshold for tier in programme.tiers],
        now=uow.now,
    )


def publish_programme(
    uow: UnitOfWork, actor: uuid.UUID, programme_id: uuid.UUID, effective_at: datetime | None = None
) -> ProgrammeView:
    """Bring a draft into force, from `effective_at` on (by default now); published again, it stays as it is.

    Raises NotFound, EffectiveTooEarly.
    """
    advisory_lock(uow, "tier programmes")
    found = programme_of(uow, programme_id)
    if found.number is not None:
        return found
    last, last_from = store.last_version(uow.session)
    holds_from = effective_at or uow.now
    if holds_from < uow.now or holds_from <= last_from:
        raise EffectiveTooEarly(
            f"a programme begins now or later, and after the last one ({to_text(last_from)})", field="effective_at"
        )
    store.add_version(uow.session, last + 1, programme_id, holds_from, uow.now)
    _record(uow, actor, "tier_programme.published", programme_id, version=last + 1, effective_at=holds_from)
    return programme_of(uow, programme_id)


def tier_views(view: ProgrammeView) -> tuple[TierView, ...]:
    """The tiers of a programme as members would see them."""
    return tuple(
        TierView(
            tier.code,
            tier.name_zh,
            tier.name_en,
            tier.threshold,
            benefits_of_tier(tier.code, tier.name_zh, tier.name_en, level, tier.benefits.model_dump()),
        )
        for level, tier in enumerate(view.programme.tiers)
    )


def _view(row: ProgrammeRow) -> ProgrammeView:
    return ProgrammeView(row.id, parse(row.document), row.created_at, row.number, row.effective_at)


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, programme_id: uuid.UUID, **facts: object) -> None:
    audit.record(uow, actor=actor, action=action, target=to_public("tpr", programme_id), facts=facts)
