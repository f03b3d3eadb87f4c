"""What members are told of, what of it also goes by mail, and what they may choose not to hear. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)


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
    CIRCLES = "circles"
    DIGEST = "digest"
    MONEY = "money"
    SECURITY = "security"


ALWAYS_TOLD = frozenset({Topic.MONEY, Topic.SECURITY})
CHOSEN = tuple(topic for topic in Topic if topic not in ALWAYS_TOLD | {Topic.DIGEST})


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
    "session_begun": Kind(Topic.REMINDERS, "fls", mailed=True),
    "bargain_chopped": Kind(Topic.ROOMS, "brg"),
    "bargain_at_floor": Kind(Topic.ROOMS, "brg", mailed=True),
    "bargain_over": Kind(Topic.ROOMS, "brg"),
    "money_back": Kind(Topic.MONEY, "ord"),
    "late_payment": Kind(Topic.MONEY, "ord", mailed=True),
    "order_shipped": Kind(Topic.ORDERS, "ord"),
    "refund_approved": Kind(Topic.MONEY, "ord"),
    "refund_rejected": Kind(Topic.MONEY, "ord"),
    "refund_paid": Kind(Topic.MONEY, "ord", mailed=True),
    "commission_accrued": Kind(Topic.EARNINGS, "acr"),
    "commission_settled": Kind(Topic.EARNINGS, "acr"),
    "commission_clawed_back": Kind(Topic.EARNINGS, "acr"),
    "counts_struck_out": Kind(Topic.MONEY, mailed=True),
    "payout_approved": Kind(Topic.MONEY, "por", mailed=True),
    "payout_held": Kind(Topic.MONEY, "por", mailed=True),
    "payout_rejected": Kind(Topic.MONEY, "por", mailed=True),
    "payouts_overdue": Kind(Topic.MONEY),
    "payout_account_added": Kind(Topic.SECURITY, mailed=True),
    "payout_paid": Kind(Topic.MONEY, "por", mailed=True),
    "payout_failed": Kind(Topic.MONEY, "por", mailed=True),
    "payout_returned": Kind(Topic.MONEY, "por", mailed=True),
    "points_expiring": Kind(Topic.REMINDERS),
    "mission_done": Kind(Topic.MEMBERSHIP),
    "campaign_begun": Kind(Topic.MEMBERSHIP),
    "coupon_given": Kind(Topic.MEMBERSHIP, "cph", mailed=True),
    "deal_offered": Kind(Topic.MEMBERSHIP, "deal", mailed=True),
    "member_invited": Kind(Topic.INVITES),
    "tier_upgraded": Kind(Topic.MEMBERSHIP),
    "tier_warned": Kind(Topic.MEMBERSHIP, mailed=True),
    "tier_kept": Kind(Topic.MEMBERSHIP),
    "tier_downgraded": Kind(Topic.MEMBERSHIP, mailed=True),
    "tier_moved": Kind(Topic.MEMBERSHIP),
    "plan_started": Kind(Topic.MEMBERSHIP, "pls"),
    "plan_renewal_soon": Kind(Topic.MONEY, "pls", mailed=True),
    "plan_ending_soon": Kind(Topic.MEMBERSHIP, "pls", mailed=True),
    "plan_renewed": Kind(Topic.MONEY, "pls", mailed=True),
    "plan_payment_due": Kind(Topic.MONEY, "pls", mailed=True),
    "plan_payment_failed": Kind(Topic.MONEY, "pls", mailed=True),
    "plan_ended": Kind(Topic.MEMBERSHIP, "pls", mailed=True),
    "plan_refunded": Kind(Topic.MONEY, mailed=True),
    "plan_month": Kind(Topic.MEMBERSHIP),
    "post_published": Kind(Topic.COMMUNITY, "post"),
    "post_rejected": Kind(Topic.COMMUNITY, "post"),
    "question_answered": Kind(Topic.COMMUNITY, "qst", mailed=True),
    "circle_notice": Kind(Topic.CIRCLES, "cnt"),
    "leading_approved": Kind(Topic.MEMBERSHIP),
    "leading_rejected": Kind(Topic.MEMBERSHIP),
    "banner_taken_down": Kind(Topic.COMMUNITY),
    "publisher_approved": Kind(Topic.MEMBERSHIP),
    "publisher_rejected": Kind(Topic.MEMBERSHIP),
    "publisher_ended": Kind(Topic.MEMBERSHIP),
    "report_decided": Kind(Topic.COMMUNITY),
    "standing_warned": Kind(Topic.SECURITY),
    "standing_limited": Kind(Topic.SECURITY, mailed=True),
    "standing_frozen": Kind(Topic.SECURITY, mailed=True),
    "appeal_upheld": Kind(Topic.SECURITY),
    "appeal_lifted": Kind(Topic.SECURITY),
    "digest": Kind(Topic.DIGEST, mailed=True, in_app=False),
    "webhook_disabled": Kind(Topic.SECURITY, "whk", mailed=True),
    "stock_low": Kind(Topic.ORDERS, "sku"),
    "stock_differs": Kind(Topic.SECURITY, "sku", mailed=True),
    "subtrees_crossed": Kind(Topic.SECURITY, mailed=True),
    "email_verification": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "password_reset": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "password_link": Kind(Topic.SECURITY),
    "passkey_added": Kind(Topic.SECURITY, mailed=True),
    "passkey_removed": Kind(Topic.SECURITY, mailed=True),
    "totp_added": Kind(Topic.SECURITY, mailed=True),
    "totp_removed": Kind(Topic.SECURITY, mailed=True),
    "recovery_code_used": Kind(Topic.SECURITY, mailed=True),
    "phone_linked": Kind(Topic.SECURITY, mailed=True),
    "phone_removed": Kind(Topic.SECURITY, mailed=True),
    # One goes to the address that is to be, the other tells the one that was.
    "email_change": Kind(Topic.SECURITY, mailed=True, in_app=False),
    "email_change_asked": Kind(Topic.SECURITY, mailed=True, in_app=False),
}


DIGEST = "digest"
"""The kind of the mail that tells of many things at once; it is nobody's notice and none can decline it by topic."""


