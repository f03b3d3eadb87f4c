"""The facts that a plan asks of sales, looked up for a batch at once, and kept with the lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows


class SoldRow(NamedTuple):
    """What was sold, where and when; what an imported line does not know is null.

    `order_minor` is what the goods of the whole order came to, `bears` marks the first line of it that cost something;
    `day` and `month` are by the shop's clock; `channel` is one that an admin has listed.
    """

    order_line_id: uuid.UUID
    sale_at: datetime
    product_id: uuid.UUID | None
    deal_id: uuid.UUID | None
    channel: str | None
    order_minor: int
    bears: bool
    day: str
    month: str


class PassRow(NamedTuple):
    """Whom a leg went by on a line, and why."""

    order_line_id: uuid.UUID
    leg: int
    kind: str
    level: int
    member_number: int
    reason: str


class TermsRow(NamedTuple):
    """Where an accrual's beneficiary stands, and what a tier leg paid."""

    accrual_id: uuid.UUID
    depth: int
    rate_bps: int | None
    below_bps: int | None
    asked_minor: int | None
    cap: int | None


# The channel of an invite link `{link}`, if it was a listed one of its owner's at `{at}`: what members call their links
# proves nothing.
_LISTED = """
    CASE WHEN EXISTS (
        SELECT FROM publisher_channels h JOIN members ho ON ho.number = h.member
        WHERE ho.id = {link}.owner_id AND h.channel = {link}.channel AND h.listed_at <= {at}
            AND (h.ended_at IS NULL OR h.ended_at > {at})
    ) THEN {link}.channel END
"""


def listed_channel(link: str, at: str) -> str:
    """The channel as an expression, None for one that is not listed; both are names of our own."""
    return _LISTED.format(link=link, at=at)


# An order `e` that was sold: confirmed and not gone back, or accrued, whatever became of it.
_WAS_SOLD = """
    (e.status IN ('confirmed', 'shipped', 'received', 'completed') OR EXISTS (
        SELECT FROM order_lines el JOIN accrued_lines a ON a.order_line_id = el.id WHERE el.order_id = e.id))
"""


def sold(session: Session, line_ids: Sequence[uuid.UUID], zone: str) -> list[SoldRow]:
    """What these accrued lines were, one row each."""
    rows = session.execute(
        text(
            f"""
            SELECT s.order_line_id, s.sale_at, k.product_id, r.deal_id, {listed_channel("i", "s.sale_at")},
                whole.order_minor,
                coalesce(whole.first_line = l.line, false), to_char(s.sale_at AT TIME ZONE :zone, 'YYYY-MM-DD'),
                to_char(s.sale_at AT TIME ZONE :zone, 'YYYY-MM')
            FROM accrued_lines s
            JOIN order_lines l ON l.id = s.order_line_id
            JOIN orders o ON o.id = s.order_id
            LEFT JOIN skus k ON k.id = l.sku_id
            LEFT JOIN rooms r ON r.id = o.room_id
            LEFT JOIN invite_links i ON i.id = o.link_id
            CROSS JOIN LATERAL (
                SELECT CAST(sum(g.base_minor) AS bigint) AS order_minor,
                    min(ol.line) FILTER (WHERE g.base_minor > 0) AS first_line
                FROM order_lines ol JOIN accrued_lines g ON g.order_line_id = ol.id WHERE ol.order_id = o.id
            ) whole
            WHERE s.order_line_id = ANY(CAST(:ids AS uuid[]))
            """  # noqa: S608 - our own text
        ),
        {"ids": list(line_ids), "zone": zone},
    )
    return [SoldRow(*row) for row in rows]


def claim_first_orders(session: Session, order_ids: Sequence[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Those of the orders, which accrue now, that are their buyers' first.

    First is what nothing sold stands before, and what no other order was counted as first before: two that accrue at
    once meet in the claim. The buyers are taken in the order of their numbers.
    """
    ids = {"ids": list(order_ids), "now": now}
    session.execute(
        text(
            f"""
            INSERT INTO first_orders (buyer, order_id, claimed_at)
            SELECT DISTINCT ON (o.buyer) o.buyer, o.id, :now
            FROM orders o
            WHERE o.id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (
                SELECT FROM orders e
                WHERE e.buyer = o.buyer AND e.id <> ALL(CAST(:ids AS uuid[])) AND {_WAS_SOLD}
                    AND ((e.ordered_at, e.id) < (o.ordered_at, o.id) OR EXISTS (
                        SELECT FROM order_lines el JOIN accrued_lines a ON a.order_line_id = el.id
                        WHERE el.order_id = e.id))
            )
            ORDER BY o.buyer, o.ordered_at, o.id
            ON CONFLICT (buyer) DO NOTHING
            """  # noqa: S608 - a constant of this module
        ),
        ids,
    )
    found = session.execute(text("SELECT order_id FROM first_orders WHERE order_id = ANY(CAST(:ids AS uuid[]))"), ids)
    return set(found.scalars())


def first_orders(session: Session, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these orders that nothing sold stands before: as a claim would have found, and nothing is claimed."""
    found = session.execute(
        text(
            f"""
            SELECT o.id FROM orders o
            WHERE o.id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (
                SELECT FROM orders e
                WHERE e.buyer = o.buyer AND (e.ordered_at, e.id) < (o.ordered_at, o.id) AND {_WAS_SOLD}
            )
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids)},
    )
    return set(found.scalars())


def active(session: Session, asked: Sequence[tuple[int, datetime]], days: int) -> set[tuple[int, datetime]]:
    """Those of the members at an instant who had bought something in so many days before it."""
    found = session.execute(
        text(
            """
            SELECT u.member, u.at
            FROM unnest(CAST(:members AS bigint[]), CAST(:ats AS timestamptz[])) AS u (member, at)
            WHERE EXISTS (
                SELECT FROM orders o
                WHERE o.buyer = u.member AND o.ordered_at < u.at AND o.ordered_at >= u.at - make_interval(days => :days)
                    AND o.status IN ('confirmed', 'shipped', 'received', 'completed')
            )
            """
        ),
        {"members": [member for member, _ in asked], "ats": [at for _, at in asked], "days": days},
    )
    return {(row.member, row.at) for row in found}


def add(session: Session, documents: Mapping[uuid.UUID, dict[str, Any]]) -> None:
    """Keep the facts of these lines."""
    rows = [(line, Jsonb(document)) for line, document in documents.items()]
    copy_rows(session, "accrued_facts", ("order_line_id", "facts"), rows)


def of_lines(session: Session, line_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The facts that were kept of these lines."""
    rows = session.execute(
        text("SELECT order_line_id, facts FROM accrued_facts WHERE order_line_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(line_ids)},
    )
    return {row.order_line_id: row.facts for row in rows}


def add_terms(session: Session, rows: Iterable[TermsRow]) -> None:
    """Append what accruals rest on."""
    copy_rows(session, "accrual_terms", TermsRow._fields, rows)


def add_passes(session: Session, rows: Iterable[PassRow]) -> None:
    """Append whom legs went by."""
    copy_rows(session, "accrual_passes", PassRow._fields, rows)
