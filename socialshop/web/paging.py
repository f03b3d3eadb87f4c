"""Lists come page by page: `?limit=&cursor=` → `{"data": [...], "next_cursor": null}`.

A page ends at a row's id, and the next begins after it: rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field, StringConstraints

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.problems import InvalidFields
from socialshop.web.schemas import Wire

LARGEST_PAGE = 100
_PREFIX = "cur"
_PLACE = re.compile(r"(?P<id>[^.]+)(?:\.(?P<key>[1-9][0-9]{0,17}))?", re.ASCII)
_NO_CURSOR = {"field": "cursor", "reason": "not_allowed", "detail": "send the next_cursor of the page before"}

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


class PageQuery(Wire):
    """Which page of a list."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="at most so many rows")
    cursor: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None, description="`next_cursor` of the page before"
    )

    def after(self) -> uuid.UUID | None:
        """The id that the page before ended with. Raises InvalidFields for a cursor that no list gave."""
        if self.cursor is None:
            return None
        try:
            return from_public(_PREFIX, self.cursor)
        except NotFound:
            raise InvalidFields([_NO_CURSOR]) from None


class OrderedQuery(PageQuery):
    """Which page of a list that may be ordered by something: its cursor says by what the last row stood there, too."""

    cursor: Annotated[str, StringConstraints(max_length=60)] | None = Field(
        None, description="`next_cursor` of the page before, which was in the same order"
    )

    def place(self) -> tuple[int, uuid.UUID] | None:
        """Where the page before ended. Raises InvalidFields for a cursor that no list gave."""
        try:
            return None if self.cursor is None else place_of(self.cursor)
        except NotFound:
            raise InvalidFields([_NO_CURSOR]) from None


def place_of(cursor: str) -> tuple[int, uuid.UUID]:
    """By what the row stood at which a page ended, and its id. Raises NotFound for what `cursor_at` never said."""
    found = _PLACE.fullmatch(cursor)
    if found is None:
        raise NotFound("no list gave this cursor")
    return int(found["key"] or 0), from_public(_PREFIX, found["id"])


def cursor_at(place: tuple[int, uuid.UUID]) -> str:
    """The cursor of the page after this place."""
    key, id_ = place
    return to_public(_PREFIX, id_) + (f".{key}" if key else "")


class Page(Wire, Generic[Item]):
    """One page; `next_cursor` is null on the last."""

    data: list[Item]
    next_cursor: str | None


def cut_page(rows: Sequence[Row], limit: int, id_of: Callable[[Row], uuid.UUID]) -> tuple[Sequence[Row], str | None]:
    """The page's rows and its `next_cursor`, from up to `limit + 1` rows that were read."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], to_public(_PREFIX, id_of(rows[limit - 1]))


def cut_ordered(
    rows: Sequence[Row], limit: int, place_at: Callable[[Row], tuple[int, uuid.UUID]]
) -> tuple[Sequence[Row], str | None]:
    """The same of a list that may be ordered by something: the cursor says where the page's last row stands."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_at(place_at(rows[limit - 1]))
