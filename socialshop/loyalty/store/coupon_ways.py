"""Statements on how coupons reach members: codes, and the rounds of a day over all members."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Code(NamedTuple):
    """A code: of which coupon, and who claimed it."""

    coupon_id: uuid.UUID
    member: int | None


class CodeCounts(NamedTuple):
    """How many codes a coupon has, and how many of them were claimed."""

    made: int
    claimed: int


class Round(NamedTuple):
    """A coupon's round of a day, and the member up to whom it has come."""

    coupon_id: uuid.UUID
    day: date
    done_through: int


def add_codes(session: Session, coupon_id: uuid.UUID, hashes: Sequence[bytes], now: datetime) -> None:
    """Append codes that nobody has claimed."""
    session.execute(
        text(
            "INSERT INTO coupon_codes (hash, coupon_id, made_at)"
            " SELECT hash, :coupon, :now FROM unnest(CAST(:hashes AS bytea[])) AS hash"
        ),
        {"coupon": coupon_id, "hashes": list(hashes), "now": now},
    )


def lock_code(session: Session, hash_: bytes) -> Code | None:
    """The code of this hash, for this transaction alone to claim."""
    row = session.execute(
        text("SELECT coupon_id, member FROM coupon_codes WHERE hash = :hash FOR NO KEY UPDATE"), {"hash": hash_}
    ).one_or_none()
    return Code(*row) if row else None


def claim_code(session: Session, hash_: bytes, member: int, now: datetime) -> None:
    """The code, which nobody has claimed, is this member's."""
    session.execute(
        text("UPDATE coupon_codes SET member = :member, claimed_at = :now WHERE hash = :hash AND member IS NULL"),
        {"hash": hash_, "member": member, "now": now},
    )


def count_codes(session: Session, coupon_id: uuid.UUID) -> CodeCounts:
    """How many codes the coupon has."""
    row = session.execute(
        text("SELECT count(*), count(member) FROM coupon_codes WHERE coupon_id = :id"), {"id": coupon_id}
    ).one()
    return CodeCounts(*row)


def of_newcomers(session: Session) -> list[uuid.UUID]:
    """The coupons that newcomers are given, in the order of their ids."""
    rows = session.execute(text("SELECT id FROM coupons WHERE way = 'newcomer' AND paused_at IS NULL ORDER BY id"))
    return list(rows.scalars())


def begin_rounds(session: Session, day: date, now: datetime) -> None:
    """Each coupon that the schedule gives on this day has its round; those of member days on their days alone."""
    session.execute(
        text(
            """
            INSERT INTO coupon_rounds (coupon_id, day)
            SELECT id, :day FROM coupons
            WHERE way IN ('monthly', 'birthday', 'birthday_benefit', 'member_day', 'segment')
                AND paused_at IS NULL AND valid_from <= :now AND (valid_until IS NULL OR valid_until > :now)
                AND (way <> 'member_day' OR terms -> 'days_of_month' @> to_jsonb(CAST(:number AS integer)))
            ORDER BY id ON CONFLICT DO NOTHING
            """
        ),
        {"day": day, "number": day.day, "now": now},
    )


def open_round(session: Session, day: date) -> Round | None:
    """A round of the day that is not finished and that nobody is at; None if there is none."""
    row = session.execute(
        text(
            "SELECT coupon_id, day, done_through FROM coupon_rounds WHERE day = :day AND finished_at IS NULL"
            " ORDER BY coupon_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"
        ),
        {"day": day},
    ).one_or_none()
    return Round(*row) if row else None


def next_members(session: Session, after: int, limit: int) -> list[int]:
    """The next `limit` members, in the order of their numbers."""
    rows = session.execute(
        text("SELECT number FROM members WHERE number > :after ORDER BY number LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return list(rows.scalars())


def note_progress(session: Session, found: Round, done_through: int, finished_at: datetime | None) -> None:
    """The round has come so far, or to its end."""
    session.execute(
        text(
            "UPDATE coupon_rounds SET done_through = :through, finished_at = :finished"
            " WHERE coupon_id = :coupon AND day = :day"
        ),
        {"through": done_through, "finished": finished_at, "coupon": found.coupon_id, "day": found.day},
    )
