"""Batches: claimed, frozen, released, and what the channel said of each item."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows


class Batch(NamedTuple):
    """A batch as it is stored."""

    id: uuid.UUID
    channel: str
    currency: str
    status: str
    item_count: int
    total_minor: int
    content_hash: bytes
    created_by: uuid.UUID
    created_at: datetime
    released_by: uuid.UUID | None
    released_at: datetime | None


class BatchItem(NamedTuple):
    """One request of a batch, with the account in full: for the hash and the file, never for a list.

    `amount_minor` leaves the wallet; what the member gets is `net_minor`. `transfer` says how the call of the provider
    stands that pays it, if one does.
    """

    request_id: uuid.UUID
    member_id: uuid.UUID
    member_number: int
    amount_minor: int
    status: str
    reference: str | None
    result_reason: str | None
    holder: str
    account: str
    tax_minor: int
    fee_minor: int
    transfer: str | None

    @property
    def net_minor(self) -> int:
        """What the channel is told to pay."""
        return self.amount_minor - self.tax_minor - self.fee_minor


_COLUMNS = ", ".join(Batch._fields)
_ITEM = """
    r.id, r.member_id, r.member_number, r.amount_minor, r.status, r.reference, r.result_reason, d.holder, d.account,
    r.tax_minor, r.fee_minor, t.status
    FROM payout_requests r JOIN payout_destinations d ON d.id = r.destination_id
    LEFT JOIN payout_transfers t ON t.request_id = r.id
"""


def claim_approved(session: Session, channel: str, currency: str, limit: int) -> list[BatchItem]:
    """Lock at most `limit` approved requests, oldest first.

    None of a member whose money a finding holds, or whose name is not verified.

    Two who claim at once get different ones.
    """
    found = session.execute(
        text(
            f"""
            SELECT {_ITEM} WHERE r.status = 'approved' AND r.channel = :channel AND r.currency = :currency
                AND NOT money_is_held(r.member_number) AND payee_is_verified(r.member_number)
            ORDER BY r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
            """
        ),
        {"channel": channel, "currency": currency, "limit": limit},
    )
    return [BatchItem(*row) for row in found]


def add(session: Session, batch: Batch, request_ids: Sequence[uuid.UUID]) -> None:
    """Append a frozen batch and move the claimed requests into it."""
    session.execute(
        text(
            """
            INSERT INTO payout_batches (id, channel, currency, status, item_count, total_minor, content_hash,
                                        created_by, created_at)
            VALUES (:id, :channel, :currency, :status, :item_count, :total_minor, :content_hash, :created_by,
                    :created_at)
            """
        ),
        batch._asdict(),
    )
    session.execute(
        text(
            "UPDATE payout_requests SET status = 'batched', batch_id = :batch_id WHERE id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"batch_id": batch.id, "ids": list(request_ids)},
    )


def find(session: Session, batch_id: uuid.UUID, *, lock: bool = False) -> Batch | None:
    """The batch of this id; locked, so that releases and results of one batch come one after the other."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM payout_batches WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": batch_id},
    ).one_or_none()
    return Batch(*row)._replace(content_hash=bytes(row.content_hash)) if row else None


def page(session: Session, *, limit: int, after: uuid.UUID | None) -> list[Batch]:
    """At most `limit` batches older than `after`, newest first."""
    found = session.execute(
        text(
            f"""
            SELECT {_COLUMNS} FROM payout_batches WHERE CAST(:after AS uuid) IS NULL OR id < :after
            ORDER BY id DESC LIMIT :limit
            """  # noqa: S608 - column names of our own
        ),
        {"after": after, "limit": limit},
    )
    return [Batch(*row)._replace(content_hash=bytes(row.content_hash)) for row in found]


def items_of(session: Session, batch_id: uuid.UUID) -> list[BatchItem]:
    """The requests of a batch, oldest first."""
    found = session.execute(text(f"SELECT {_ITEM} WHERE r.batch_id = :id ORDER BY r.id"), {"id": batch_id})
    return [BatchItem(*row) for row in found]


