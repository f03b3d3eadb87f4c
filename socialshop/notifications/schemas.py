"""Wire shapes of notices, mails and webhooks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.notifications.service import (
    DELIVERY_PREFIX,
    ENDPOINT_PREFIX,
    EVENT_PREFIX,
    LONGEST_LABEL,
    Cap,
    Channel,
    DeliveryRow,
    Endpoint,
    KindClass,
    MailRow,
    NoticeView,
    ToldSecret,
)
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import GivenInstant, Instant, Wire, with_example

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

    status: Literal["queued", "held", "sent", "folded", "undelivered", "set_aside", "dropped"] | None = None


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


_CAP: dict[str, Any] = {"channel": "email", "kind_class": "news", "per_day": 2, "per_week": 6}


class CapWire(Wire):
    """How much of a class of kinds a member is told at most on a channel, in 24 hours and in seven days.

    A mail beyond it waits for the next digest; a notice beyond it is there to be found and does not count as unread.
    """

    model_config = with_example(_CAP)

    channel: Literal["in_app", "email"]
    kind_class: Literal["service", "news"]
    per_day: Annotated[int, Field(ge=0, le=1000)]
    per_week: Annotated[int, Field(ge=0, le=7000)]

    @classmethod
    def of(cls, channel: Channel, kind_class: KindClass, cap: Cap) -> CapWire:
        """The wire form of a cap."""
        return cls(channel=channel.value, kind_class=kind_class.value, per_day=cap.per_day, per_week=cap.per_week)


class CapList(Wire):
    """Every cap. What is about money or safety has none."""

    model_config = with_example({"data": [_CAP], "next_cursor": None})

    data: list[CapWire]
    next_cursor: None = None


_ENDPOINT: dict[str, Any] = {
    "id": "whk_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "url": "https://example.com/hooks",
    "label": "warehouse",
    "event_types": ["order.confirmed"],
    "former_until": None,
    "failing_since": None,
    "disabled_at": None,
    "disabled_because": None,
    "created_at": "2026-01-31T12:00:00Z",
    "waiting": 0,
}
_DELIVERY: dict[str, Any] = {
    "id": "whd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "endpoint_id": _ENDPOINT["id"],
    "event_id": "evt_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "type": "order.confirmed",
    "data": {"order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz"},
    "status": "delivered",
    "attempts": 1,
    "due_at": "2026-01-31T12:00:00Z",
    "because": None,
    "occurred_at": "2026-01-31T12:00:00Z",
    "ended_at": "2026-01-31T12:00:01Z",
}
EventTypes = Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(min_length=1, max_length=100)]

EndpointUrl = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class NewEndpoint(Wire):
    """Where to tell of what: an https address, and types of events (docs/webhooks.md)."""

    model_config = with_example(
        {"url": "https://example.com/hooks", "label": "warehouse", "event_types": ["order.confirmed"]}
    )

    url: EndpointUrl
    label: Annotated[str, StringConstraints(max_length=LONGEST_LABEL)] = ""
    event_types: EventTypes


class TypesChosen(Wire):
    """The types that an endpoint is told of from now on."""

    model_config = with_example({"event_types": ["order.confirmed", "order.shipped"]})

    event_types: EventTypes


class AddressGiven(Wire):
    """Where an endpoint is told from now on: an https address, as for a new one."""

    model_config = with_example({"url": "https://example.com/hooks/v2"})

    url: EndpointUrl


class ReplayRange(Wire):
    """What happened from `since` on and before `until` is told once more: all of it, or only what was given up."""

    model_config = with_example({"since": "2026-01-31T12:00:00Z", "until": "2026-01-31T13:00:00Z"})

    since: GivenInstant
    until: GivenInstant
    failed_only: bool = False


class Replayed(Wire):
    """How many events are told once more; `next_since`: go on from here, null where that was all."""

    model_config = with_example({"queued": 12, "next_since": None})

    queued: int
    next_since: Instant | None


class EndpointWire(Wire):
    """An endpoint of webhooks; its secret is told once and in no list.

    Until `former_until` messages are signed by its former secret too. `failing_since` is the first failure after the
    last success, `waiting` how many deliveries are on their way.
    """

    model_config = with_example(_ENDPOINT)

    id: str
    url: str
    label: str
    event_types: list[str]
    former_until: Instant | None
    failing_since: Instant | None
    disabled_at: Instant | None
    disabled_because: str | None
    created_at: Instant
    waiting: int

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointWire:
        """The wire form of an endpoint."""
        return cls(**{**endpoint._asdict(), "id": to_public(ENDPOINT_PREFIX, endpoint.id)})


class EndpointPage(Page[EndpointWire]):
    """A page of endpoints."""

    model_config = with_example({"data": [_ENDPOINT], "next_cursor": None})


class ToldSecretWire(Wire):
    """An endpoint, and the secret that its messages are signed with: told this once."""

    model_config = with_example({"endpoint": _ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="})

    endpoint: EndpointWire
    secret: str = Field(repr=False)

    @classmethod
    def of(cls, told: ToldSecret) -> ToldSecretWire:
        """The wire form."""
        return cls(endpoint=EndpointWire.of(told.endpoint), secret=told.secret)


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    endpoint_id: Annotated[str, StringConstraints(max_length=60)] | None = None
    status: Literal["queued", "delivered", "given_up"] | None = None


class DeliveryWire(Wire):
    """An event towards an endpoint; `because` says what came of the last attempt that failed."""

    model_config = with_example(_DELIVERY)

    id: str
    endpoint_id: str
    event_id: str
    type: str
    data: dict[str, str]
    status: str
    attempts: int
    due_at: Instant
    because: str | None
    occurred_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, delivery: DeliveryRow) -> DeliveryWire:
        """The wire form of a delivery."""
        ids = {
            "id": to_public(DELIVERY_PREFIX, delivery.id),
            "endpoint_id": to_public(ENDPOINT_PREFIX, delivery.endpoint_id),
            "event_id": to_public(EVENT_PREFIX, delivery.event_id),
        }
        return cls(**{**delivery._asdict(), **ids})


class DeliveryPage(Page[DeliveryWire]):
    """A page of deliveries."""

    model_config = with_example({"data": [_DELIVERY], "next_cursor": None})
