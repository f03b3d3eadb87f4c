"""Wire shapes of notices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.notifications.service import MailRow, NoticeView
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


MAIL_PREFIX = "mail"
_MAIL: dict[str, Any] = {
    "id": "mail_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "payout_paid",
    "status": "undelivered",
    "attempts": 0,
    "because": "no SMTP server is set up",
    "created_at": "2026-01-31T12:00:00Z",
    "due_at": "2026-01-31T12:00:00Z",
    "ended_at": "2026-01-31T12:00:01Z",
}


class MailQuery(PageQuery):
    """Which mails."""

    status: Literal["queued", "sent", "undelivered", "set_aside", "dropped"] | None = None


class MailWire(Wire):
    """A mail without its words; `because` says why it was not sent (yet)."""

    model_config = with_example(_MAIL)

    id: str
    member_id: str
    kind: str
    status: str
    attempts: int
    because: str | None
    created_at: Instant
    due_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, mail: MailRow) -> MailWire:
        """The wire form of a mail."""
        ids = {"id": to_public(MAIL_PREFIX, mail.id), "member_id": to_public("mbr", mail.member_id)}
        return cls(**{**mail._asdict(), **ids})


class MailPage(Page[MailWire]):
    """A page of mails."""

    model_config = with_example({"data": [_MAIL], "next_cursor": None})