class KindClass(StrEnum):
    """Kinds that share a cap: what becomes of one's own rooms and orders, and what may be of interest."""

    SERVICE = "service"
    NEWS = "news"


_SERVICE = frozenset({Topic.ROOMS, Topic.ORDERS})


def class_of(kind: str) -> KindClass | None:
    """Under which caps a kind falls; None for what is about money or safety, which is told at once and uncounted."""
    if kind == DIGEST or KINDS[kind].topic in ALWAYS_TOLD:
        return None
    return KindClass.SERVICE if KINDS[kind].topic in _SERVICE else KindClass.NEWS


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many in any 24 hours, and in any seven days."""

    per_day: int
    per_week: int

    def is_reached(self, times: Iterable[datetime], now: datetime) -> bool:
        """Whether one more would be too many, after those of these instants."""
        ages = [now - at for at in times]
        lately = sum(age < DAY for age in ages), sum(age < WEEK for age in ages)
        return lately[0] >= self.per_day or lately[1] >= self.per_week


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` o'clock by the clock of `zone` no mail leaves that can wait; equal hours: never quiet."""

    begins: int
    ends: int
    zone: str

    def over_at(self, now: datetime) -> datetime | None:
        """When the quiet that `now` lies in is over; None outside of it."""
        there = now.astimezone(ZoneInfo(self.zone))
        if (there.hour - self.begins) % 24 >= (self.ends - self.begins) % 24:
            return None
        return _next(self.ends, there.date(), self.zone, now)


class Digest(StrEnum):
    """How often what can wait comes in one mail; never: each comes for itself, as long as no cap is reached."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"

    def next_at(self, now: datetime, hour: int, zone: str) -> datetime:
        """The next `hour` o'clock by the clock of `zone`: of any day, or of a Monday; after a cap, of any day."""
        day = now.astimezone(ZoneInfo(zone)).date()
        if self is not Digest.WEEKLY:
            return _next(hour, day, zone, now)
        monday = day - timedelta(days=day.weekday())
        this_week = _next(hour, monday, zone, datetime.combine(monday - timedelta(days=1), time(), tzinfo=UTC))
        return this_week if this_week > now else _next(hour, monday + timedelta(days=7), zone, now)


def _next(hour: int, day: date, zone: str, after: datetime) -> datetime:
    """The first `hour` o'clock from `day` on that is later than `after`, in UTC.

    Where a clock shows it twice on a day both are looked at; where it skips it, the instant of the skip counts.
    """
    shown = (
        datetime.combine(day + timedelta(days=days), time(hour, fold=fold), tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for days in range(3)
        for fold in (0, 1)
    )
    return min(at for at in shown if at > after)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a member wishes to be written to; `own_quiet` None: as the shop is quiet."""

    quiet: QuietHours
    digest: Digest
    own_quiet: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """A mail that does not leave now: it waits until then, by itself or (`folded`) for the digest of that time."""

    until: datetime
    folded: bool


def when(kind: str, habits: Habits, now: datetime, digest_hour: int, *, is_full: bool) -> Later | None:
    """When a mail of this kind leaves; None: now. `is_full` says that its cap is reached."""
    if KINDS[kind].topic in ALWAYS_TOLD:
        return None
    if class_of(kind) is not None and (is_full or habits.digest is not Digest.NEVER):
        return Later(habits.digest.next_at(now, digest_hour, habits.quiet.zone), folded=True)
    until = habits.quiet.over_at(now)
    return None if until is None else Later(until, folded=False)
