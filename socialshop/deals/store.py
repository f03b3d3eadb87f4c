"""All SQL of deals."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.picture_store import cover_of, pictures_of
from socialshop.deals.rules import LOW_STOCK

# A part of one larger statement: where a buyer's row is changed anyway, stock costs no statement of its own.
# It reads the CTE `wanted (deal_id, sku_id, quantity, opens)`, and `:now`. `reserved` has a row if the goods are there,
# the quota (where there is one) is not used up, the deal is not paused (a pause ends with its deal) and, for who
# `opens` a room, was not ended meanwhile; who finds it empty must roll back, for goods or quota may have been taken.
RESERVED = """
    stocked AS (
        UPDATE skus SET stock = stock - w.quantity FROM wanted w
        WHERE skus.id = w.sku_id AND skus.stock >= w.quantity
        RETURNING w.deal_id, w.opens
    ), metered AS (
        UPDATE deals SET taken = taken + w.quantity FROM wanted w
        WHERE deals.id = w.deal_id AND deals.quota IS NOT NULL AND deals.taken + w.quantity <= deals.quota
        RETURNING deals.id
    ), reserved AS (
        SELECT s.deal_id FROM stocked s JOIN deals d ON d.id = s.deal_id
        WHERE (d.paused_at IS NULL OR d.ends_at <= :now) AND NOT (s.opens AND d.ended_at IS NOT NULL)
            AND (d.quota IS NULL OR EXISTS (SELECT FROM metered))
    )
"""

# Of a deal `d` and its own unit `s`: how many units may still be bought by it, and from how few on that is low.
LEFT_OF_DEAL = """
    CAST(least(d.quota - d.taken, coalesce((SELECT sum(u.stock) FROM deal_skus o JOIN skus u ON u.id = o.sku_id
        WHERE o.deal_id = d.id), s.stock)) AS bigint) AS units_left,
    CAST(coalesce((SELECT sum(u.low_stock_at) FROM deal_skus o JOIN skus u ON u.id = o.sku_id
        WHERE o.deal_id = d.id), s.low_stock_at) AS bigint) AS low_at
"""


# What of a deal is kept as JSON.
_DOCUMENTS = ("price_steps", "host_perk", "leader_margin")


class SkuRow(NamedTuple):
    """One kind of unit that a product is sold in."""

    id: uuid.UUID
    code: str
    title: str
    price_minor: int
    currency: str
    stock: int
    low_stock_at: int = LOW_STOCK


class ProductRow(NamedTuple):
    """A product without its units."""

    id: uuid.UUID
    title: str
    description: str
    return_days: int
    pictures: Sequence[dict[str, Any]] = ()
    on_sale: bool = True


class UnitTerms(NamedTuple):
    """What a unit costs without a group, in minor units, and within how many days its product may be sent back."""

    alone_minor: int
    return_days: int
    product_id: uuid.UUID
    on_sale: bool


class DealRow(NamedTuple):
    """A deal with what it sells; `ends_at` is when it was ended, where that came before its time.

    `off_sale`: it is over as its goods are off sale, and goes on once they are back.

    `price_steps` and `host_perk` are as they are kept: see `ladder` and `perks`. `units` are what may be chosen, the
    first its own, each with id, code, title, price_minor, alone_minor, stock and low_stock_at.
    """

    id: uuid.UUID
    sku_id: uuid.UUID
    product_id: uuid.UUID
    opened_by: int
    title: str
    group_size: int
    price_minor: int
    currency: str
    starts_at: datetime
    ends_at: datetime | None
    room_ttl_seconds: int
    seat_hold_seconds: int
    per_member_limit: int | None
    quota: int | None
    late_payer: str
    draft: bool
    paused: bool
    ended: bool
    off_sale: bool
    minimum_tier: str | None
    circle_only: bool
    invited_only: bool
    return_days: int
    stock: int
    alone_minor: int
    price_steps: list[dict[str, int]] | None
    host_perk: dict[str, Any] | None
    newcomer_only: bool
    subsidy_from: int | None
    quota_left: int | None
    shipping_minor: int | None
    units: list[dict[str, Any]]
    cover: dict[str, Any] | None


DEAL_COLUMNS = f"""
    d.id, d.sku_id, s.product_id, d.opened_by, d.title, d.group_size, d.price_minor, s.currency, d.starts_at,
        coalesce(d.ended_at, d.ends_at), d.room_ttl_seconds, d.seat_hold_seconds, d.per_member_limit, d.quota,
        d.late_payer, d.draft, d.paused_at IS NOT NULL, d.ended_at IS NOT NULL, d.off_sale, d.minimum_tier,
        d.circle_only, d.invited_only, greatest(d.return_days, p.return_days), s.stock, s.price_minor, d.price_steps,
        d.host_perk, d.newcomer_only, (SELECT b.from_seats FROM deal_subsidies b WHERE b.deal_id = d.id),
        d.quota - d.taken, d.shipping_minor,
        coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', u.id, 'code', u.code, 'title', u.title, 'stock', u.stock,
                'low_stock_at', u.low_stock_at,
                'price_minor', o.price_minor, 'alone_minor', u.price_minor) ORDER BY o.place)
            FROM deal_skus o JOIN skus u ON u.id = o.sku_id WHERE o.deal_id = d.id
        ), jsonb_build_array(jsonb_build_object('id', s.id, 'code', s.code, 'title', s.title, 'stock', s.stock,
            'low_stock_at', s.low_stock_at, 'price_minor', d.price_minor, 'alone_minor', s.price_minor))),
        {cover_of("s.product_id")}
