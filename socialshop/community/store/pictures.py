"""Statements on the pictures of posts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.community.rules import Status
from socialshop.infra.pictures import Picture


class PictureRow(NamedTuple):
    """A picture's bytes, and whose post it is in, which stands so."""

    content: bytes
    author: int
    status: Status


def replace(session: Session, post_id: uuid.UUID, ids: Sequence[uuid.UUID], pictures: Sequence[Picture]) -> None:
    """Give a post these pictures and no other."""
    session.execute(text("DELETE FROM post_pictures WHERE post_id = :post"), {"post": post_id})
    if pictures:
        session.execute(
            text(
                "INSERT INTO post_pictures (id, post_id, place, width, height, content)"
                " VALUES (:id, :post, :place, :width, :height, :content)"
            ),
            [
                {
                    "id": picture_id,
                    "post": post_id,
                    "place": place,
                    "width": picture.width,
                    "height": picture.height,
                    "content": picture.content,
                }
                for place, (picture_id, picture) in enumerate(zip(ids, pictures, strict=True), 1)
            ],
        )


def find(session: Session, picture_id: uuid.UUID) -> PictureRow | None:
    """One picture."""
    row = session.execute(
        text(
            "SELECT c.content, p.author, p.status FROM post_pictures c JOIN posts p ON p.id = c.post_id"
            " WHERE c.id = :id"
        ),
        {"id": picture_id},
    ).one_or_none()
    return None if row is None else PictureRow(bytes(row[0]), row[1], Status(row[2]))
