"""Checking in: once a day by the shop's clock, with a bonus for days in a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.loyalty import rules
from socialshop.loyalty.events import DeedsDone
from socialshop.loyalty.service.giving import Grant, give
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import lots as store
from socialshop.loyalty.store.lots import Streak
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Activity


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A day's check-in: what it gave, `bonus` of it for the streak; `new` is False where it was done before."""

    on: date
    streak: int
    points: int
    bonus: int
    new: bool


@dataclass(frozen=True, slots=True)
class CheckInState:
    """Whether the member was here today, how many days in a row, and what today's or tomorrow's check-in gives."""

    done: bool
    streak: int
    next_points: int


def check_in(uow: UnitOfWork, member: int, zone: str) -> CheckIn:
    """Give the day's points, and the growth that tiers have for it; a second time on one day, nothing changes."""
    today = day_of(uow.now, zone)
    in_force = rules_at(uow, uow.now)
    store.lock_members(uow.session, [member])
    before = store.streak_of(uow.session, member)
    if before.checked_in_on is not None and before.checked_in_on >= today:
        given = store.points_of(uow.session, member, rules.CHECK_IN, before.checked_in_on.isoformat()) or 0
        return CheckIn(before.checked_in_on, before.streak, given, 0, new=False)
    streak = rules.streak_after(before.checked_in_on, before.streak, today)
    bonus = rules.streak_bonus(in_force.streak_bonuses, streak)
    points = in_force.check_in_points + bonus
    facts = {"rules": in_force.version, "streak": streak, "bonus": bonus}
    give(uow, [Grant(member, rules.CHECK_IN, today.isoformat(), points, facts, in_force.expiry_days, uow.now)])
    store.keep_streak(uow.session, member, Streak(today, streak))
    memberships.add_activity(uow, [Activity(member, rules.CHECK_IN, today.isoformat())], zone)
    uow.emit(DeedsDone(rules.CHECK_IN, (member,), uow.now))
    return CheckIn(today, streak, points, bonus, new=True)


def check_in_state(uow: UnitOfWork, member: int, zone: str) -> CheckInState:
    """How the member's streak stands."""
    today = day_of(uow.now, zone)
    in_force = rules_at(uow, uow.now)
    last, streak = store.streak_of(uow.session, member)
    done = last is not None and last >= today
    standing = streak if done or last == today - timedelta(days=1) else 0
    return CheckInState(
        done, standing, in_force.check_in_points + rules.streak_bonus(in_force.streak_bonuses, standing + 1)
    )