"""  # noqa: S608 - constants of these modules
DEAL_TABLES = "deals d JOIN skus s ON s.id = d.sku_id JOIN products p ON p.id = s.product_id"
_DEAL = f"SELECT {DEAL_COLUMNS} FROM {DEAL_TABLES}"  # noqa: S608 - constants of this module


PRODUCT_COLUMNS = (
    f"p.id, p.title, p.description, p.return_days, {pictures_of('p.id')} AS pictures, p.off_sale_at IS NULL AS on_sale"
)


def find_product(session: Session, product_id: uuid.UUID) -> ProductRow | None:
    """The product."""
    row = session.execute(
        text(f"SELECT {PRODUCT_COLUMNS} FROM products p WHERE p.id = :id"),  # noqa: S608
        {"id": product_id},
    ).one_or_none()
    return ProductRow(*row) if row else None


def products_by_id(session: Session, ids: Sequence[uuid.UUID]) -> list[ProductRow]:
    """These products, in no order."""
    rows = session.execute(
        text(f"SELECT {PRODUCT_COLUMNS} FROM products p WHERE p.id = ANY(:ids)"),  # noqa: S608
        {"ids": list(ids)},
    )
    return [ProductRow(*row) for row in rows]


def skus_of(session: Session, product_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, SkuRow]]:
    """The units of these products, each with its product's id, in the order they were given."""
    rows = session.execute(
        text(
            "SELECT product_id, id, code, title, price_minor, currency, stock, low_stock_at FROM skus"
            " WHERE product_id = ANY(:ids) ORDER BY id"
        ),
        {"ids": list(product_ids)},
    )
    return [(row[0], SkuRow(*row[1:])) for row in rows]


def unit_terms(session: Session, sku_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, UnitTerms]:
    """What a deal's terms are measured by, of those of these units that there are.

    Their products do not change until this transaction ends.
    """
    rows = session.execute(
        text(
            "SELECT s.id, s.price_minor, p.return_days, p.id, p.off_sale_at IS NULL"
            " FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id = ANY(:ids) ORDER BY p.id FOR SHARE OF p"
        ),
        {"ids": list(sku_ids)},
    )
    return {row[0]: UnitTerms(*row[1:]) for row in rows}


def add_deal_skus(session: Session, deal_id: uuid.UUID, prices: Mapping[uuid.UUID, int]) -> None:
    """Append the units of a deal that offers several, each with its price, in this order."""
    session.execute(
        text(
            """
            INSERT INTO deal_skus (deal_id, sku_id, place, price_minor)
            SELECT :deal_id, sku_id, place, price_minor FROM unnest(CAST(:skus AS uuid[]), CAST(:prices AS bigint[]))
                WITH ORDINALITY AS given (sku_id, price_minor, place)
            """
        ),
        {"deal_id": deal_id, "skus": list(prices), "prices": list(prices.values())},
    )


