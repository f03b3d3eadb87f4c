"""What is owed and stands in no account yet: refunds that were approved and have not gone out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def refunds_due(session: Session, until: datetime) -> list[tuple[str, int, int, int, int]]:
    """By currency, what was approved before an instant and had not gone back by then, by age as in the ledger's."""
    found = session.execute(
        text(
            """
            SELECT currency,
                   CAST(coalesce(sum(amount_minor) FILTER (WHERE bucket = 0), 0) AS bigint),
                   CAST(coalesce(sum(amount_minor) FILTER (WHERE bucket = 1), 0) AS bigint),
                   CAST(coalesce(sum(amount_minor) FILTER (WHERE bucket = 2), 0) AS bigint),
                   CAST(coalesce(sum(amount_minor) FILTER (WHERE bucket = 3), 0) AS bigint)
            FROM (
                SELECT currency, amount_minor, width_bucket(
                    :until - decided_at, ARRAY[interval '31 days', interval '61 days', interval '91 days']
                ) AS bucket
                FROM refunds
                WHERE status IN ('approved', 'refunded') AND decided_at < :until
                    AND (refunded_at IS NULL OR refunded_at >= :until)
            ) due
            GROUP BY currency ORDER BY currency
            """
        ),
        {"until": until},
    )
    return [(currency, *amounts) for currency, *amounts in found]
