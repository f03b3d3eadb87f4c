"""Wire shapes of reviews and notes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.community.rules import (
    BEST,
    LONGEST_NOTE,
    LONGEST_REASON,
    LONGEST_REVIEW,
    LONGEST_TITLE,
    MOST_PICTURES,
    WORST,
    Rating,
    Words,
)
from socialshop.community.service import PostRow, SalesRow, ToWrite
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import Money
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_LINE = "oln_01k9w3q2mxe5tb6v8c4yd7r1hz"
_PICTURE = {"id": "pic_01k9w3q2mxe5tb6v8c4yd7r1hz", "url": "/api/v1/pictures/pic_01k9w3q2mxe5tb6v8c4yd7r1hz"}
_REVIEW: dict[str, Any] = {
    "id": "post_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "author_name": "林小满",
    "rating": 5,
    "text": "Fresh, and the box was whole.",
    "pictures": [_PICTURE],
    "written_at": "2026-02-10T12:00:00Z",
}
_NOTE: dict[str, Any] = {
    "id": "post_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_title": "明前龙井",
    "author_name": "林小满",
    "title": "Three ways to brew it",
    "text": "First, warm the cup. …",
    "pictures": [],
    "written_at": "2026-02-10T12:00:00Z",
}
_OWN: dict[str, Any] = {
    **_NOTE,
    "kind": "note",
    "rating": None,
    "status": "published",
    "reason": None,
    "version": 1,
    "sales": {"orders": 3, "volume": {"amount_minor": 29700, "currency": "CNY"}},
}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE)]
ReviewText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REVIEW)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]
Stars = Annotated[int, Field(ge=WORST, le=BEST)]
Pictures = Annotated[
    list[str],
    Field(
        max_length=MOST_PICTURES, description="JPEG, PNG or WebP in base64; scale them down first: 1280 points are kept"
    ),
]
LineId = Annotated[str, StringConstraints(max_length=60)]


class ReviewDraft(Wire):
    """A review of an order line that was received; it is shown once somebody of the shop has read it."""

    model_config = with_example({"line_id": _LINE, "rating": 5, "text": "Fresh, and the box was whole."})

    line_id: LineId
    rating: Stars
    text: ReviewText
    pictures: Pictures = Field(default_factory=list)

    def words(self) -> Words:
        """What it says."""
        return Words(self.text, rating=self.rating)


class NoteDraft(Wire):
    """A note about what an order line was of; it is shown once somebody of the shop has read it."""

    model_config = with_example(
        {"line_id": _LINE, "title": "Three ways to brew it", "text": "First, warm the cup. …", "pictures": []}
    )

    line_id: LineId
    title: Title
    text: Text
    pictures: Pictures = Field(default_factory=list)

    def words(self) -> Words:
        """What it says."""
        return Words(self.text, title=self.title)


class Revision(Wire):
    """Other words; `rating` for a review, `title` for a note. Pictures that are not sent stay."""

    model_config = with_example({"title": "Four ways to brew it", "text": "First, warm the cup. …"})

    rating: Stars | None = None
    title: Title | None = None
    text: Text
    pictures: Pictures | None = None

    def words(self) -> Words:
        """What it says now."""
        return Words(self.text, self.rating, self.title)


def line_key(line_id: str) -> uuid.UUID:
    """The key of an order line. Raises NotFound."""
    return from_public("oln", line_id)


class PictureWire(Wire):
    """A picture: WebP, at most 1280 points either way."""

    id: str
    url: str

    @classmethod
    def of(cls, picture_id: uuid.UUID) -> PictureWire:
        """The wire form of a picture."""
        public = to_public("pic", picture_id)
        return cls(id=public, url=f"/api/v1/pictures/{public}")


class ReviewWire(Wire):
    """A published review; the name is null where its author does not want to be named."""

    model_config = with_example(_REVIEW)

    id: str
    product_id: str
    author_name: str | None
    rating: int
    text: str
    pictures: list[PictureWire]
    written_at: Instant

    @classmethod
    def of(cls, row: PostRow) -> ReviewWire:
        """The wire form of a review."""
        return cls(**_common(row), rating=row.rating or WORST)


class RatingWire(Wire):
    """What all published reviews say: their number, and a hundred times their mean (null where there is none)."""

    count: int
    average_hundredths: int | None

    @classmethod
    def of(cls, rating: Rating) -> RatingWire:
        """The wire form of a rating."""
        return cls(count=rating.count, average_hundredths=rating.average_hundredths)


class ReviewPage(Page[ReviewWire]):
    """Reviews, the newest first; those of people who have left count, and say nothing any more."""

    model_config = with_example(
        {"data": [_REVIEW], "next_cursor": None, "rating": {"count": 3, "average_hundredths": 467}}
    )

    rating: RatingWire


class NoteWire(Wire):
    """A published note; the name is null where its author does not want to be named."""

    model_config = with_example(_NOTE)

    id: str
    product_id: str
    product_title: str
    author_name: str | None
    title: str
    text: str
    pictures: list[PictureWire]
    written_at: Instant

    @classmethod
    def of(cls, row: PostRow) -> NoteWire:
        """The wire form of a note."""
        return cls(**_common(row), product_title=row.product_title, title=row.title or "")


class NotePage(Page[NoteWire]):
    """Notes, the newest first."""

    model_config = with_example({"data": [_NOTE], "next_cursor": None})


class NoteQuery(PageQuery):
    """Which notes: about any product where none is named."""

    product_id: Annotated[str, StringConstraints(max_length=60)] | None = None


class SalesWire(Wire):
    """Orders that came through links to a note, but for its author's own, and what they are worth after refunds."""

    orders: int
    volume: MoneyWire