def is_tier(session: Session, code: str, now: datetime) -> bool:
    """Whether the tiers in force have one of this code."""
    return bool(
        session.execute(
            text(
                """
                SELECT EXISTS (SELECT FROM tiers WHERE code = :code AND version = (SELECT number
                    FROM tier_programme_versions WHERE effective_at <= :now ORDER BY effective_at DESC LIMIT 1))
                """
            ),
            {"code": code, "now": now},
        ).scalar_one()
    )


def add_deal(session: Session, values: dict[str, object]) -> None:
    """Insert a deal."""
    session.execute(
        text(
            """
            INSERT INTO deals (id, sku_id, opened_by, title, group_size, price_minor, starts_at, ends_at,
                room_ttl_seconds, seat_hold_seconds, per_member_limit, quota, late_payer, draft, minimum_tier,
                circle_only, created_at, price_steps, host_perk, newcomer_only, return_days, shipping_minor,
                leader_margin)
            VALUES (:id, :sku_id, :opened_by, :title, :group_size, :price_minor, :starts_at, :ends_at,
                :room_ttl_seconds, :seat_hold_seconds, :per_member_limit, :quota, :late_payer, :draft,
                :minimum_tier, :circle_only, :created_at, CAST(:price_steps AS jsonb), CAST(:host_perk AS jsonb),
                :newcomer_only, :return_days, :shipping_minor, CAST(:leader_margin AS jsonb))
            """
        ),
        {
            **values,
            **{name: json.dumps(values[name]) if values[name] else None for name in _DOCUMENTS},
        },
    )


def add_subsidy(session: Session, deal_id: uuid.UUID, from_seats: int, budget_minor: int) -> None:
    """Give a deal a budget to fill rooms from."""
    session.execute(
        text("INSERT INTO deal_subsidies (deal_id, from_seats, budget_minor) VALUES (:id, :from_seats, :budget)"),
        {"id": deal_id, "from_seats": from_seats, "budget": budget_minor},
    )


def spend_subsidies(
    session: Session, deal_ids: Sequence[uuid.UUID], room_ids: Sequence[uuid.UUID], costs: Sequence[int]
) -> list[uuid.UUID]:
    """Spend what these rooms cost, in their order as far as each deal's budget goes; returns the rooms that are paid.

    One statement: the budgets' rows are locked in id order, sums run over what is left of them then, and the CHECK
    stands behind it.
    """
    rows = session.execute(
        text(
            """
            WITH locked AS (
                SELECT deal_id, budget_minor - spent_minor AS left_minor FROM deal_subsidies
                WHERE deal_id = ANY(:deals) ORDER BY deal_id FOR NO KEY UPDATE
            ), asked AS (
                SELECT a.*, sum(a.cost) OVER (PARTITION BY a.deal_id ORDER BY a.place) AS sum_minor
                FROM unnest(CAST(:deals AS uuid[]), CAST(:rooms AS uuid[]), CAST(:costs AS bigint[]))
                    WITH ORDINALITY AS a (deal_id, room_id, cost, place)
            ), paid AS (
                SELECT a.* FROM asked a JOIN locked l ON l.deal_id = a.deal_id WHERE a.sum_minor <= l.left_minor
            ), spent AS (
                UPDATE deal_subsidies s SET spent_minor = s.spent_minor + p.cost
                FROM (SELECT deal_id, sum(cost) AS cost FROM paid GROUP BY deal_id) p WHERE s.deal_id = p.deal_id
            )
            SELECT room_id FROM paid ORDER BY place
            """
        ),
        {"deals": list(deal_ids), "rooms": list(room_ids), "costs": list(costs)},
    )
    return list(rows.scalars())


def end_draft(session: Session, deal_id: uuid.UUID, now: datetime) -> bool:
    """Publish; a start that has passed meanwhile becomes now. False if it was no draft."""
    row = session.execute(
        text(
            "UPDATE deals SET draft = false, starts_at = greatest(starts_at, :now) WHERE id = :id AND draft"
            " RETURNING id"
        ),
        {"id": deal_id, "now": now},
    ).one_or_none()
    return row is not None


