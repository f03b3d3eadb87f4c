"""Tables of tax and fees, and what a member asked for in a span."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.payouts.deductions import Band, Fee, Rounding, Span


class TaxTable(NamedTuple):
    """A table of tax as it was published: for whom, which days, by which law."""

    id: uuid.UUID
    country: str
    kind: str
    currency: str
    span: Span
    bands: tuple[Band, ...]
    rounding: Rounding
    law: str
    from_on: date
    to_on: date | None
    published_by: uuid.UUID
    published_at: datetime


class FeeTable(NamedTuple):
    """A fee as it was published: for which channel and days."""

    id: uuid.UUID
    channel: str
    currency: str
    fee: Fee
    from_on: date
    to_on: date | None
    published_by: uuid.UUID
    published_at: datetime


class Asked(NamedTuple):
    """What a member asked for in a span, and the tax that is withheld of it, in minor units."""

    gross_minor: int
    tax_minor: int


_TAX = """
    SELECT id, country, kind, currency, span, bands, rounding, law, from_on, to_on, published_by, published_at
    FROM tax_tables
"""
_FEE = """
    SELECT id, channel, currency, fixed_minor, rate_bps, most_minor, from_on, to_on, published_by, published_at
    FROM payout_fees
"""
_IN_FORCE = "from_on <= :on AND (to_on IS NULL OR to_on >= :on) ORDER BY id DESC LIMIT 1"


def tax_table(session: Session, *, country: str, kind: str, currency: str, on: date) -> TaxTable | None:
    """The table that is in force on this day."""
    row = session.execute(
        text(f"{_TAX} WHERE country = :country AND kind = :kind AND currency = :currency AND {_IN_FORCE}"),
        {"country": country, "kind": kind, "currency": currency, "on": on},
    ).one_or_none()
    return _tax(row) if row else None


def fee_table(session: Session, *, channel: str, currency: str, on: date) -> FeeTable | None:
    """The fee that is in force on this day."""
    row = session.execute(
        text(f"{_FEE} WHERE channel = :channel AND currency = :currency AND {_IN_FORCE}"),
        {"channel": channel, "currency": currency, "on": on},
    ).one_or_none()
    return _fee(row) if row else None


def tax_tables(session: Session, *, limit: int, after: uuid.UUID | None) -> list[TaxTable]:
    """At most `limit` tables published before `after`, the newest first."""
    rows = session.execute(
        text(f"{_TAX} WHERE CAST(:after AS uuid) IS NULL OR id < :after ORDER BY id DESC LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return [_tax(row) for row in rows]


def fee_tables(session: Session, *, limit: int, after: uuid.UUID | None) -> list[FeeTable]:
    """At most `limit` fees published before `after`, the newest first."""
    rows = session.execute(
        text(f"{_FEE} WHERE CAST(:after AS uuid) IS NULL OR id < :after ORDER BY id DESC LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return [_fee(row) for row in rows]


def add_tax_table(session: Session, table: TaxTable) -> None:
    """Append a table."""
    bands = json.dumps([list(band) for band in table.bands])
    session.execute(
        text(
            """
            INSERT INTO tax_tables (id, country, kind, currency, span, bands, rounding, law, from_on, to_on,
                                    published_by, published_at)
            VALUES (:id, :country, :kind, :currency, :span, CAST(:bands AS jsonb), :rounding, :law, :from_on, :to_on,
                    :published_by, :published_at)
            """
        ),
        {**table._asdict(), "bands": bands},
    )


def add_fee_table(session: Session, table: FeeTable) -> None:
    """Append a fee."""
    session.execute(
        text(
            """
            INSERT INTO payout_fees (id, channel, currency, fixed_minor, rate_bps, most_minor, from_on, to_on,
                                     published_by, published_at)
            VALUES (:id, :channel, :currency, :fixed_minor, :rate_bps, :most_minor, :from_on, :to_on, :published_by,
                    :published_at)
            """
        ),
        {**table._asdict(), **table.fee._asdict()},
    )


def asked_between(
    session: Session,
    member_id: uuid.UUID,
    currency: str,
    *,
    since: datetime,
    until: datetime,
    alive: Sequence[str],
) -> Asked:
    """What a member asked for in this time under a table and stands so, with the tax that is withheld of it."""
    row = session.execute(
        text(
            """
            SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint), CAST(coalesce(sum(tax_minor), 0) AS bigint)
            FROM payout_requests
            WHERE member_id = :member AND currency = :currency AND submitted_at >= :since AND submitted_at < :until
              AND status = ANY(CAST(:alive AS text[])) AND tax_table_id IS NOT NULL
            """
        ),
        {"member": member_id, "currency": currency, "since": since, "until": until, "alive": list(alive)},
    ).one()
    return Asked(*row)


def _tax(row: Sequence[object]) -> TaxTable:
    table = TaxTable(*row)  # type: ignore[arg-type]
    return table._replace(
        span=Span(table.span), rounding=Rounding(table.rounding), bands=tuple(Band(*band) for band in table.bands)
    )


def _fee(row: Sequence[object]) -> FeeTable:
    id_, channel, currency, fixed, rate, most, *rest = row
    return FeeTable(id_, channel, currency, Fee(fixed, rate, most), *rest)  # type: ignore[arg-type]
