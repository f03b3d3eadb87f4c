"""Statements on providers' own records of money, and on how far they have been read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.payments.rules import Movement, MovementKind

# A day that could not be read is tried again so long later.
_AGAIN = timedelta(minutes=10)


class MovementRow(NamedTuple):
    """A movement with what of the shop's it is about; None where that is nothing of the shop's."""

    ref: str
    kind: MovementKind
    payment_ref: str
    item: str | None
    amount_minor: int
    currency: str
    moved_at: datetime
    payment_id: uuid.UUID | None
    dispute_id: uuid.UUID | None


class DayRow(NamedTuple):
    """How a day of a provider's was held against the books."""

    provider: str
    day: date
    attempts: int
    done_at: datetime | None
    compared: int
    differences: int
    last_error: str | None


def add(session: Session, provider: str, movements: Sequence[Movement], now: datetime) -> None:
    """Keep movements; one that is told again is there already. One statement."""
    if not movements:
        return
    session.execute(
        text(
            """
            INSERT INTO provider_movements (provider, ref, kind, payment_ref, item, amount_minor, currency, fee_minor,
                fee_currency, moved_at, heard_at)
            SELECT :provider, told.*, :now FROM unnest(CAST(:refs AS text[]), CAST(:kinds AS text[]),
                CAST(:payments AS text[]), CAST(:items AS text[]), CAST(:amounts AS bigint[]),
                CAST(:currencies AS text[]), CAST(:fees AS bigint[]), CAST(:fee_currencies AS text[]),
                CAST(:moved AS timestamptz[])) AS told
            ON CONFLICT (provider, ref) DO NOTHING
            """
        ),
        {
            "provider": provider,
            "refs": [each.ref for each in movements],
            "kinds": [each.kind.value for each in movements],
            "payments": [each.payment_ref for each in movements],
            "items": [each.item for each in movements],
            "amounts": [each.amount_minor for each in movements],
            "currencies": [each.currency for each in movements],
            "fees": [each.fee_minor for each in movements],
            "fee_currencies": [each.fee_currency for each in movements],
            "moved": [each.at for each in movements],
            "now": now,
        },
    )


def take_fees(session: Session, provider: str) -> dict[str, int]:
    """Fees that are not in the books yet, by currency; they are from now on. One statement."""
    rows = session.execute(
        text(
            """
            WITH taken AS (
                UPDATE provider_movements SET fee_posted = true
                WHERE provider = :provider AND fee_minor <> 0 AND NOT fee_posted RETURNING fee_minor, fee_currency
            )
            SELECT fee_currency, CAST(sum(fee_minor) AS bigint) FROM taken GROUP BY 1 ORDER BY 1
            """
        ),
        {"provider": provider},
    )
    return {currency: int(fees) for currency, fees in rows}


def of_span(session: Session, provider: str, since: datetime, until: datetime) -> list[MovementRow]:
    """What moved from `since` on and before `until`."""
    return _rows(session, "m.moved_at >= :since AND m.moved_at < :until", provider, since=since, until=until)


def of_refs(session: Session, provider: str, refs: Collection[str]) -> list[MovementRow]:
    """These movements."""
    return _rows(session, "m.ref = ANY(CAST(:refs AS text[]))", provider, refs=list(refs))


def told_of(
    session: Session,
    provider: str,
    *,
    payments: Collection[uuid.UUID],
    refunds: Collection[uuid.UUID],
    disputes: Collection[tuple[uuid.UUID, MovementKind]],
) -> set[tuple[MovementKind, uuid.UUID]]:
    """Of these captures, refunds and disputes of the shop's, those that the provider's records have. One statement."""
    rows = session.execute(
        text(
            """
            SELECT 'captured', p.id FROM payments p WHERE p.id = ANY(CAST(:payments AS uuid[])) AND EXISTS (
                SELECT FROM provider_movements m WHERE m.provider = :provider AND m.payment_ref = p.provider_ref
                    AND m.kind = 'captured')
            UNION ALL
            SELECT 'refunded', CAST(m.item AS uuid) FROM provider_movements m
            WHERE m.provider = :provider AND m.kind = 'refunded' AND m.item = ANY(CAST(:refunds AS text[]))
            UNION ALL
            SELECT m.kind, d.id FROM payment_disputes d
            JOIN provider_movements m ON m.provider = d.provider AND m.item = d.provider_ref
                AND m.kind IN ('disputed', 'dispute_won')
            WHERE d.provider = :provider AND d.id = ANY(CAST(:disputes AS uuid[]))
            """
        ),
        {
            "provider": provider,
            "payments": list(payments),
            "refunds": [str(id_) for id_ in refunds],
            "disputes": [id_ for id_, _ in disputes],
        },
    )
    return {(MovementKind(kind), id_) for kind, id_ in rows}


