"""What a member wants to hear, where, and when; and how much the shop tells anybody at most."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TypedDict

from socialshop.audit import service as audit
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.notifications.rules import CHOSEN, Cap, Channel, Digest, Habits, KindClass, QuietHours, Topic
from socialshop.notifications.store import choices as store
from socialshop.notifications.store import habits

Choices = Mapping[tuple[Channel, Topic], bool]
Caps = Mapping[tuple[Channel, KindClass], Cap]

EVERYTHING: Choices = {(channel, topic): True for channel in Channel for topic in CHOSEN}
"""The choices of a member who has declined nothing."""


def choose(uow: UnitOfWork, number: int, changes: Choices) -> None:
    """Change what is given, leave the rest."""
    declined = [choice for choice, wanted in changes.items() if not wanted]
    wanted = [choice for choice, wanted in changes.items() if wanted]
    if declined:
        store.opt_out(uow.session, number, declined)
    if wanted:
        store.opt_in(uow.session, number, wanted)


class HabitChanges(TypedDict, total=False):
    """What a member may change of its habits; what is absent stays.

    `quiet` is from one hour to another by the member's own clock, the same hour for never, None for as the shop.
    """

    quiet: tuple[int, int] | None
    digest: Digest


def wishes_of(uow: UnitOfWork, number: int) -> tuple[Choices, Habits]:
    """What a member wants to hear, and when it wishes to be written to. One statement."""
    row = habits.find(uow.session, number)
    declined, shops = row.opt_outs(), shops_habits(row.time_zone)
    own = None if row.quiet_from is None or row.quiet_until is None else (row.quiet_from, row.quiet_until)
    kept = Habits(
        quiet=shops.quiet if own is None else QuietHours(*own, shops.quiet.zone),
        digest=shops.digest if row.digest is None else Digest(row.digest),
        own_quiet=own,
    )
    return {choice: choice not in declined for choice in EVERYTHING}, kept


def shops_habits(zone: str | None = None) -> Habits:
    """The habits of whoever has chosen none: by the clock of `zone`, else the shop's."""
    settings = wired.settings()
    return Habits(QuietHours(settings.quiet_from, settings.quiet_until, zone or settings.time_zone), Digest.NEVER)


def keep_habits(uow: UnitOfWork, number: int, changes: HabitChanges) -> None:
    """Change what is given, leave the rest."""
    if "quiet" in changes:
        habits.keep_quiet(uow.session, number, changes["quiet"])
    if "digest" in changes:
        habits.keep_digest(uow.session, number, changes["digest"].value)


def caps_of(uow: UnitOfWork) -> Caps:
    """How much a member is told at most, by channel and class of kinds."""
    return habits.caps(uow.session)


def set_cap(uow: UnitOfWork, actor: uuid.UUID, channel: Channel, kind_class: KindClass, cap: Cap) -> None:
    """Change one cap. Raises InvalidValue where a week would have less than a day."""
    if cap.per_week < cap.per_day:
        raise InvalidValue("a week has at least as many as a day", field="per_week")
    habits.set_cap(uow.session, channel, kind_class, cap)
    facts = {"kind_class": kind_class.value, "per_day": cap.per_day, "per_week": cap.per_week}
    audit.record(uow, actor=actor, action="notice_cap.set", target=channel.value, facts=facts)
