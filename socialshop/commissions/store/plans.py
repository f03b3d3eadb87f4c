"""Plans and their published versions."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from socialshop.commissions.errors import OrdersAreLanding


class Version(NamedTuple):
    """A published version of a plan, as it is stored."""

    id: uuid.UUID
    plan_id: uuid.UUID
    number: int
    currency: str
    document: dict[str, Any]
    document_hash: bytes
    country: str
    findings: list[dict[str, Any]]
    sign_off: dict[str, str] | None
    effective_at: datetime
    published_at: datetime


_COLUMNS = ", ".join(Version._fields)


def hold_orders_back(session: Session) -> None:
    """Until this transaction ends no order lands, and no other plan is published. Raises OrdersAreLanding.

    Every order that is landing now has either committed, and is seen by what this transaction reads next, or will
    find the new version when it accrues. The lock conflicts with itself and with every INSERT into `orders`, and asks
    nothing of those who make them. While we wait for it buyers queue behind us, hence the short patience.
    """
    session.execute(text("SET LOCAL lock_timeout = '5s'"))
    try:
        session.execute(text("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE"))
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise OrdersAreLanding(
                "orders are landing in one long transaction; publish again once it is over"
            ) from None
        raise
    session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def newest_order_at(session: Session, currency: str) -> datetime | None:
    """When the newest order of the currency was placed."""
    found: datetime | None = session.execute(
        text("SELECT max(ordered_at) FROM orders WHERE currency = :currency"), {"currency": currency}
    ).scalar()
    return found


def version_effective_at(session: Session, currency: str, effective_at: datetime) -> Version | None:
    """The version of the currency that comes into force at exactly this instant."""
    row = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM commission_plan_versions "  # noqa: S608 - column names of our own
            "WHERE currency = :currency AND effective_at = :effective_at"
        ),
        {"currency": currency, "effective_at": effective_at},
    ).one_or_none()
    return None if row is None else _version(row)


def in_force(session: Session, currency: str, at: datetime) -> Version | None:
    """The version of the currency that a sale made at this instant accrues under."""
    row = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM commission_plan_versions "  # noqa: S608 - column names of our own
            "WHERE currency = :currency AND effective_at <= :at ORDER BY effective_at DESC LIMIT 1"
        ),
        {"currency": currency, "at": at},
    ).one_or_none()
    return None if row is None else _version(row)


def versions(session: Session, ids: Collection[uuid.UUID] | None = None) -> list[Version]:
    """Versions by id, or all of them, in the order in which they come into force."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM commission_plan_versions "  # noqa: S608 - column names of our own
            "WHERE CAST(:ids AS uuid[]) IS NULL OR id = ANY(CAST(:ids AS uuid[])) ORDER BY currency, effective_at"
        ),
        {"ids": None if ids is None else list(ids)},
    )
    return [_version(row) for row in rows]


def first_effective_at(session: Session) -> dict[str, datetime]:
    """By currency, when its first version comes into force."""
    rows = session.execute(
        text("SELECT currency, min(effective_at) AS since FROM commission_plan_versions GROUP BY currency")
    )
    return {row.currency: row.since for row in rows}


def plan_named(session: Session, plan_id: uuid.UUID, name: str, currency: str, now: datetime) -> uuid.UUID:
    """The id of the currency's plan of this name; `plan_id` becomes it if there was none."""
    found: uuid.UUID = session.execute(
        text(
            """
            WITH made AS (
                INSERT INTO commission_plans (id, name, currency, created_at)
                VALUES (:id, :name, :currency, :now) ON CONFLICT (currency, name) DO NOTHING RETURNING id
            )
            SELECT id FROM made UNION ALL
            SELECT id FROM commission_plans WHERE currency = :currency AND name = :name
            """
        ),
        {"id": plan_id, "name": name, "currency": currency, "now": now},
    ).scalar_one()
    return found


def add_version(session: Session, version: Version) -> int:
    """Store a version under the plan's next number (its own is ignored); returns that number."""
    number: int = session.execute(
        text(
            """
            INSERT INTO commission_plan_versions (id, plan_id, number, currency, document, document_hash, country,
                                                  findings, sign_off, effective_at, published_at)
            SELECT :id, :plan_id, coalesce(max(number), 0) + 1, :currency, :document, :document_hash, :country,
                   :findings, :sign_off, :effective_at, :published_at
            FROM commission_plan_versions WHERE plan_id = :plan_id
            RETURNING number
            """
        ).bindparams(
            bindparam("document", type_=JSONB),
            bindparam("findings", type_=JSONB),
            bindparam("sign_off", type_=JSONB(none_as_null=True)),
        ),
        version._asdict(),
    ).scalar_one()
    return number


def _version(row: Any) -> Version:
    return Version(*row)._replace(document_hash=bytes(row.document_hash))
