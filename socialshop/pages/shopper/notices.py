"""What the shop has told a member, and how the member wishes to be told."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for
from flask_babel import gettext, lazy_gettext

from socialshop.notifications import service as notifications
from socialshop.notifications.rules import KINDS
from socialshop.notifications.service import Channel, Digest, HabitChanges, Topic
from socialshop.pages import languages
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

# The page behind the public id that a notice leads to, by its prefix.
_PAGES = {
    "room": ("shopper.show_room", "room_id"),
    "brg": ("shopper.show_bargain", "bargain_id"),
    "fls": ("shopper.show_session", "session_id"),
    "ord": ("shopper.show_order", "order_id"),
    "acr": ("shopper.explain", "commission_id"),
    "por": ("shopper.show_payout", "request_id"),
    "cnt": ("shopper.show_circle_notice", "notice_id"),
    "qst": ("shopper.show_question", "question_id"),
    "pls": ("shopper.show_subscription", "subscription_id"),
    "deal": ("shopper.show_deal", "deal_id"),
    "cph": ("shopper.list_coupons", "_anchor"),
    "post": ("shopper.show_post", "post_id"),
    "whk": ("admin.show_webhook", "endpoint_id"),
    "sku": ("admin.show_stock", "sku_id"),
}
TOPICS = {
    "rooms": lazy_gettext("Rooms: who joins, whether they fill"),
    "reminders": lazy_gettext("Reminders of a seat that is not paid, a room that lacks somebody"),
    "orders": lazy_gettext("Orders on their way"),
    "invites": lazy_gettext("Who joins by your links"),
    "earnings": lazy_gettext("What sales earn you"),
    "membership": lazy_gettext("Your tier, your plan, coupons and campaigns"),
    "circles": lazy_gettext("What leaders tell their circles"),
    "community": lazy_gettext("Your reviews and notes, questions and reports"),
}
_DIGESTS = {
    "never": lazy_gettext("Each mail for itself"),
    "daily": lazy_gettext("One mail a day with all of it"),
    "weekly": lazy_gettext("One mail a week, on Mondays"),
}
_HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]


@shopper.page("/notices", tab="me")
def show_notices(visit: Visit) -> str:
    """The newest first."""
    found = notifications.list_notices(
        visit.uow, visit.caller.number, before=visit.after(), limit=PAGE_ROWS + 1, language=languages.reader()
    )
    rows, after = cut(found.rows, lambda row: row.id)
    told = [(row, _address(row.target)) for row in rows]
    return render_template("shopper/notices.html", told=told, unread=found.unread, next=after)


@shopper.action("/notices/read", again="show_notices")
def mark_read(visit: Visit) -> Response:
    """All of them are read."""
    notifications.mark_read(visit.uow, visit.caller.number)
    return go_to("shopper.show_notices")


@shopper.page("/notices/choices", tab="me")
def show_choices(visit: Visit) -> str:
    """What the member wants to hear, in the shop and by mail; money and safety are always told."""
    chosen, habits = notifications.wishes_of(visit.uow, visit.caller.number)
    ticked = Form({_field(*choice): "yes" for choice, wanted in chosen.items() if wanted})
    return render_template(
        "shopper/choices.html",
        chosen=ticked,
        topics=TOPICS,
        fields=_fields(),
        habits=habits,
        shops=notifications.shops_habits(),
        digests=_DIGESTS.items(),
        hours=_HOURS,
    )


@shopper.action("/notices/choices", again="show_choices")
def choose(visit: Visit) -> Response:
    """Hear of what is ticked, and of nothing else that may be chosen."""
    changes = {choice: visit.form.is_ticked(name) for name, choice in _fields().items()}
    notifications.choose(visit.uow, visit.caller.number, changes)
    flash(gettext("Kept."))
    return go_to("shopper.show_choices")


@shopper.action("/notices/habits", again="show_choices")
def keep_habits(visit: Visit) -> Response:
    """Be written to at these hours and so often."""
    form = visit.form
    own = form.choice("quiet", ("shop", "own")) == "own"
    begins, ends = (form.whole(name, 0, 23) for name in ("from_hour", "until_hour"))
    digest = form.choice("digest", _DIGESTS)
    form.check()
    changes: HabitChanges = {"quiet": (begins, ends) if own else None, "digest": Digest(digest)}
    notifications.keep_habits(visit.uow, visit.caller.number, changes)
    flash(gettext("Kept."))
    return go_to("shopper.show_choices")


def _fields() -> dict[str, tuple[Channel, Topic]]:
    """A box for each topic in the shop, and for those by mail of which a mail is ever sent."""
    mailed = {kind.topic for kind in KINDS.values() if kind.mailed}
    return {
        _field(channel, topic): (channel, topic)
        for channel, topic in notifications.EVERYTHING
        if channel is Channel.IN_APP or topic in mailed
    }


def _field(channel: Channel, topic: Topic) -> str:
    return f"{channel}-{topic}"


def _address(target: str | None) -> str | None:
    page = None if target is None else _PAGES.get(target.partition("_")[0])
    return None if page is None else url_for(page[0], **{page[1]: target})  # type: ignore[arg-type]
