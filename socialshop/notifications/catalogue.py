"""What other systems may be told: each type of event, which fact of the outbox it follows, and the ids that it names.

An event says what happened to what, by public ids alone, and nothing of a person: whoever may know more asks the API.
Its shape never changes under its version; a new shape is a new version. Pure.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from socialshop.kernel.ids import to_public

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventType:
    """`fact` is the class of the outbox's event. `ids` are its fields that are told, with the prefix of each public id.

    `each` names a field that lists ids: each of them is an event of its own, told as `ids` says. `words` are fields
    told as they stand. What is told is told once.
    """

    name: str
    fact: str
    ids: Mapping[str, str]
    each: str | None = None
    words: tuple[str, ...] = ()
    batch: int = 100
    version: int = 1

    def told(self, payload: Payload) -> Iterator[tuple[str, dict[str, str]]]:
        """What a fact is told as: pairs of subject and data."""
        if self.each is None:
            yield self._one(payload)
            return
        ((name, _),) = self.ids.items()
        for one in payload[self.each]:
            yield self._one({name: one})

    def _one(self, payload: Payload) -> tuple[str, dict[str, str]]:
        data = {name: to_public(prefix, uuid.UUID(payload[name])) for name, prefix in self.ids.items()}
        words = {name: str(payload[name]) for name in self.words}
        return " ".join((*data.values(), *words.values())), data | words


EVENT_TYPES: Mapping[str, EventType] = {
    row.name: row
    for row in (
        EventType("seat.taken", "SeatClaimed", {"room_id": "room", "order_id": "ord"}),
        EventType("room.filled", "RoomFilled", {"room_id": "room"}),
        EventType("room.expired", "RoomExpired", {"room_id": "room"}),
        EventType("room.cancelled", "RoomCancelled", {"room_id": "room"}),
        EventType("order.confirmed", "OrdersConfirmed", {"order_id": "ord"}, each="order_ids", batch=4),
        EventType("order.shipped", "OrderShipped", {"order_id": "ord"}),
        EventType("order.received", "OrderReceived", {"order_id": "ord"}),
        EventType("order.completed", "OrdersCompleted", {"order_id": "ord"}, each="order_ids", batch=4),
        EventType("order.refunded", "OrderRefunded", {"order_id": "ord", "refund_id": "rfd"}),
        EventType("refund.decided", "RefundReviewed", {"refund_id": "rfd"}, words=("decision",)),
        EventType("payment.captured", "PaymentCaptured", {"order_id": "ord", "payment_id": "pay"}),
        EventType("payment.released", "PaymentReleased", {"order_id": "ord", "payment_id": "pay"}),
        EventType("payout.ended", "PayoutsEnded", {"payout_request_id": "por"}, each="request_ids", batch=4),
        EventType("session.began", "SessionBegan", {"session_id": "fls"}),
        EventType("session.ended", "SessionEnded", {"session_id": "fls"}),
        EventType("member.joined", "MemberInvited", {"member_id": "mbr"}),
    )
}
"""By its name. docs/webhooks.md lists them too; a test compares."""