def approvers_of(session: Session, batch_id: uuid.UUID) -> list[uuid.UUID]:
    """Whoever ever approved a request of the batch."""
    found = session.execute(
        text(
            """
            SELECT DISTINCT d.decided_by FROM payout_requests r
            JOIN payout_decisions d ON d.request_id = r.id AND d.decided_by IS NOT NULL
            WHERE r.batch_id = :id AND d.decision = 'approved'
            """
        ),
        {"id": batch_id},
    )
    return list(found.scalars())


def held_in(session: Session, batch_id: uuid.UUID) -> list[uuid.UUID]:
    """The requests of a batch whose members' money a finding holds."""
    found = session.execute(
        text("SELECT id FROM payout_requests WHERE batch_id = :id AND money_is_held(member_number) ORDER BY id"),
        {"id": batch_id},
    )
    return list(found.scalars())


def release(session: Session, batch_id: uuid.UUID, by: uuid.UUID, now: datetime) -> None:
    """Let a frozen batch go; the database refuses one who approved or asked for some of it."""
    session.execute(
        text("UPDATE payout_batches SET status = 'released', released_by = :by, released_at = :now WHERE id = :id"),
        {"id": batch_id, "by": by, "now": now},
    )


class Outcome(NamedTuple):
    """What the channel said of one item: `status` paid, failed or returned, its reference, and why."""

    request_id: uuid.UUID
    status: str
    reference: str | None
    reason: str | None = None


def end_items(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Items end with what the channel said."""
    session.execute(
        text(
            """
            UPDATE payout_requests r
            SET status = o.status, reference = coalesce(o.reference, r.reference), result_reason = o.reason,
                ended_at = :now
            FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:references AS text[]),
                        CAST(:reasons AS text[])) AS o (id, status, reference, reason)
            WHERE r.id = o.id
            """
        ),
        {
            "ids": [outcome.request_id for outcome in outcomes],
            "statuses": [outcome.status for outcome in outcomes],
            "references": [outcome.reference for outcome in outcomes],
            "reasons": [outcome.reason for outcome in outcomes],
            "now": now,
        },
    )


def settle_if_done(session: Session, batch_id: uuid.UUID) -> None:
    """A released batch is settled once every item has its result."""
    session.execute(
        text(
            """
            UPDATE payout_batches SET status = 'settled' WHERE id = :id AND status = 'released'
               AND NOT EXISTS (SELECT FROM payout_requests WHERE batch_id = :id AND status = 'batched')
            """
        ),
        {"id": batch_id},
    )


def paid_totals(session: Session, numbers: Sequence[int], currency: str) -> dict[int, int]:
    """What payouts took of each of these members' commission, in minor units; what came back lies there anew."""
    found = session.execute(
        text(
            """
            SELECT member_number, CAST(sum(amount_minor) AS bigint) FROM (
                SELECT member_number, amount_minor FROM payout_requests
                WHERE member_number = ANY(CAST(:numbers AS bigint[])) AND currency = :currency AND status = 'paid'
                UNION ALL
                SELECT r.member_number, p.amount_minor
                FROM payout_requests r JOIN payout_parts p ON p.request_id = r.id
                WHERE r.member_number = ANY(CAST(:numbers AS bigint[])) AND r.currency = :currency
                  AND r.status = 'returned'
            ) taken GROUP BY member_number
            """
        ),
        {"numbers": list(numbers), "currency": currency},
    )
    return dict(found.all())


def parts_of(session: Session, request_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """What these paid requests took: (request, accrual, minor units)."""
    found = session.execute(
        text(
            "SELECT request_id, accrual_id, amount_minor FROM payout_parts"
            " WHERE request_id = ANY(CAST(:ids AS uuid[])) ORDER BY request_id, accrual_id"
        ),
        {"ids": list(request_ids)},
    )
    return [(row[0], row[1], row[2]) for row in found]


def add_parts(session: Session, parts: Sequence[tuple[uuid.UUID, uuid.UUID, int]]) -> None:
    """Append what paid requests took of which accruals: (request, accrual, minor units)."""
    copy_rows(session, "payout_parts", ("request_id", "accrual_id", "amount_minor"), parts)
