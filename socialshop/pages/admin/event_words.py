"""The events that webhooks tell of, in words beside their names on the wire."""

from __future__ import annotations

from flask_babel import lazy_gettext

from socialshop.pages.admin.section import admin

EVENTS = {
    "seat.taken": lazy_gettext("Somebody took a seat"),
    "room.filled": lazy_gettext("A room is filled"),
    "room.expired": lazy_gettext("The time of a room is over"),
    "room.cancelled": lazy_gettext("A room was cancelled"),
    "order.confirmed": lazy_gettext("An order is confirmed"),
    "order.shipped": lazy_gettext("An order is on its way"),
    "order.received": lazy_gettext("The buyer has the goods"),
    "order.completed": lazy_gettext("The time to send back is over"),
    "order.refunded": lazy_gettext("Money went back for an order"),
    "refund.decided": lazy_gettext("A refund was decided"),
    "payment.captured": lazy_gettext("A payment was taken"),
    "payment.released": lazy_gettext("Held money was let go"),
    "payout.ended": lazy_gettext("A payout was paid, or has failed"),
    "session.began": lazy_gettext("A flash session began"),
    "session.ended": lazy_gettext("A flash session ended"),
    "member.joined": lazy_gettext("Somebody joined by an invitation"),
}


@admin.app_template_global()
def event_words(name: str) -> str:
    """What an event is; one that has no words here by its own name."""
    return str(EVENTS.get(name, name))
