"""Posts as they are read: by everybody, by their authors, and by who decides about them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from socialshop.community.rules import Kind, Rating, Status
from socialshop.community.store import pictures, posts
from socialshop.community.store.posts import PostRow, SalesRow
from socialshop.infra.uow import UnitOfWork
from socialshop.invites.rules import Act, ShareSubject
from socialshop.kernel.errors import NotFound
from socialshop.kernel.roles import Role
from socialshop.orders import service as orders
from socialshop.orders.service import ReceivedLine

_NO_RATING = Rating(0, 0)


class Reader(Protocol):
    """Who looks: authors see their own pictures before others do, and who decides sees all."""

    @property
    def number(self) -> int: ...
    @property
    def role(self) -> Role: ...


class ToWrite(NamedTuple):
    """An order line that its buyer has, and whether a review and a note of it were written."""

    line: ReceivedLine
    reviewed: bool
    noted: bool


def reviews(uow: UnitOfWork, product_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` published reviews of a product, the newest first."""
    return posts.published(uow.session, Kind.REVIEW, product_id, before, limit)


def notes(uow: UnitOfWork, product_id: uuid.UUID | None, before: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` published notes, the newest first, about one product or all."""
    return posts.published(uow.session, Kind.NOTE, product_id, before, limit)


def note(uow: UnitOfWork, note_id: uuid.UUID) -> PostRow:
    """A published note. Raises NotFound."""
    row = posts.find(uow.session, note_id)
    if row is None or row.kind is not Kind.NOTE or row.status is not Status.PUBLISHED:
        raise NotFound("no such note")
    return row


def note_subject(uow: UnitOfWork, note_id: uuid.UUID) -> ShareSubject:
    """A published note as a thing to share. Raises NotFound."""
    row = note(uow, note_id)
    return ShareSubject(title=row.title or "", price=None, is_open=True, act=Act.READ)


def note_titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these published notes are called. One statement."""
    return posts.titles(uow.session, ids)


def rating_of(uow: UnitOfWork, product_id: uuid.UUID) -> Rating:
    """What published reviews say of a product, also of those who have left since."""
    return ratings_of(uow, [product_id]).get(product_id, _NO_RATING)


def ratings_of(uow: UnitOfWork, product_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Rating]:
    """What published reviews say of these products; without those that have none. One statement."""
    return posts.ratings(uow.session, product_ids)


def own_posts(uow: UnitOfWork, author: int, before: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` posts of a member, the newest first, whatever became of them."""
    return posts.of_author(uow.session, author, before, limit)


def own_post(uow: UnitOfWork, author: int, post_id: uuid.UUID) -> PostRow:
    """A member's own post. Raises NotFound, also for another's."""
    row = posts.find(uow.session, post_id)
    if row is None or row.author != author:
        raise NotFound("no such post")
    return row


def to_write(
    uow: UnitOfWork, buyer: int, *, order_id: uuid.UUID | None = None, line_id: uuid.UUID | None = None
) -> list[ToWrite]:
    """Lines that a member has received (all, of one order, or one), the newest first, and what was written of each."""
    lines = orders.received_lines(uow, buyer, order_id=order_id, line_id=line_id)
    written = posts.kinds_written(uow.session, [line.id for line in lines]) if lines else set()
    return [ToWrite(line, (line.id, Kind.REVIEW) in written, (line.id, Kind.NOTE) in written) for line in lines]


def sales_of(uow: UnitOfWork, note_ids: Sequence[uuid.UUID], currency: str) -> Mapping[uuid.UUID, SalesRow]:
    """What came through the links of these notes, less what was sent back; without those that brought nothing.

    An author's own orders do not count. One statement, from the orders themselves: there is nothing to fall behind.
    """
    return {row.note_id: row for row in posts.sales(uow.session, note_ids, currency)} if note_ids else {}


def any_post(uow: UnitOfWork, post_id: uuid.UUID) -> PostRow:
    """A post as who decides sees it, whatever its state. Raises NotFound."""
    row = posts.find(uow.session, post_id)
    if row is None:
        raise NotFound("no such post")
    return row


def queue(uow: UnitOfWork, status: Status, after: uuid.UUID | None, limit: int) -> list[PostRow]:
    """Up to `limit` posts that stand so, the oldest first."""
    return posts.in_status(uow.session, status, after, limit)


def count_pending(uow: UnitOfWork) -> int:
    """How many posts wait for a decision."""
    return posts.count_pending(uow.session)


def picture(uow: UnitOfWork, picture_id: uuid.UUID, reader: Reader | None) -> bytes:
    """A picture (WebP) of a published post; of any for its author and who decides. Raises NotFound."""
    row = pictures.find(uow.session, picture_id)
    may_see = row is not None and (
        row.status is Status.PUBLISHED
        or (reader is not None and (reader.number == row.author or reader.role in (Role.ADMIN, Role.FINANCE)))
    )
    if row is None or not may_see:
        raise NotFound("no such picture")
    return row.content
