"""Certificates of tax, and the payouts that they are about."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Certificate(NamedTuple):
    """A certificate as it was issued: `place` is its number within the year, `replaces` the one that it corrects."""

    id: uuid.UUID
    member_id: uuid.UUID
    year: int
    place: int
    currency: str
    payouts: int
    gross_minor: int
    tax_minor: int
    content: str
    content_hash: bytes
    replaces: uuid.UUID | None
    issued_at: datetime


class Withheld(NamedTuple):
    """A payout that was paid, and the tax that was withheld of it, in minor units."""

    request_id: uuid.UUID
    paid_at: datetime
    gross_minor: int
    tax_minor: int


_COLUMNS = ", ".join(Certificate._fields)


def of_member(session: Session, member_id: uuid.UUID) -> list[Certificate]:
    """All certificates of a member, the newest first."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM tax_certificates WHERE member_id = :id ORDER BY id DESC"),  # noqa: S608
        {"id": member_id},
    )
    return [Certificate(*row)._replace(content_hash=bytes(row.content_hash)) for row in rows]


def withheld_between(
    session: Session, member_id: uuid.UUID, currency: str, *, since: datetime, until: datetime
) -> list[Withheld]:
    """The member's payouts that were paid in this time and stayed so, oldest first; those without tax too."""
    rows = session.execute(
        text(
            """
            SELECT id, ended_at, amount_minor, tax_minor FROM payout_requests
            WHERE member_id = :member AND currency = :currency AND status = 'paid'
              AND ended_at >= :since AND ended_at < :until
            ORDER BY ended_at, id
            """
        ),
        {"member": member_id, "currency": currency, "since": since, "until": until},
    )
    return [Withheld(*row) for row in rows]


def last_place(session: Session, year: int) -> int:
    """The number that the year's newest certificate has; 0 where there is none."""
    found = session.execute(
        text("SELECT coalesce(max(place), 0) FROM tax_certificates WHERE year = :year"), {"year": year}
    )
    return int(found.scalar_one())


def add(session: Session, certificate: Certificate) -> None:
    """Append a certificate."""
    marks = ", ".join(f":{name}" for name in Certificate._fields)
    session.execute(
        text(f"INSERT INTO tax_certificates ({_COLUMNS}) VALUES ({marks})"),  # noqa: S608
        certificate._asdict(),
    )
