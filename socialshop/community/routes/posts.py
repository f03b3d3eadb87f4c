"""Reviews and notes over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from socialshop.community import service
from socialshop.community.errors import AlreadyWritten
from socialshop.community.rules import Kind, Words
from socialshop.community.schemas.posts import (
    LinesToWrite,
    LineToWrite,
    NoteDraft,
    NotePage,
    NoteQuery,
    NoteWire,
    OwnPost,
    OwnPostPage,
    RatingWire,
    ReviewDraft,
    ReviewPage,
    ReviewWire,
    Revision,
    line_key,
)
from socialshop.community.service import PostRow
from socialshop.identity.service import StandingLimited
from socialshop.infra.pictures import PictureRefused
from socialshop.infra.pictures import decoded as picture_bytes
from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN, look
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("community", __name__, tag="Reviews and notes")

_KEPT_A_WHILE = {"Cache-Control": "private, max-age=600"}


@room.operation(
    "GET",
    "/products/<product_id>/reviews",
    access=PUBLIC,
    query=PageQuery,
    replies=Reply(200, ReviewPage, "Its reviews."),
    ids={"product_id": "prd"},
)
def list_reviews(call: Call[Nothing, PageQuery]) -> Answer:
    """What buyers say of a product, and the mean of all they say; of an unknown product nobody says anything."""
    query, product, before = call.query, call.ids["product_id"], call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.reviews(uow, product, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        rating = RatingWire.of(service.rating_of(uow, product))
        return Answer(ReviewPage(data=[ReviewWire.of(row) for row in shown], next_cursor=cursor, rating=rating))

    return call.transact(read)


@room.operation(
    "GET", "/notes", access=PUBLIC, query=NoteQuery, replies=Reply(200, NotePage, "Notes."), refuses=(NotFound,)
)
def list_notes(call: Call[Nothing, NoteQuery]) -> Answer:
    """What buyers wrote, the newest first, about one product or all."""
    query, before = call.query, call.query.after()
    product = None if query.product_id is None else from_public("prd", query.product_id)

    def read(uow: UnitOfWork) -> Answer:
        found = service.notes(uow, product, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(NotePage(data=[NoteWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/notes/<note_id>", access=PUBLIC, replies=Reply(200, NoteWire, "The note."), ids={"note_id": "post"}
)
def show_note(call: Call[Nothing, Nothing]) -> Answer:
    """A published note. A link of kind `note` leads to it."""
    return call.transact(lambda uow: Answer(NoteWire.of(service.note(uow, call.ids["note_id"]))))


@room.operation(
    "GET",
    "/pictures/<picture_id>",
    access=PUBLIC,
    replies=Reply(200, None, "The picture.", "image/webp"),
    ids={"picture_id": "pic"},
)
def show_picture(call: Call[Nothing, Nothing]) -> Answer:
    """A picture of a published review or note; of any with the token of its author, an admin or finance."""

    def read(uow: UnitOfWork) -> Answer:
        content = service.picture(uow, call.ids["picture_id"], look(uow))
        return Answer(content, media_type="image/webp", headers=_KEPT_A_WHILE)

    return call.transact(read)


@room.operation(
    "GET", "/me/received-lines", access=SIGNED_IN, replies=Reply(200, LinesToWrite, "What you may write about.")
)
def list_received_lines(call: Call[Nothing, Nothing]) -> Answer:
    """What you have received, the newest order first, and whether you wrote about it."""

    def read(uow: UnitOfWork) -> Answer:
        return Answer(LinesToWrite(data=[LineToWrite.of(row) for row in service.to_write(uow, call.caller.number)]))

    return call.transact(read)


@room.operation(
    "POST",
    "/reviews",
    access=BUYERS,
    body=ReviewDraft,
    replies=Reply(201, OwnPost, "The review; it waits to be read."),
    refuses=(NotFound, AlreadyWritten, PictureRefused, StandingLimited),
)
def write_review(call: Call[ReviewDraft, Nothing]) -> Answer:
    """Review what you have received: one review an order line."""
    return _write(call, Kind.REVIEW, call.body.line_id, call.body.words(), call.body.pictures)


@room.operation(
    "POST",
    "/notes",
    access=BUYERS,
    body=NoteDraft,
    replies=Reply(201, OwnPost, "The note; it waits to be read."),
    refuses=(NotFound, AlreadyWritten, PictureRefused, StandingLimited),
)
def write_note(call: Call[NoteDraft, Nothing]) -> Answer:
    """Write a note about what you have received: one note an order line."""
    return _write(call, Kind.NOTE, call.body.line_id, call.body.words(), call.body.pictures)


def _write(
    call: Call[ReviewDraft, Nothing] | Call[NoteDraft, Nothing],
    kind: Kind,
    line_id: str,
    words: Words,
    pictures: Sequence[str],
) -> Answer:
    line, sent = line_key(line_id), picture_bytes(pictures)

    def write(uow: UnitOfWork) -> Answer:
        return Answer(_own(uow, service.write(uow, call.caller.number, kind, line, words=words, sent=sent)), 201)

    return call.transact(write)


@room.operation(
    "GET", "/me/posts", access=SIGNED_IN, query=PageQuery, replies=Reply(200, OwnPostPage, "What you wrote.")
)
def list_own_posts(call: Call[Nothing, PageQuery]) -> Answer:
    """Your reviews and notes, the newest first, with what became of them and what your notes brought."""
    query, before, currency = call.query, call.query.after(), settings().currency

    def read(uow: UnitOfWork) -> Answer:
        found = service.own_posts(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        sales = service.sales_of(uow, [row.id for row in shown], currency)
        data = [OwnPost.of(row, sales.get(row.id), currency) for row in shown]
        return Answer(OwnPostPage(data=data, next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/posts/<post_id>",
    access=BUYERS,
    body=Revision,
    replies=Reply(200, OwnPost, "As it is now; it waits to be read."),
    refuses=(PictureRefused, StandingLimited),
    ids={"post_id": "post"},
)
def revise_post(call: Call[Revision, Nothing]) -> Answer:
    """Write a review or a note anew, whatever became of it."""
    body, number, post_id = call.body, call.caller.number, call.ids["post_id"]
    sent = None if body.pictures is None else picture_bytes(body.pictures)

    def revise(uow: UnitOfWork) -> Answer:
        return Answer(_own(uow, service.revise(uow, number, post_id, body.words(), sent)))

    return call.transact(revise)


@room.operation(
    "POST",
    "/me/posts/<post_id>/withdraw",
    access=BUYERS,
    replies=Reply(200, OwnPost, "Nobody else sees it."),
    ids={"post_id": "post"},
)
def withdraw_post(call: Call[Nothing, Nothing]) -> Answer:
    """Take back a review or a note. Said again, nothing changes; written anew, it waits again."""

    def withdraw(uow: UnitOfWork) -> Answer:
        return Answer(_own(uow, service.withdraw(uow, call.caller.number, call.ids["post_id"])))

    return call.transact(withdraw)


def _own(uow: UnitOfWork, row: PostRow) -> OwnPost:
    currency = settings().currency
    return OwnPost.of(row, service.sales_of(uow, [row.id], currency).get(row.id), currency)
