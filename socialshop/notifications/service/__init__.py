"""The door of notifications."""

from __future__ import annotations

from socialshop.notifications.rules import Channel, Topic
from socialshop.notifications.service.choosing import choices_of, choose
from socialshop.notifications.service.reading import Notices, NoticeView, list_notices, mark_read, unread_count
from socialshop.notifications.service.telling import (
    on_commissions_accrued,
    on_commissions_clawed_back,
    on_commissions_settled,
    on_member_invited,
    on_money_back,
    on_order_shipped,
    on_payouts_decided,
    on_payouts_ended,
    on_refund_decided,
    on_refund_paid,
    on_room_filled,
    on_room_over,
    on_seat_claimed,
    tell,
)
from socialshop.notifications.store.gathering import Told

__all__ = [
    "Channel",
    "NoticeView",
    "Notices",
    "Told",
    "Topic",
    "choices_of",
    "choose",
    "list_notices",
    "mark_read",
    "on_commissions_accrued",
    "on_commissions_clawed_back",
    "on_commissions_settled",
    "on_member_invited",
    "on_money_back",
    "on_order_shipped",
    "on_payouts_decided",
    "on_payouts_ended",
    "on_refund_decided",
    "on_refund_paid",
    "on_room_filled",
    "on_room_over",
    "on_seat_claimed",
    "tell",
    "unread_count",
]