def sweeps(session: Session, providers: Collection[str], since: datetime) -> dict[str, datetime]:
    """Until when the records of each provider have been read; of a new one, from `since` on. Two statements."""
    values = {"providers": list(providers), "since": since}
    session.execute(
        text(
            "INSERT INTO provider_sweeps (provider, swept_until)"
            " SELECT *, :since FROM unnest(CAST(:providers AS text[])) ON CONFLICT (provider) DO NOTHING"
        ),
        values,
    )
    rows = session.execute(
        text("SELECT provider, swept_until FROM provider_sweeps WHERE provider = ANY(CAST(:providers AS text[]))"),
        values,
    )
    return {row.provider: row.swept_until for row in rows}


def swept(session: Session, provider: str, until: datetime) -> None:
    """The records have been read until then."""
    session.execute(
        text(
            "UPDATE provider_sweeps SET swept_until = greatest(swept_until, CAST(:until AS timestamptz))"
            " WHERE provider = :provider"
        ),
        {"provider": provider, "until": until},
    )


def ask_for_day(session: Session, providers: Collection[str], day: date, now: datetime, *, again: bool = False) -> None:
    """Have a day of these providers compared, once; `again`: also where that was done."""
    statement = """
        INSERT INTO reconciliations (provider, day, due_at)
        SELECT *, :day, :now FROM unnest(CAST(:providers AS text[]))
        ON CONFLICT (provider, day) DO
    """
    what = "UPDATE SET done_at = NULL, due_at = excluded.due_at" if again else "NOTHING"
    session.execute(text(statement + what), {"providers": list(providers), "day": day, "now": now})


def take_due_days(session: Session, now: datetime, limit: int) -> list[tuple[str, date]]:
    """Up to `limit` days to compare, each put off for another while."""
    rows = session.execute(
        text(
            """
            UPDATE reconciliations SET attempts = attempts + 1, due_at = :later WHERE (provider, day) IN (
                SELECT provider, day FROM reconciliations WHERE done_at IS NULL AND due_at <= :now
                ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING provider, day
            """
        ),
        {"now": now, "later": now + _AGAIN, "limit": limit},
    )
    return [(row.provider, row.day) for row in rows]


def finish_day(session: Session, provider: str, day: date, now: datetime, *, compared: int, differences: int) -> None:
    """The day was compared: so much of it, with so many differences."""
    session.execute(
        text(
            "UPDATE reconciliations SET done_at = :now, compared = :compared, differences = :differences,"
            " last_error = NULL WHERE provider = :provider AND day = :day"
        ),
        {"provider": provider, "day": day, "now": now, "compared": compared, "differences": differences},
    )


def fail_day(session: Session, provider: str, day: date, error: str) -> None:
    """The provider did not say; the day is tried again."""
    session.execute(
        text("UPDATE reconciliations SET last_error = :error WHERE provider = :provider AND day = :day"),
        {"provider": provider, "day": day, "error": error},
    )


def days(session: Session, limit: int, day: date | None = None) -> list[DayRow]:
    """The newest days, up to `limit` rows; or this one alone."""
    rows = session.execute(
        text(
            "SELECT provider, day, attempts, done_at, compared, differences, last_error FROM reconciliations"
            " WHERE CAST(:day AS date) IS NULL OR day = :day ORDER BY day DESC, provider LIMIT :limit"
        ),
        {"limit": limit, "day": day},
    )
    return [DayRow(*row) for row in rows]


def _rows(session: Session, condition: str, provider: str, **values: object) -> list[MovementRow]:
    rows = session.execute(
        text(
            f"""
            SELECT m.ref, m.kind, m.payment_ref, m.item, m.amount_minor, m.currency, m.moved_at, p.id, d.id
            FROM provider_movements m
            LEFT JOIN payments p ON p.provider = m.provider AND p.provider_ref = m.payment_ref
            LEFT JOIN payment_disputes d ON d.provider = m.provider AND d.provider_ref = m.item
                AND m.kind IN ('disputed', 'dispute_won')
            WHERE m.provider = :provider AND {condition} ORDER BY m.moved_at, m.ref
            """  # noqa: S608 - constants of this module
        ),
        {"provider": provider, **values},
    )
    return [MovementRow(*row)._replace(kind=MovementKind(row.kind)) for row in rows]
