"""Statements on what is on sale, as it is looked for: by words, by what it must be, in an order, page by page.

Each filter is a condition of its own, and only those that were asked for stand in the statement: the planner sees what
is sought, and takes the index of words (`ix_deals_words`, `ix_products_words`) or of what is on sale.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.invitation_store import SHOWN
from socialshop.deals.rules import Place, Sort, Sought
from socialshop.deals.store import DEAL_COLUMNS, DEAL_TABLES, PRODUCT_COLUMNS, DealRow, ProductRow


class FoundDeal(NamedTuple):
    """A deal, how many seats its fullest open room lacks (None where none is open), and where it stands in the list."""

    deal: DealRow
    to_go: int | None
    key: int


class FoundProduct(NamedTuple):
    """A product, and where it stands in the list."""

    product: ProductRow
    key: int


# What has no end stands behind all that has one.
_NEVER = 10**17
_TO_GO = """(SELECT min(r.size - r.seats_taken) FROM rooms r WHERE r.deal_id = d.id AND r.status = 'open'
    AND r.expires_at > :now AND r.seats_taken < r.size)"""
_IN_STOCK = """((d.quota IS NULL OR d.taken < d.quota) AND (s.stock > 0 OR EXISTS (
    SELECT FROM deal_skus o JOIN skus u ON u.id = o.sku_id WHERE o.deal_id = d.id AND u.stock > 0)))"""
# By what deals stand in an order, as a whole number; what cannot be joined now stands behind what can.
_KEYS: Mapping[Sort, str] = {
    Sort.OLDEST: "CAST(0 AS bigint)",
    Sort.NEWEST: "CAST(0 AS bigint)",
    Sort.NEAREST: f"CAST(CASE WHEN d.starts_at > :now OR NOT {_IN_STOCK} THEN 1000000 ELSE 0 END"
    f" + coalesce({_TO_GO}, d.group_size) AS bigint)",
    Sort.ENDS_SOON: f"coalesce(CAST(extract(epoch FROM d.ends_at) * 1000000 AS bigint), {_NEVER})",
    Sort.PRICE: "d.price_minor",
}
_PRODUCT_KEYS: Mapping[Sort, str] = {
    Sort.OLDEST: "CAST(0 AS bigint)",
    Sort.NEWEST: "CAST(0 AS bigint)",
    Sort.PRICE: f"coalesce((SELECT min(s.price_minor) FROM skus s WHERE s.product_id = p.id), {_NEVER})",  # noqa: S608
}
_KINDS = {
    "fixed": "d.price_steps IS NULL",
    "ladder": "d.price_steps IS NOT NULL",
    "subsidy": "EXISTS (SELECT FROM deal_subsidies b WHERE b.deal_id = d.id)",
}


def deals(
    session: Session,
    sought: Sought,
    now: datetime,
    after: Place | None,
    limit: int,
    *,
    product_id: uuid.UUID | None = None,
    viewer: int | None = None,
) -> list[FoundDeal]:
    """Up to `limit` deals that are announced or live, what is sought and shown to `viewer`, after this place.

    One statement.
    """
    conditions = [SHOWN, "NOT d.draft AND d.paused_at IS NULL AND d.ended_at IS NULL AND d.group_size > 1"]
    conditions += ["coalesce(d.ends_at, 'infinity') > :now", *_deal_filters(sought, product_id)]
    page, order = _page(sought.sort, after)
    statement = f"""
        WITH listed AS (
            SELECT d.id, {_KEYS[sought.sort]} AS key FROM deals d JOIN skus s ON s.id = d.sku_id
            WHERE {" AND ".join(conditions)}
        ), found AS (
            SELECT id, key FROM listed WHERE {page} ORDER BY {order} LIMIT :limit
        )
        SELECT {DEAL_COLUMNS}, {_TO_GO}, found.key FROM {DEAL_TABLES} JOIN found ON found.id = d.id
        ORDER BY {order.replace("key", "found.key").replace("id", "d.id")}
    """  # noqa: S608 - constants of this module
    rows = session.execute(
        text(statement), _values(sought, now, after, limit) | {"product": product_id, "viewer": viewer}
    )
    return [FoundDeal(DealRow(*row[:-2]), row[-2], row[-1]) for row in rows]


def products(
    session: Session, sought: Sought, now: datetime, after: Place | None, limit: int, *, off_sale_too: bool = False
) -> list[FoundProduct]:
    """Up to `limit` products that are what is sought, after this place; those on sale, or all. One statement."""
    conditions = ["true" if off_sale_too else "p.off_sale_at IS NULL"]
    if sought.words is not None:
        conditions.append("p.words @@ search_query(:words)")
    if sought.from_minor is not None or sought.to_minor is not None or sought.in_stock is not None:
        unit = [*_band("s", sought), *(["s.stock > 0"] if sought.in_stock else [])]
        missing = ["NOT EXISTS (SELECT FROM skus s WHERE s.product_id = p.id AND s.stock > 0)"]
        conditions += missing if sought.in_stock is False else []
        conditions.append(f"EXISTS (SELECT FROM skus s WHERE {' AND '.join(['s.product_id = p.id', *unit])})")
    page, order = _page(sought.sort, after)
    statement = f"""
        WITH listed AS (
            SELECT p.id, {_PRODUCT_KEYS[sought.sort]} AS key FROM products p WHERE {" AND ".join(conditions)}
        ), found AS (
            SELECT id, key FROM listed WHERE {page} ORDER BY {order} LIMIT :limit
        )
        SELECT {PRODUCT_COLUMNS}, found.key FROM products p JOIN found ON found.id = p.id
        ORDER BY {order.replace("key", "found.key").replace("id", "p.id")}
    """  # noqa: S608 - constants of this module
    rows = session.execute(text(statement), _values(sought, now, after, limit))
    return [FoundProduct(ProductRow(*row[:-1]), row[-1]) for row in rows]


def _deal_filters(sought: Sought, product_id: uuid.UUID | None) -> list[str]:
    found = _band("d", sought)
    if product_id is not None:
        found.append("s.product_id = :product")
    if sought.words is not None:
        found.append("d.words @@ search_query(:words)")
    if sought.kind is not None:
        found.append(_KINDS[sought.kind])
    if sought.seats_to_go is not None:
        found.append(f"coalesce({_TO_GO}, d.group_size) <= :seats_to_go")
    if sought.newcomer_only is not None:
        found.append("d.newcomer_only = :newcomer_only")
    if sought.ends_within_hours is not None:
        found.append("d.ends_at <= :ends_by")
    if sought.in_stock is not None:
        found.append(_IN_STOCK if sought.in_stock else f"NOT {_IN_STOCK}")
    return found


def _band(table: str, sought: Sought) -> list[str]:
    bounds = {">= :from_minor": sought.from_minor, "<= :to_minor": sought.to_minor}
    return [f"{table}.price_minor {bound}" for bound, value in bounds.items() if value is not None]


def from_tiers(session: Session, codes: Collection[str], now: datetime, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Ids and titles of up to `limit` deals that are not over and ask for one of these tiers, the newest first."""
    rows = session.execute(
        text(
            "SELECT id, title FROM deals WHERE minimum_tier = ANY(:codes) AND ended_at IS NULL"
            " AND (ends_at IS NULL OR ends_at > :now) ORDER BY id DESC LIMIT :limit"
        ),
        {"codes": list(codes), "now": now, "limit": limit},
    )
    return [(row.id, row.title) for row in rows]


def _page(sort: Sort, after: Place | None) -> tuple[str, str]:
    """What comes after a place, and the order: by key, among equals by age."""
    if sort is Sort.NEWEST:
        return ("true" if after is None else "id < :after_id"), "id DESC"
    if sort is Sort.OLDEST:
        return ("true" if after is None else "id > :after_id"), "id"
    return ("true" if after is None else "(key, id) > (CAST(:after_key AS bigint), :after_id)"), "key, id"


def _values(sought: Sought, now: datetime, after: Place | None, limit: int) -> dict[str, object]:
    """What the statements name; what a statement does not name is left out by the driver's own rule."""
    hours = sought.ends_within_hours
    return {
        "now": now,
        "limit": limit,
        "words": sought.words,
        "from_minor": sought.from_minor,
        "to_minor": sought.to_minor,
        "seats_to_go": sought.seats_to_go,
        "newcomer_only": sought.newcomer_only,
        "ends_by": None if hours is None else now + timedelta(hours=hours),
        "after_key": None if after is None else after.key,
        "after_id": None if after is None else after.id,
    }
