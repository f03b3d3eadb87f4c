"""The door of notifications."""

from __future__ import annotations

from socialshop.notifications.rules import Channel, Topic
from socialshop.notifications.service.choosing import EVERYTHING, Choices, choices_of, choose
from socialshop.notifications.service.forgetting import forget
from socialshop.notifications.service.mailing import (
    PostOffice,
    UnsentMail,
    count_stuck_mails,
    list_mails,
    poll_mails,
    request_email_change,
    request_email_verification,
    request_password_reset,
    retry_mail,
    send_due,
    unsent_mails,
)
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
from socialshop.notifications.store.mails import MailRow
from socialshop.notifications.store.personal import PERSONAL

__all__ = [
    "EVERYTHING",
    "PERSONAL",
    "Channel",
    "Choices",
    "MailRow",
    "NoticeView",
    "Notices",
    "PostOffice",
    "Told",
    "Topic",
    "UnsentMail",
    "choices_of",
    "choose",
    "count_stuck_mails",
    "forget",
    "list_mails",
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
    "poll_mails",
    "request_email_change",
    "request_email_verification",
    "request_password_reset",
    "retry_mail",
    "send_due",
    "tell",
    "unread_count",
    "unsent_mails",
]