class OwnPost(Wire):
    """A review or a note as its author sees it; `reason` says why it is not shown, `sales` what a note brought."""

    model_config = with_example(_OWN)

    id: str
    kind: Literal["review", "note"]
    product_id: str
    product_title: str
    author_name: str | None
    rating: int | None
    title: str | None
    text: str
    pictures: list[PictureWire]
    status: Literal["pending", "published", "rejected", "withdrawn"]
    reason: str | None
    version: int
    written_at: Instant
    sales: SalesWire | None

    @classmethod
    def of(cls, row: PostRow, sales: SalesRow | None, currency: str) -> OwnPost:
        """The wire form of a post."""
        return cls(**_own(row, sales, currency))


class OwnPostPage(Page[OwnPost]):
    """Own posts, the newest first."""

    model_config = with_example({"data": [_OWN], "next_cursor": None})


class ModeratedPost(OwnPost):
    """A post as who decides sees it."""

    model_config = with_example({**_OWN, "author_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    author_id: str

    @classmethod
    def of(cls, row: PostRow, sales: SalesRow | None, currency: str) -> ModeratedPost:
        """The wire form of a post, with whose it is."""
        return cls(**_own(row, sales, currency), author_id=to_public("mbr", row.author_id))


class ModeratedPage(Page[ModeratedPost]):
    """Posts that stand alike, the oldest first."""

    model_config = with_example(
        {"data": [{**_OWN, "author_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"}], "next_cursor": None}
    )


class QueueQuery(PageQuery):
    """Which posts: those that wait, where nothing is said."""

    status: Literal["pending", "published", "rejected", "withdrawn"] = "pending"


class Publication(Wire):
    """The version that was read: what its author wrote anew meanwhile must be read first."""

    model_config = with_example({"version": 1})

    version: int = Field(ge=1)


class Rejection(Publication):
    """The version that was read, and why it is not shown, as its author reads it."""

    model_config = with_example({"version": 1, "reason": "It names a person."})

    reason: Reason


class LineToWrite(Wire):
    """An order line that was received, and whether it has a review and a note."""

    line_id: str
    order_id: str
    product_id: str
    title: str
    received_at: Instant
    reviewed: bool
    noted: bool

    @classmethod
    def of(cls, row: ToWrite) -> LineToWrite:
        """The wire form of a line."""
        return cls(
            line_id=to_public("oln", row.line.id),
            order_id=to_public("ord", row.line.order_id),
            product_id=to_public("prd", row.line.product_id),
            title=row.line.title,
            received_at=row.line.received_at,
            reviewed=row.reviewed,
            noted=row.noted,
        )


class LinesToWrite(Wire):
    """The newest 50 order lines that were received."""

    model_config = with_example(
        {
            "data": [
                {
                    "line_id": _LINE,
                    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "title": "明前龙井",
                    "received_at": "2026-02-08T12:00:00Z",
                    "reviewed": False,
                    "noted": False,
                }
            ]
        }
    )

    data: list[LineToWrite]


def _common(row: PostRow) -> dict[str, Any]:
    return {
        "id": to_public("post", row.id),
        "product_id": to_public("prd", row.product_id),
        "author_name": row.author_name,
        "text": row.body,
        "pictures": [PictureWire.of(picture) for picture in row.pictures],
        "written_at": row.written_at,
    }


def _own(row: PostRow, sales: SalesRow | None, currency: str) -> dict[str, Any]:
    orders, volume = (0, 0) if sales is None else (sales.orders, sales.volume_minor)
    brought = SalesWire(orders=orders, volume=MoneyWire.of(Money(volume, currency)))
    return {
        **_common(row),
        "kind": row.kind.value,
        "product_title": row.product_title,
        "rating": row.rating,
        "title": row.title,
        "status": row.status.value,
        "reason": row.reason,
        "version": row.version,
        "sales": brought if row.title is not None else None,
    }
