"""What members have by their tier and plans, and what it opens to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import rules
from socialshop.memberships.errors import TierRequired
from socialshop.memberships.rules import Benefits
from socialshop.memberships.service.using import BenefitUse, note_uses
from socialshop.memberships.store import standings
from socialshop.memberships.store.standings import HeldRow


def benefits_of(uow: UnitOfWork, member_numbers: Collection[int]) -> Mapping[int, Benefits]:
    """The benefits that each of these members has now, by tier and plan. One statement, whatever their number."""
    rows = standings.held_by(uow.session, set(member_numbers), uow.now)
    return {row.tier.member: _of(row) for row in rows}


def benefits_in(found: Mapping[str, Any]) -> Benefits:
    """The benefits that a statement found of which `HELD` is a part: who claims a seat is asked nothing more."""
    return _of(standings.held_in(found))


def _of(row: HeldRow) -> Benefits:
    """The tier, with the best of each benefit that it or a plan gives."""
    best = row.tier._replace(benefits=rules.best_of([row.tier.benefits, *row.plans]))
    return replace(rules.benefits_of_tier(*best[1:]), by_plan=rules.more_by_plans(row.tier.benefits, row.plans))


def first_tier(uow: UnitOfWork) -> str:
    """The code of the tier that everybody begins in."""
    return standings.first_tier(uow.session, uow.now)


def tiers_at(uow: UnitOfWork, asked: Collection[tuple[int, datetime]]) -> Mapping[tuple[int, datetime], str]:
    """The tier that each of these members was in at the instant beside the number. One statement."""
    rows = standings.tiers_at(uow.session, sorted(set(asked)), uow.now)
    return {(member, at): tier for member, at, tier in rows}


def head_start_of(uow: UnitOfWork, member: int) -> timedelta:
    """How long before the others the member may take seats of a deal that is announced."""
    return timedelta(hours=benefits_of(uow, [member])[member].early_access_hours)


def come_early(uow: UnitOfWork, member: int, ahead: timedelta, source: str) -> bool:
    """Whether the member may take a seat so long before the others; noted as used for `source`, if so."""
    has = benefits_of(uow, [member])[member]
    if timedelta(hours=has.early_access_hours) < ahead:
        return False
    note_uses(uow, [BenefitUse(member, "early_access", source, by_plan="early_access_hours" in has.by_plan)])
    return True


def require_tier(uow: UnitOfWork, member: int, minimum: str, source: str) -> None:
    """Raises TierRequired unless the member is in the tier `minimum` or above, or has every deal open.

    That every deal is open to who is below is noted as used for `source`. A tier that the programme in force does not
    know asks for more than anybody has.
    """
    has = benefits_of(uow, [member])[member]
    level = standings.level_of(uow.session, minimum, uow.now)
    if level is not None and has.level >= level:
        return
    if not has.exclusive_deals:
        raise TierRequired("this deal is for members of a higher tier", minimum_tier=minimum, tier=has.tier)
    note_uses(uow, [BenefitUse(member, "exclusive_deal", source, by_plan="exclusive_deals" in has.by_plan)])
