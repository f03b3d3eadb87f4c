"""Lists come page by page: `?limit=&cursor=` → `{"data": [...], "next_cursor": null}`.

A page ends at a row's id, and the next begins after it: rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

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
            wrong = {"field": "cursor", "reason": "not_allowed", "detail": "send the next_cursor of the page before"}
            raise InvalidFields([wrong]) from None


class Page(Wire, Generic[Item]):
    """One page; `next_cursor` is null on the last."""

    data: list[Item]
    next_cursor: str | None


def cut_page(rows: Sequence[Row], limit: int, id_of: Callable[[Row], uuid.UUID]) -> tuple[Sequence[Row], str | None]:
    """The page's rows and its `next_cursor`, from up to `limit + 1` rows that were read."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], to_public(_PREFIX, id_of(rows[limit - 1]))
