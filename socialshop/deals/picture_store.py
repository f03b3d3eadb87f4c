"""Statements on pictures of goods and on banners of storefronts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.pictures import Size, SizedPicture

_SHOWN = """jsonb_build_object('id', c.id, 'digest', c.digest, 'width', c.width, 'height', c.height,
    'alt_en', c.alt_en, 'alt_zh', c.alt_zh)"""


def cover_of(product: str) -> str:
    """An expression: the first picture of the product that this column names, as `pictures.read` takes it."""
    return f"(SELECT {_SHOWN} FROM shop_pictures c WHERE c.product_id = {product} ORDER BY c.place LIMIT 1)"  # noqa: S608


def pictures_of(product: str) -> str:
    """An expression: all pictures of the product that this column names, as `pictures.read_all` takes them."""
    return (
        f"(SELECT coalesce(jsonb_agg({_SHOWN} ORDER BY c.place), '[]')"  # noqa: S608
        f" FROM shop_pictures c WHERE c.product_id = {product})"
    )


def banner_of(storefront: str) -> str:
    """An expression: the banner of the storefront that this column names."""
    return f"(SELECT {_SHOWN} FROM shop_pictures c WHERE c.storefront_id = {storefront})"  # noqa: S608


def lock_product(session: Session, product_id: uuid.UUID) -> bool:
    """Who changes a product's pictures comes one at a time; False if there is no such product."""
    found = session.execute(text("SELECT id FROM products WHERE id = :id FOR NO KEY UPDATE"), {"id": product_id})
    return found.one_or_none() is not None


def ids_of(session: Session, product_id: uuid.UUID) -> list[uuid.UUID]:
    """A product's pictures in their order."""
    rows = session.execute(
        text("SELECT id FROM shop_pictures WHERE product_id = :id ORDER BY place"), {"id": product_id}
    )
    return list(rows.scalars())


def add(session: Session, picture: SizedPicture, values: dict[str, Any], at: datetime) -> None:
    """Keep a picture; `values` are its id, what it is of, its place and what it shows in words."""
    session.execute(
        text(
            """
            INSERT INTO shop_pictures (id, product_id, storefront_id, place, alt_en, alt_zh, digest, width, height,
                small, middle, large, added_at)
            VALUES (:id, :product_id, :storefront_id, :place, :alt_en, :alt_zh, :digest, :width, :height,
                :small, :middle, :large, :at)
            """
        ),
        {
            "product_id": None,
            "storefront_id": None,
            "place": 1,
            **values,
            "digest": picture.digest,
            "width": picture.width,
            "height": picture.height,
            **{size.value: content for size, content in picture.sizes.items()},
            "at": at,
        },
    )


def put_in_order(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Give these pictures, which are all of one product, their places."""
    session.execute(
        text(
            """
            UPDATE shop_pictures SET place = given.place
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS given (id, place)
            WHERE shop_pictures.id = given.id
            """
        ),
        {"ids": list(ids)},
    )


def describe(session: Session, picture_id: uuid.UUID, alt_en: str, alt_zh: str) -> None:
    """Say otherwise what a picture shows."""
    session.execute(
        text("UPDATE shop_pictures SET alt_en = :alt_en, alt_zh = :alt_zh WHERE id = :id"),
        {"id": picture_id, "alt_en": alt_en, "alt_zh": alt_zh},
    )


def remove(session: Session, picture_id: uuid.UUID) -> None:
    """Forget a picture."""
    session.execute(text("DELETE FROM shop_pictures WHERE id = :id"), {"id": picture_id})


def remove_banner(session: Session, storefront_id: uuid.UUID) -> bool:
    """Forget a storefront's banner; False if it has none."""
    gone = session.execute(
        text("DELETE FROM shop_pictures WHERE storefront_id = :id RETURNING id"), {"id": storefront_id}
    )
    return gone.one_or_none() is not None


def product_of(session: Session, picture_id: uuid.UUID) -> uuid.UUID | None:
    """Of which product a picture is; None for a banner, and for what is no picture."""
    row = session.execute(text("SELECT product_id FROM shop_pictures WHERE id = :id"), {"id": picture_id})
    found: uuid.UUID | None = row.scalar_one_or_none()
    return found


def cover_of_deal(session: Session, deal_id: uuid.UUID) -> dict[str, Any] | None:
    """The first picture of a deal's goods."""
    found: dict[str, Any] | None = session.execute(
        text(f"SELECT {cover_of('s.product_id')} FROM deals d JOIN skus s ON s.id = d.sku_id WHERE d.id = :id"),  # noqa: S608
        {"id": deal_id},
    ).scalar_one_or_none()
    return found


def content(session: Session, digest: str, size: Size) -> bytes | None:
    """The bytes of a picture in a size."""
    found = session.execute(
        text(f"SELECT {size.value} FROM shop_pictures WHERE digest = :digest LIMIT 1"),  # noqa: S608 - of three words
        {"digest": digest},
    ).scalar_one_or_none()
    return None if found is None else bytes(found)
