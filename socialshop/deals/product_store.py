"""Statements by which a product is put on sale and changes: its words, its units, whether it is on sale."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.store import ProductRow, SkuRow

# Of a deal `d`: it is not over, or goes on once its goods are back on sale.
_STANDS = "(d.ended_at IS NULL OR d.off_sale) AND (d.ends_at IS NULL OR d.ends_at > :now)"
# Every code of a unit comes through one door at a time: two products cannot take the same at once.
_CODES = "units' codes"


class UnitBounds(NamedTuple):
    """What a unit's price alone must be above: floor and supply said to leaders, and deals' prices; None: nothing."""

    floor_minor: int | None
    supply_minor: int | None
    deal_minor: int | None
    bargain_minor: int | None


def add_product(session: Session, product: ProductRow, skus: Sequence[SkuRow], at: datetime) -> None:
    """Insert a product with its units."""
    session.execute(
        text(
            "INSERT INTO products (id, title, description, return_days, created_at)"
            " VALUES (:id, :title, :description, :return_days, :at)"
        ),
        {**product._asdict(), "at": at},
    )
    session.execute(
        text(
            "INSERT INTO skus (id, product_id, code, title, price_minor, currency, stock, low_stock_at)"
            " VALUES (:id, :product_id, :code, :title, :price_minor, :currency, :stock, :low_stock_at)"
        ),
        [{**sku._asdict(), "product_id": product.id} for sku in skus],
    )


def lock(session: Session, product_id: uuid.UUID) -> bool:
    """The product, for this transaction alone to change; who makes a deal of it waits. False: there is none."""
    found = session.execute(text("SELECT id FROM products WHERE id = :id FOR NO KEY UPDATE"), {"id": product_id})
    return found.one_or_none() is not None


def taken_codes(session: Session, codes: Sequence[str], besides: Sequence[uuid.UUID] = ()) -> list[str]:
    """Those of these codes that a unit has, of whatever product, but for these units; nobody takes one meanwhile."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:door))"), {"door": _CODES})
    rows = session.execute(
        text("SELECT DISTINCT code FROM skus WHERE code = ANY(:codes) AND NOT id = ANY(CAST(:besides AS uuid[]))"),
        {"codes": list(codes), "besides": list(besides)},
    )
    return list(rows.scalars())


def bounds(session: Session, sku_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, UnitBounds]:
    """What holds the prices alone of these units up: of deals that stand, the dearest.

    A draft is measured when it is published.
    """
    rows = session.execute(
        text(
            f"""
            WITH standing AS (
                SELECT d.id, d.sku_id, d.price_minor FROM deals d JOIN skus s ON s.id = d.sku_id
                WHERE NOT d.draft AND {_STANDS} AND s.product_id IN (SELECT product_id FROM skus WHERE id = ANY(:ids))
            ), asked AS (
                SELECT sku_id, price_minor FROM standing
                UNION ALL SELECT o.sku_id, o.price_minor FROM standing d JOIN deal_skus o ON o.deal_id = d.id
            )
            SELECT k.id, g.floor_minor, g.supply_minor,
                (SELECT max(a.price_minor) FROM asked a WHERE a.sku_id = k.id),
                (SELECT max(b.start_minor) FROM bargain_terms b JOIN standing d ON d.id = b.deal_id
                    WHERE d.sku_id = k.id)
            FROM skus k LEFT JOIN leader_goods g ON g.sku_id = k.id WHERE k.id = ANY(:ids)
            """  # noqa: S608 - a constant
        ),
        {"ids": list(sku_ids), "now": now},
    )
    return {row[0]: UnitBounds(*row[1:]) for row in rows}


def change_words(session: Session, product_id: uuid.UUID, title: str, description: str, return_days: int) -> None:
    """Put these in place of what the product said."""
    session.execute(
        text(
            "UPDATE products SET title = :title, description = :description, return_days = :return_days WHERE id = :id"
        ),
        {"id": product_id, "title": title, "description": description, "return_days": return_days},
    )


def change_units(session: Session, units: Sequence[SkuRow]) -> None:
    """Put code, title and price alone of these in place of what the units had. One statement."""
    session.execute(
        text(
            """
            UPDATE skus k SET code = u.code, title = u.title, price_minor = u.price_minor
            FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:titles AS text[]),
                CAST(:prices AS bigint[])) AS u (id, code, title, price_minor)
            WHERE k.id = u.id
            """
        ),
        {
            "ids": [unit.id for unit in units],
            "codes": [unit.code for unit in units],
            "titles": [unit.title for unit in units],
            "prices": [unit.price_minor for unit in units],
        },
    )


def find_deals_anew(session: Session, product_id: uuid.UUID, now: datetime) -> None:
    """Deals of the product that stand are found by the words that it has now."""
    _lock_deals(session, product_id, _STANDS, now)
    session.execute(
        text(
            f"UPDATE deals d SET title = d.title FROM skus s WHERE s.id = d.sku_id AND s.product_id = :id AND {_STANDS}"  # noqa: S608
        ),
        {"id": product_id, "now": now},
    )


def take_off_sale(session: Session, product_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """Nobody opens a room on a deal of it from now on; returns the deals that are over by it, paused or not."""
    session.execute(text("UPDATE products SET off_sale_at = :now WHERE id = :id"), {"id": product_id, "now": now})
    standing = f"NOT d.draft AND d.ended_at IS NULL AND {_STANDS}"
    _lock_deals(session, product_id, standing, now)
    rows = session.execute(
        text(
            f"""
            UPDATE deals d SET ended_at = :now, was_paused = paused_at IS NOT NULL, paused_at = NULL, off_sale = true
            FROM skus s
            WHERE s.id = d.sku_id AND s.product_id = :id AND {standing} RETURNING d.id
            """  # noqa: S608 - a constant
        ),
        {"id": product_id, "now": now},
    )
    return list(rows.scalars())


def put_on_sale(session: Session, product_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """The deals that were over by it go on, paused where they were, but for those whose own end has come.

    Returns those that go on.
    """
    session.execute(text("UPDATE products SET off_sale_at = NULL WHERE id = :id"), {"id": product_id})
    _lock_deals(session, product_id, "d.off_sale", now)
    rows = session.execute(
        text(
            """
            UPDATE deals d SET off_sale = false, was_paused = false,
                ended_at = CASE WHEN d.ends_at <= :now THEN d.ended_at END,
                paused_at = CASE WHEN was_paused AND d.ends_at <= :now IS NOT true THEN CAST(:now AS timestamptz) END
            FROM skus s
            WHERE s.id = d.sku_id AND s.product_id = :id AND d.off_sale RETURNING d.id, d.ended_at IS NULL AS goes_on
            """
        ),
        {"id": product_id, "now": now},
    )
    return [row.id for row in rows if row.goes_on]


def end_for_good(session: Session, deal_id: uuid.UUID) -> bool:
    """A deal that is over as its goods are off sale does not go on once they are back; False for any other."""
    found = session.execute(
        text("UPDATE deals SET off_sale = false, was_paused = false WHERE id = :id AND off_sale RETURNING id"),
        {"id": deal_id},
    )
    return found.one_or_none() is not None


def _lock_deals(session: Session, product_id: uuid.UUID, which: str, now: datetime) -> None:
    """In id order, as everybody who moves several."""
    session.execute(
        text(
            "SELECT FROM deals d JOIN skus s ON s.id = d.sku_id"
            f" WHERE s.product_id = :id AND {which} AND CAST(:now AS timestamptz) IS NOT NULL"
            " ORDER BY d.id FOR NO KEY UPDATE OF d"
        ),
        {"id": product_id, "now": now},
    )
