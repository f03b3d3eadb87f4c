"""The outbox: what must follow a change is a row, written in the change's own transaction.

`Event` is the base of every frozen fact. `workers/relay.py` fans unrelayed rows out into deliveries, one a handler;
`workers/jobs.py` drains deliveries in batches (both through `infra/deliveries.py`). Redis only wakes them: emptied,
nothing is lost.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from socialshop.infra.db import Base, Statement
from socialshop.kernel.time import to_text

_root: ContextVar[int | None] = ContextVar("outbox_root", default=None)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact, named in the past tense. Fields are ids, numbers, texts and instants: its JSON is the payload."""


class OutboxEvent(Base):
    """A fact that something may have to follow; `relayed_at` is null until it was fanned out.

    `root_id` is the event that began the chain which this one continues; null for one that begins a chain. No foreign
    key: a chain may outlive its root.
    """

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index("ix_outbox_events_unrelayed", "id", postgresql_where=text("relayed_at IS NULL")),
        Index("ix_outbox_events_occurred_at", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    root_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    occurred_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]


class OutboxDelivery(Base):
    """One handler's duty towards one event. Unique on (event, handler): two relays make no duplicate."""

    __tablename__ = "outbox_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "handler"),
        CheckConstraint("state IN ('pending', 'done', 'dead')", name="state"),
        # In the order they are claimed; what waits for a retry is rare and passed over.
        Index("ix_outbox_deliveries_pending", "handler", "event_id", postgresql_where=text("state = 'pending'")),
        Index("ix_outbox_deliveries_dead", "due_at", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox_events.id", ondelete="CASCADE"))
    handler: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]


@contextmanager
def following(roots: Iterable[int]) -> Iterator[None]:
    """What is emitted in this block follows from events of these chains; it joins the oldest of them."""
    token = _root.set(min(roots))
    try:
        yield
    finally:
        _root.reset(token)


def payload_of(event: Event) -> dict[str, Any]:
    """The event's fields as JSON values: ids and instants as text."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


_WRITE = Statement(
    """
    INSERT INTO outbox_events (root_id, name, payload, occurred_at)
    SELECT CAST(:root_id AS bigint), given.name, CAST(given.payload AS jsonb), :occurred_at
    FROM unnest(CAST(:names AS text[]), CAST(:payloads AS text[])) WITH ORDINALITY AS given (name, payload, place)
    ORDER BY given.place
    """
)


def write(session: Session, events: Sequence[Event], occurred_at: datetime) -> None:
    """Append facts to the outbox of this transaction, in their order. One statement, whatever the number."""
    values = {
        "root_id": _root.get(),
        "names": [type(event).__name__ for event in events],
        "payloads": [json.dumps(payload_of(event), ensure_ascii=False) for event in events],
        "occurred_at": occurred_at,
    }
    _WRITE.rows(session, values)


def _plain(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
