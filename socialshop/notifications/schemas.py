"""Wire shapes of notices."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.notifications.service import NoticeView
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, Wire, with_example

PREFIX = "ntc"
_NOTICE: dict[str, Any] = {
    "id": "ntc_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "room_filled",
    "topic": "rooms",
    "text": "“Spring tea, 250 g” is full: your order is being confirmed.",
    "target": "room_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "created_at": "2026-01-31T12:00:00Z",
    "read_at": None,
}


class NoticeQuery(PageQuery):
    """Which notices."""

    unread: bool = Field(False, description="only those that are not read")


class NoticeWire(Wire):
    """Something you were told; `target` is the public id of the room, order, commission or payout that it is about."""

    model_config = with_example(_NOTICE)

    id: str
    kind: str
    topic: str
    text: str
    target: str | None
    created_at: Instant
    read_at: Instant | None

    @classmethod
    def of(cls, notice: NoticeView) -> NoticeWire:
        """The wire form of a notice."""
        return cls(
            id=to_public(PREFIX, notice.id),
            kind=notice.kind,
            topic=notice.topic.value,
            text=notice.text,
            target=notice.target,
            created_at=notice.created_at,
            read_at=notice.read_at,
        )


class NoticePage(Page[NoticeWire]):
    """A page of notices; `unread` counts all that are not read, on whatever page."""

    model_config = with_example({"data": [_NOTICE], "next_cursor": None, "unread": 1})

    unread: int


class ReadMarks(Wire):
    """Which notices were read: these, or all of them where none is named."""

    model_config = with_example({})

    ids: (
        Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(min_length=1, max_length=100)] | None
    ) = None


class Unread(Wire):
    """How many are left unread."""

    model_config = with_example({"unread": 0})

    unread: int
