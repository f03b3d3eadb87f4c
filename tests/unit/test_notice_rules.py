"""Quiet hours, digests and caps: by any clock of the world, through every change of it, and exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialshop.notifications.rules import (
    ALWAYS_TOLD,
    KINDS,
    Cap,
    Digest,
    Habits,
    KindClass,
    QuietHours,
    class_of,
    when,
)

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Asia/Kathmandu",
)
hours = st.integers(0, 23)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@settings(max_examples=150, deadline=None)
@given(instants, hours, hours, st.sampled_from(ZONES))
def test_quiet_ends_later_than_now_within_a_day_and_outside_of_the_quiet(
    now: datetime, begins: int, ends: int, zone: str
) -> None:
    quiet = QuietHours(begins, ends, zone)
    over = quiet.over_at(now)
    local = now.astimezone(ZoneInfo(zone)).hour
    is_quiet = local in {(begins + hour) % 24 for hour in range((ends - begins) % 24)}
    assert (over is not None) == is_quiet
    if over is not None:
        # A clock may be turned by two hours (Troll).
        assert now < over <= now + timedelta(hours=26)
        assert quiet.over_at(over) is None


@pytest.mark.parametrize(
    ("now", "zone", "ends", "over"),
    [
        # New York, 8 March 2026: two o'clock does not exist; whoever sleeps until then is woken at three.
        ("2026-03-08T06:30", "America/New_York", 2, "2026-03-08T07:00"),
        # New York, 1 November 2026: half past one comes twice, and both are before two.
        ("2026-11-01T05:30", "America/New_York", 2, "2026-11-01T07:00"),
        ("2026-11-01T06:30", "America/New_York", 2, "2026-11-01T07:00"),
        # The night of the change is an hour shorter: eight o'clock is eight o'clock.
        ("2026-03-29T00:30", "Europe/Berlin", 8, "2026-03-29T06:00"),
        ("2026-03-28T00:30", "Europe/Berlin", 8, "2026-03-28T07:00"),
    ],
)
def test_the_night_in_which_clocks_change_ends_by_the_clock(now: str, zone: str, ends: int, over: str) -> None:
    assert QuietHours(22, ends, zone).over_at(at(now)) == at(over)


@pytest.mark.parametrize(
    ("digest", "now", "next_at"),
    [
        (Digest.DAILY, "2026-03-02T00:59", "2026-03-02T01:00"),  # 9:00 in Shanghai
        (Digest.DAILY, "2026-03-02T01:00", "2026-03-03T01:00"),
        (Digest.NEVER, "2026-03-02T01:00", "2026-03-03T01:00"),
        (Digest.WEEKLY, "2026-03-02T00:59", "2026-03-02T01:00"),  # a Monday
        (Digest.WEEKLY, "2026-03-02T01:00", "2026-03-09T01:00"),
        (Digest.WEEKLY, "2026-03-08T17:00", "2026-03-09T01:00"),  # Monday already, in Shanghai
    ],
)
def test_a_digest_leaves_at_its_hour_by_its_readers_clock(digest: Digest, now: str, next_at: str) -> None:
    assert digest.next_at(at(now), 9, "Asia/Shanghai") == at(next_at)


@settings(max_examples=100, deadline=None)
@given(instants, hours, st.sampled_from(ZONES), st.sampled_from(Digest))
def test_the_next_digest_is_later_and_never_further_than_its_span(
    now: datetime, hour: int, zone: str, digest: Digest
) -> None:
    span = timedelta(days=7 if digest is Digest.WEEKLY else 1, hours=2)
    assert now < digest.next_at(now, hour, zone) <= now + span


def test_a_cap_counts_a_day_and_a_week_back_to_the_second() -> None:
    now, cap = at("2026-03-08T00:00"), Cap(2, 3)
    day, week, second = timedelta(days=1), timedelta(days=7), timedelta(seconds=1)
    assert not cap.is_reached([now - day + second], now)
    assert cap.is_reached([now - day + second] * 2, now)
    assert not cap.is_reached([now - day] * 2, now)
    assert cap.is_reached([now - week + second] * 3, now)
    assert not cap.is_reached([now - week] * 9, now)
    assert Cap(0, 0).is_reached([], now)


NIGHT, NOON = at("2026-03-02T15:00"), at("2026-03-02T04:00")


@pytest.mark.parametrize("digest", Digest)
@pytest.mark.parametrize("is_full", [True, False])
def test_money_and_safety_leave_at_once_whatever_a_member_wishes(digest: Digest, is_full: bool) -> None:
    habits = Habits(QuietHours(22, 8, "Asia/Shanghai"), digest)
    urgent = [kind for kind, row in KINDS.items() if row.topic in ALWAYS_TOLD]
    assert {"refund_paid", "payout_paid", "password_reset"} <= set(urgent)
    assert {when(kind, habits, NIGHT, 9, is_full=is_full) for kind in urgent} == {None}
    assert {class_of(kind) for kind in urgent} == {None}


def test_what_can_wait_waits_for_the_morning_or_its_digest() -> None:
    quiet = QuietHours(22, 8, "Asia/Shanghai")
    alone, daily = Habits(quiet, Digest.NEVER), Habits(quiet, Digest.DAILY)
    assert when("room_filled", alone, NOON, 9, is_full=False) is None
    morning = when("room_filled", alone, NIGHT, 9, is_full=False)
    assert morning is not None
    assert (morning.until, morning.folded) == (at("2026-03-03T00:00"), False)
    for held in (when("room_filled", alone, NOON, 9, is_full=True), when("room_filled", daily, NOON, 9, is_full=False)):
        assert held is not None
        assert (held.until, held.folded) == (at("2026-03-03T01:00"), True)
    # The digest itself has no cap, and waits for the morning like any other.
    assert when("digest", daily, NOON, 9, is_full=False) is None
    late = when("digest", daily, NIGHT, 9, is_full=False)
    assert late is not None
    assert not late.folded
    assert (class_of("room_filled"), class_of("tier_warned")) == (KindClass.SERVICE, KindClass.NEWS)
