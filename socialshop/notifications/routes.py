"""Your notices over HTTP."""

from __future__ import annotations

from flask import request

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.kernel.languages import Language
from socialshop.notifications import service
from socialshop.notifications.schemas import PREFIX, NoticePage, NoticeQuery, NoticeWire, ReadMarks, Unread
from socialshop.web.auth import SIGNED_IN
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("notifications", __name__, tag="Notices")


@room.operation(
    "GET",
    "/me/notices",
    access=SIGNED_IN,
    query=NoticeQuery,
    replies=Reply(200, NoticePage, "Your notices, newest first."),
)
def list_notices(call: Call[Nothing, NoticeQuery]) -> Answer:
    """What the shop has told you.

    In the language that `Accept-Language` prefers, without it in that of your profile.
    """
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.list_notices(
            uow,
            call.caller.number,
            before=query.after(),
            limit=query.limit + 1,
            language=_asked_for(),
            unread_only=query.unread,
        )
        rows, cursor = cut_page(found.rows, query.limit, lambda row: row.id)
        page = NoticePage(data=[NoticeWire.of(row) for row in rows], next_cursor=cursor, unread=found.unread)
        return Answer(page)

    return call.transact(read)


@room.operation(
    "POST",
    "/me/notices/read",
    access=SIGNED_IN,
    body=ReadMarks,
    replies=Reply(200, Unread, "Marked as read."),
    refuses=(NotFound,),
)
def mark_notices_read(call: Call[ReadMarks, Nothing]) -> Answer:
    """Mark notices as read: those that are named, or all. Again changes nothing."""
    named = call.body.ids
    ids = None if named is None else [from_public(PREFIX, one) for one in named]
    return call.transact(lambda uow: Answer(Unread(unread=service.mark_read(uow, call.caller.number, ids))))


def _asked_for() -> Language | None:
    return best_language() if request.accept_languages else None
