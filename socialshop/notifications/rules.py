"""What members are told of, what of it also goes by mail, and what they may choose not to hear. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Channel(StrEnum):
    """Where something is told."""

    IN_APP = "in_app"
    EMAIL = "email"


class Topic(StrEnum):
    """What kinds of notices have in common; what is about money or safety is always told."""

    ROOMS = "rooms"
    REMINDERS = "reminders"
    ORDERS = "orders"
    INVITES = "invites"
    EARNINGS = "earnings"
    MEMBERSHIP = "membership"
    COMMUNITY = "community"
    MONEY = "money"
    SECURITY = "security"


ALWAYS_TOLD = frozenset({Topic.MONEY, Topic.SECURITY})
CHOSEN = tuple(topic for topic in Topic if topic not in ALWAYS_TOLD)


@dataclass(frozen=True, slots=True)
class Kind:
    """`target` is the prefix of the public id of what the notice leads to, None where it leads nowhere."""

    topic: Topic
    target: str | None = None
    mailed: bool = False
    in_app: bool = True


KINDS: Mapping[str, Kind] = {
    "seat_joined": Kind(Topic.ROOMS, "room"),
    "room_filled": Kind(Topic.ROOMS, "room", mailed=True),
    "room_expired": Kind(Topic.ROOMS, "room", mailed=True),
    "room_cancelled": Kind(Topic.ROOMS, "room", mailed=True),
    "room_reminder": Kind(Topic.REMINDERS, "room"),
    "money_back": Kind(Topic.MONEY, "ord"),
    "order_shipped": Kind(Topic.ORDERS, "ord"),
    "refund_approved": Kind(Topic.MONEY, "ord"),
    "refund_rejected": Kind(Topic.MONEY, "ord"),
    "refund_paid": Kind(Topic.MONEY, "ord", mailed=True),
    "commission_accrued": Kind(Topic.EARNINGS, "acr"),
    "commission_settled": Kind(Topic.EARNINGS, "acr"),
    "commission_clawed_back": Kind(Topic.EARNINGS, "acr"),
    "payout_approved": Kind(Topic.MONEY, "por", mailed=True),
    "payout_held": Kind(Topic.MONEY, "por", mailed=True),
    "payout_rejected": Kind(Topic.MONEY, "por", mailed=True),
    "payout_paid": Kind(Topic.MONEY, "por", mailed=True),
    "payout_failed": Kind(Topic.MONEY, "por", mailed=True),
    "payout_returned": Kind(Topic.MONEY, "por", mailed=True),
    "points_expiring": Kind(Topic.REMINDERS),
    "mission_done": Kind(Topic.MEMBERSHIP),
    "campaign_begun": Kind(Topic.MEMBERSHIP),
    "member_invited": Kind(Topic.INVITES),
    "tier_upgraded": Kind(Topic.MEMBERSHIP),
    "tier_warned": Kind(Topic.MEMBERSHIP, mailed=True),
    "tier_kept": Kind(Topic.MEMBERSHIP),
    "tier_downgraded": Kind(Topic.MEMBERSHIP, mailed=True),
    "tier_moved": Kind(Topic.MEMBERSHIP),
    "post_published": Kind(Topic.COMMUNITY, "post"),
    "post_rejected": Kind(Topic.COMMUNITY, "post"),
    "email_verification": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "password_reset": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "password_link": Kind(Topic.SECURITY),
    "passkey_added": Kind(Topic.SECURITY, mailed=True),
    "passkey_removed": Kind(Topic.SECURITY, mailed=True),
    "phone_linked": Kind(Topic.SECURITY, mailed=True),
    "phone_removed": Kind(Topic.SECURITY, mailed=True),
    # One goes to the address that is to be, the other tells the one that was.
    "email_change": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "email_change_asked": Kind(Topic.SECURITY, mailed=True, in_app=False),
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` o'clock by the shop's clock no mail leaves that can wait; equal hours: never quiet."""

    begins: int
    ends: int
    zone: str

    def over_at(self, now: datetime) -> datetime | None:
        """When the quiet that `now` lies in is over; None outside of it."""
        there = now.astimezone(ZoneInfo(self.zone))
        since = (there.hour - self.begins) % 24
        length = (self.ends - self.begins) % 24
        if since >= length:
            return None
        day = there.date() + timedelta(days=1 if there.hour >= self.ends else 0)
        return datetime.combine(day, time(self.ends), tzinfo=there.tzinfo).astimezone(now.tzinfo)


def can_wait(kind: str) -> bool:
    """Whether a mail of this kind waits for the end of the quiet: all do but those that somebody sits and waits for."""
    return KINDS[kind].topic is not Topic.SECURITY


def is_capped(kind: str) -> bool:
    """Whether a mail of this kind is left out where a member had enough for a day; the notice in the shop remains."""
    return KINDS[kind].topic not in ALWAYS_TOLD
