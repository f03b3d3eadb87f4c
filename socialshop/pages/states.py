"""How everything that has a status is told: a colour and words. A test holds each table to the status it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString


class Told(NamedTuple):
    """`colour` is a class of `.badge`: good, wait, bad, live, or nothing for what is over."""

    colour: str
    words: LazyString


STATES: Mapping[str, Mapping[str, Told]] = {
    "room": {
        "open": Told("live", lazy_gettext("open")),
        "filled": Told("good", lazy_gettext("filled")),
        "expired": Told("", lazy_gettext("time is over")),
        "cancelled": Told("", lazy_gettext("cancelled")),
    },
    "application": {
        "open": Told("wait", lazy_gettext("being looked at")),
        "approved": Told("good", lazy_gettext("approved")),
        "rejected": Told("bad", lazy_gettext("refused")),
    },
    "publisher": {
        "open": Told("wait", lazy_gettext("being looked at")),
        "approved": Told("good", lazy_gettext("approved")),
        "rejected": Told("bad", lazy_gettext("refused")),
        "ended": Told("", lazy_gettext("ended")),
    },
    "merge": {
        "open": Told("wait", lazy_gettext("waits for another admin")),
        "merged": Told("good", lazy_gettext("merged")),
        "rejected": Told("", lazy_gettext("left as they were")),
    },
    "bargain": {
        "open": Told("live", lazy_gettext("under way")),
        "bought": Told("good", lazy_gettext("bought")),
        "expired": Told("", lazy_gettext("time is over")),
    },
    "seat": {
        "held": Told("wait", lazy_gettext("not paid yet")),
        "paid": Told("good", lazy_gettext("paid")),
        "confirmed": Told("good", lazy_gettext("confirmed")),
        "released": Told("", lazy_gettext("given up")),
        "refunded": Told("", lazy_gettext("money back")),
    },
    "order": {
        "awaiting_payment": Told("wait", lazy_gettext("to be paid")),
        "paid": Told("live", lazy_gettext("paid, waiting for the room")),
        "confirmed": Told("good", lazy_gettext("confirmed")),
        "shipped": Told("live", lazy_gettext("on its way")),
        "received": Told("good", lazy_gettext("received")),
        "completed": Told("good", lazy_gettext("completed")),
        "cancelled": Told("", lazy_gettext("cancelled")),
        "refunded": Told("", lazy_gettext("money back")),
    },
    "payment": {
        "created": Told("wait", lazy_gettext("to be paid")),
        "failed": Told("bad", lazy_gettext("failed")),
        "authorized": Told("live", lazy_gettext("money held")),
        "captured": Told("good", lazy_gettext("paid")),
        "released": Told("", lazy_gettext("released")),
        "refunded": Told("", lazy_gettext("money back")),
    },
    "refund": {
        "requested": Told("wait", lazy_gettext("asked for")),
        "approved": Told("live", lazy_gettext("approved")),
        "rejected": Told("bad", lazy_gettext("refused")),
        "refunded": Told("good", lazy_gettext("money back")),
    },
    "dispute": {
        "open": Told("bad", lazy_gettext("to be answered")),
        "won": Told("good", lazy_gettext("won")),
        "lost": Told("", lazy_gettext("lost")),
    },
    "commission": {
        "held": Told("wait", lazy_gettext("pending")),
        "settled": Told("good", lazy_gettext("in the wallet")),
        "paid_out": Told("good", lazy_gettext("paid out")),
        "reversed": Told("", lazy_gettext("taken back")),
        "rejected": Told("bad", lazy_gettext("refused")),
    },
    "payout": {
        "submitted": Told("wait", lazy_gettext("being looked at")),
        "held": Told("wait", lazy_gettext("on hold")),
        "approved": Told("live", lazy_gettext("approved")),
        "batched": Told("live", lazy_gettext("being paid")),
        "paid": Told("good", lazy_gettext("paid")),
        "failed": Told("bad", lazy_gettext("failed, money back")),
        "returned": Told("bad", lazy_gettext("sent back, money back")),
        "rejected": Told("bad", lazy_gettext("refused, money back")),
        "cancelled": Told("", lazy_gettext("taken back")),
    },
    "payee": {
        "checking": Told("wait", lazy_gettext("being checked")),
        "verified": Told("good", lazy_gettext("verified")),
        "mismatch": Told("bad", lazy_gettext("does not match")),
        "unclear": Told("wait", lazy_gettext("looked at by a person")),
    },
    "transfer": {
        "waiting": Told("wait", lazy_gettext("to be paid")),
        "sent": Told("live", lazy_gettext("being paid")),
        "unknown": Told("bad", lazy_gettext("outcome unknown")),
        "paid": Told("good", lazy_gettext("paid")),
        "failed": Told("bad", lazy_gettext("failed")),
    },
    "batch": {
        "frozen": Told("wait", lazy_gettext("frozen, to be released")),
        "released": Told("live", lazy_gettext("released for payment")),
        "settled": Told("good", lazy_gettext("done")),
    },
    "coupon": {
        "open": Told("good", lazy_gettext("to be used")),
        "reserved": Told("wait", lazy_gettext("set aside for an order")),
        "used": Told("", lazy_gettext("used")),
        "expired": Told("", lazy_gettext("over")),
    },
    "redemption": {
        "placed": Told("wait", lazy_gettext("on its way to you")),
        "done": Told("good", lazy_gettext("received")),
        "refused": Told("bad", lazy_gettext("refused, points back")),
    },
    "post": {
        "pending": Told("wait", lazy_gettext("being read")),
        "published": Told("good", lazy_gettext("published")),
        "rejected": Told("bad", lazy_gettext("not shown")),
        "withdrawn": Told("", lazy_gettext("taken back")),
    },
    "question": {
        "open": Told("wait", lazy_gettext("waits for the shop")),
        "answered": Told("good", lazy_gettext("answered")),
        "closed": Told("", lazy_gettext("settled")),
    },
    "session": {
        "announced": Told("wait", lazy_gettext("soon")),
        "live": Told("live", lazy_gettext("live")),
        "ended": Told("", lazy_gettext("over")),
        "cancelled": Told("", lazy_gettext("cancelled")),
    },
    "deal": {
        "draft": Told("", lazy_gettext("draft")),
        "scheduled": Told("wait", lazy_gettext("soon")),
        "live": Told("live", lazy_gettext("live")),
        "paused": Told("wait", lazy_gettext("paused")),
        "ended": Told("", lazy_gettext("over")),
    },
}
