"""How members wish to be written to, and how much they are told at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.notifications.rules import Cap, Channel, KindClass, Topic


class HabitsRow(NamedTuple):
    """What a member has chosen, with the own time zone; `declined` are pairs of channel and topic."""

    time_zone: str | None
    quiet_from: int | None
    quiet_until: int | None
    digest: str | None
    declined: list[str]

    def opt_outs(self) -> set[tuple[Channel, Topic]]:
        """What the member does not want to hear."""
        pairs = (each.split() for each in self.declined)
        return {(Channel(channel), Topic(topic)) for channel, topic in pairs}


def find(session: Session, member: int) -> HabitsRow:
    """What the member has chosen; nothing where nothing was. One statement."""
    row = session.execute(
        text(
            "SELECT p.time_zone, h.quiet_from, h.quiet_until, h.digest,"
            " ARRAY(SELECT o.channel || ' ' || o.topic FROM notice_opt_outs o WHERE o.member = m.number) FROM members m"
            " LEFT JOIN member_profiles p ON p.member_id = m.id LEFT JOIN notice_habits h ON h.member = m.number"
            " WHERE m.number = :member"
        ),
        {"member": member},
    ).one()
    return HabitsRow(*row)


def keep_quiet(session: Session, member: int, quiet: tuple[int, int] | None) -> None:
    """The member is quiet in these hours; None: as the shop is."""
    begins, ends = quiet or (None, None)
    session.execute(
        text(
            "INSERT INTO notice_habits (member, quiet_from, quiet_until) VALUES (:member, :begins, :ends)"
            " ON CONFLICT (member) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until"
        ),
        {"member": member, "begins": begins, "ends": ends},
    )


def keep_digest(session: Session, member: int, digest: str) -> None:
    """So often the member gets what can wait in one mail."""
    session.execute(
        text(
            "INSERT INTO notice_habits (member, digest) VALUES (:member, :digest)"
            " ON CONFLICT (member) DO UPDATE SET digest = excluded.digest"
        ),
        {"member": member, "digest": digest},
    )


def caps(session: Session) -> Mapping[tuple[Channel, KindClass], Cap]:
    """Every cap."""
    rows = session.execute(
        text("SELECT channel, kind_class, per_day, per_week FROM notice_caps ORDER BY channel, kind_class")
    )
    return {
        (Channel(channel), KindClass(kind_class)): Cap(per_day, per_week)
        for channel, kind_class, per_day, per_week in rows
    }


def set_cap(session: Session, channel: Channel, kind_class: KindClass, cap: Cap) -> None:
    """Change one cap."""
    session.execute(
        text(
            "UPDATE notice_caps SET per_day = :per_day, per_week = :per_week"
            " WHERE channel = :channel AND kind_class = :kind_class"
        ),
        {
            "channel": channel.value,
            "kind_class": kind_class.value,
            "per_day": cap.per_day,
            "per_week": cap.per_week,
        },
    )