def lock_deal(session: Session, deal_id: uuid.UUID) -> None:
    """Whoever moves a deal's state comes one at a time; what is read afterwards is what the one before left."""
    session.execute(text("SELECT FROM deals WHERE id = :id FOR NO KEY UPDATE"), {"id": deal_id})


def set_paused(session: Session, deal_id: uuid.UUID, since: datetime | None) -> None:
    """Pause a deal, or resume it where `since` is None."""
    session.execute(text("UPDATE deals SET paused_at = :since WHERE id = :id"), {"id": deal_id, "since": since})


def set_ended(session: Session, deal_id: uuid.UUID, at: datetime) -> None:
    """End a deal before its time."""
    session.execute(text("UPDATE deals SET ended_at = :at WHERE id = :id"), {"id": deal_id, "at": at})


def find_deal(session: Session, deal_id: uuid.UUID) -> DealRow | None:
    """The deal, a draft too."""
    row = session.execute(text(_DEAL + " WHERE d.id = :id"), {"id": deal_id}).one_or_none()
    return DealRow(*row) if row else None


def deals_by_id(session: Session, ids: Sequence[uuid.UUID]) -> list[DealRow]:
    """These deals, in no order."""
    return [DealRow(*row) for row in session.execute(text(_DEAL + " WHERE d.id = ANY(:ids)"), {"ids": list(ids)})]


def titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these published deals and products are called, by id."""
    rows = session.execute(
        text(
            "SELECT id, title FROM deals WHERE id = ANY(:ids) AND NOT draft"
            " UNION ALL SELECT id, title FROM products WHERE id = ANY(:ids)"
        ),
        {"ids": list(ids)},
    )
    return {row.id: row.title for row in rows}


def drafts(session: Session, limit: int) -> list[DealRow]:
    """Up to `limit` deals that are not published, the newest first."""
    rows = session.execute(
        text(_DEAL + " WHERE d.draft AND d.group_size > 1 ORDER BY d.id DESC LIMIT :limit"), {"limit": limit}
    )
    return [DealRow(*row) for row in rows]


def deals_of(session: Session, number: int, before: uuid.UUID | None, limit: int) -> list[DealRow]:
    """Up to `limit` deals that a member opened, the newest first, older than this one."""
    rows = session.execute(
        text(
            _DEAL + " WHERE d.opened_by = :number AND d.group_size > 1"
            " AND (CAST(:before AS uuid) IS NULL OR d.id < :before)"
            " ORDER BY d.id DESC LIMIT :limit"
        ),
        {"number": number, "before": before, "limit": limit},
    )
    return [DealRow(*row) for row in rows]


def give_back(
    session: Session, deal_ids: Sequence[uuid.UUID], sku_ids: Sequence[uuid.UUID], quantities: Sequence[int]
) -> None:
    """Return units to the stock and the quota of their deals. Rows are taken in id order: two of these cannot meet."""
    session.execute(
        text(
            """
            WITH given AS (
                SELECT * FROM unnest(CAST(:deals AS uuid[]), CAST(:skus AS uuid[]), CAST(:quantities AS bigint[]))
                    AS g (deal_id, sku_id, quantity)
            ), by_sku AS (
                SELECT sku_id, sum(quantity) AS quantity FROM given GROUP BY sku_id
            ), by_deal AS (
                SELECT deal_id, sum(quantity) AS quantity FROM given GROUP BY deal_id
            ), locked AS (
                SELECT s.id FROM skus s WHERE s.id IN (SELECT sku_id FROM by_sku) ORDER BY s.id FOR NO KEY UPDATE
            ), stocked AS (
                UPDATE skus SET stock = stock + b.quantity FROM by_sku b
                WHERE skus.id = b.sku_id AND skus.id IN (SELECT id FROM locked)
            ), locked_deals AS (
                SELECT d.id FROM deals d WHERE d.id IN (SELECT deal_id FROM given) AND d.quota IS NOT NULL
                ORDER BY d.id FOR NO KEY UPDATE
            )
            UPDATE deals SET taken = taken - b.quantity FROM by_deal b
            WHERE deals.id = b.deal_id AND deals.id IN (SELECT id FROM locked_deals)
            """
        ),
        {"deals": list(deal_ids), "skus": list(sku_ids), "quantities": list(quantities)},
    )
