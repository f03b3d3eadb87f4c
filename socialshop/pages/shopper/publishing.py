"""Being a publisher: asking, what one's links brought day by day, as a table to take along, and the key of the feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, cast

from babel.dates import format_skeleton
from flask import Response, flash, make_response, render_template
from flask_babel import get_locale, gettext, lazy_gettext

from socialshop.commissions import service as commissions
from socialshop.infra import wired
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money
from socialshop.kernel.time import last_days
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.spans import SPANS, chosen_span
from socialshop.pages.visit import Visit
from socialshop.publishers import service as publishers
from socialshop.publishers.service import PublisherDay, Site, SiteKind
from socialshop.web.auth import BUYERS

_STRUCK_SHOWN = 10
_WHOLE_DAYS = 90
KINDS: Mapping[str, Any] = {
    "blog": lazy_gettext("A blog or pages of one's own"),
    "video": lazy_gettext("Videos or streams"),
    "social": lazy_gettext("Posts to followers"),
    "deals": lazy_gettext("A collection of deals"),
    "app": lazy_gettext("An app"),
    "other": lazy_gettext("Something else"),
}
_STATES: Mapping[str, Any] = {
    "open": lazy_gettext("Your application is being looked at."),
    "approved": lazy_gettext("You are a publisher."),
    "rejected": lazy_gettext("Your application was refused. You may ask again."),
    "ended": lazy_gettext("You are a publisher no more. You may ask again."),
}


class Sums(NamedTuple):
    """Sums of a day, a channel or all; `name` is how its reader calls it, None for links without a channel."""

    name: str | None
    views: int
    clicks: int
    leads: int
    sales: int
    repeats: int
    own: int
    bots: int
    closed: int
    sales_earned: Money
    counts_earned: Money

    @property
    def not_counted(self) -> int:
        """What was recorded and does not count."""
        return self.repeats + self.own + self.bots + self.closed


@shopper.page("/publisher", access=BUYERS, tab="me")
def show_publisher(visit: Visit) -> str:
    """How one stands, the form, and for publishers what their links brought."""
    try:
        standing = publishers.publisher_of(visit.uow, visit.caller.number)
    except NotFound:
        standing = None
    if standing is None or standing.approved_at is None:
        return render_template("shopper/publisher.html", standing=standing, states=_STATES, kinds=list(KINDS.items()))
    span = chosen_span()
    shown = last_days(visit.uow.now, span, visit.settings.time_zone)
    found = _days(visit, span)
    nothing = Money(0, visit.settings.currency)
    return render_template(
        "shopper/publisher.html",
        standing=standing,
        states=_STATES,
        kinds=list(KINDS.items()),
        days=[sum_of(_named(on), (row for row in found if row.on_day == on), nothing) for on in shown],
        channels=by_channel(found, nothing),
        total=sum_of(None, found, nothing),
        struck=commissions.disallowances_of(visit.uow, visit.caller.number, None, _STRUCK_SHOWN),
        span=span,
        spans=SPANS,
    )


@shopper.action("/publisher", access=BUYERS, again="show_publisher")
def apply_to_publish(visit: Visit) -> Response:
    """Send it."""
    form = visit.form
    name = form.text("site_name", longest=publishers.LONGEST_NAME)
    url = form.text("site_url", longest=publishers.LONGEST_URL)
    kind = form.choice("kind", KINDS)
    form.check()
    publishers.apply_to_publish(visit.uow, visit.caller.number, Site(name, url, cast("SiteKind", kind)))
    flash(gettext("Sent. The shop answers by a notice."))
    return go_to("shopper.show_publisher")


@shopper.page("/publisher/days.csv", access=BUYERS)
def take_publisher_days(visit: Visit) -> Response:
    """The last 90 days as a table."""
    publishers.publisher_of(visit.uow, visit.caller.number)
    return _file(publishers.as_table(_days(visit, _WHOLE_DAYS)), "text/csv; charset=utf-8", "days.csv")


@shopper.action("/publisher/feed", access=BUYERS, again="show_publisher")
def take_feed_key(visit: Visit) -> Response:
    """A new key for the feed of goods, told once: a file with its addresses."""
    base = f"{wired.public_address()}/feeds/{publishers.new_key(visit.uow, visit.caller.number)}"
    return _file(f"{base}/goods.json\n{base}/goods.xml\n", "text/plain; charset=utf-8", "feed.txt")


def _days(visit: Visit, count: int) -> list[PublisherDay]:
    settings, caller = visit.settings, visit.caller
    since = last_days(visit.uow.now, count, settings.time_zone)[0]
    zone, currency = settings.time_zone, settings.currency
    return publishers.days(visit.uow, caller.member_id, caller.number, since=since, zone=zone, currency=currency)


def _file(content: str, media_type: str, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _named(on: date) -> str:
    return format_skeleton("MMMd", on, locale=get_locale())


def by_channel(rows: Sequence[PublisherDay], nothing: Money) -> list[Sums]:
    """Sums a channel, those of links without one first."""
    channels = sorted({row.channel for row in rows}, key=lambda name: (name is not None, name))
    return [sum_of(name, (row for row in rows if row.channel == name), nothing) for name in channels]


def sum_of(name: str | None, rows: Iterable[PublisherDay], nothing: Money) -> Sums:
    """All of these days and channels together."""
    rows = list(rows)
    counted = {field: sum(getattr(row, field) for row in rows) for field in Sums._fields[1:9]}
    by_sales = sum((row.sales_earned for row in rows), nothing)
    by_counts = sum((row.counts_earned for row in rows), nothing)
    return Sums(name, **counted, sales_earned=by_sales, counts_earned=by_counts)
