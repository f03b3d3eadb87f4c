"""What may be written, and where a post stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from socialshop.kernel.errors import InvalidValue

LONGEST_REVIEW = 2_000
LONGEST_NOTE = 10_000
LONGEST_TITLE = 80
LONGEST_REASON = 500
WORST, BEST = 1, 5
MOST_PICTURES = 3
_HUNDRED = 100


class Kind(StrEnum):
    """What a post is: a rating with some words, or a longer story with a title."""

    REVIEW = "review"
    NOTE = "note"


class Status(StrEnum):
    """Where a post stands; only a published one is seen by others."""

    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


# What a moderator finds when deciding.
DECIDED_FROM = {
    Status.PUBLISHED: frozenset({Status.PENDING}),
    Status.REJECTED: frozenset({Status.PENDING, Status.PUBLISHED}),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What an author says; `rating` of a review, `title` of a note."""

    body: str
    rating: int | None = None
    title: str | None = None


def checked(kind: Kind, words: Words) -> Words:
    """The words without space around them. Raises InvalidValue naming the field."""
    body, title = words.body.strip(), None if words.title is None else words.title.strip()
    if (words.rating is not None) != (kind is Kind.REVIEW):
        raise InvalidValue("a review has a rating, a note has none", field="rating")
    if words.rating is not None and not WORST <= words.rating <= BEST:
        raise InvalidValue("a rating is a whole number from 1 to 5", field="rating")
    if (title is not None) != (kind is Kind.NOTE):
        raise InvalidValue("a note has a title, a review has none", field="title")
    if title is not None and not 1 <= len(title) <= LONGEST_TITLE:
        raise InvalidValue("a title has 1 to 80 characters", field="title")
    longest = LONGEST_REVIEW if kind is Kind.REVIEW else LONGEST_NOTE
    if not 1 <= len(body) <= longest:
        raise InvalidValue("a review has 1 to 2000 characters, a note 1 to 10000", field="text")
    return Words(body, words.rating, title)


@dataclass(frozen=True, slots=True)
class Rating:
    """What published reviews say of a product; of nothing there is no average."""

    count: int
    total: int

    @property
    def average_hundredths(self) -> int | None:
        """A hundred times the mean, rounded to the nearest: 467 is 4.67."""
        return (self.total * _HUNDRED * 2 + self.count) // (self.count * 2) if self.count else None
