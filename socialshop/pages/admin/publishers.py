"""Publishers: who asks to be one, what came of the links of each, ending one, and striking out what was no traffic."""

from __future__ import annotations

from typing import cast

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.commissions import service as commissions
from socialshop.invites import service as invites
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.money import Money
from socialshop.kernel.time import last_days
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import money
from socialshop.pages.section import go_to
from socialshop.pages.shopper.publishing import KINDS, by_channel, sum_of
from socialshop.pages.spans import SPANS, chosen_span
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.publishers import service as publishers
from socialshop.publishers.service import Status
from socialshop.web.auth import ADMINS

_PUBLISHER = {"publisher_id": "mbr"}
_STRUCK_SHOWN = 20
_LONGEST_CODE = 40
_DECISIONS: dict[str, Status] = {"approve": "approved", "reject": "rejected", "end": "ended"}
_WANTED = {"list": publishers.list_channel, "end": publishers.end_channel}
_COUNTS = {"click": lazy_gettext("Clicks"), "view": lazy_gettext("Views")}


@admin.page("/publishers", tab="publishers")
def list_publishers(visit: Visit) -> str:
    """Who waits for an answer; or by another state."""
    asked = request.args.get("status", "open")
    status = cast("Status", asked if asked in STATES["publisher"] else "open")
    rows, after = cut(publishers.publishers(visit.uow, status, visit.after(), PAGE_ROWS + 1), lambda row: row.member_id)
    statuses = [(name, told.words) for name, told in STATES["publisher"].items()]
    return render_template("admin/publishers.html", publishers=rows, next=after, statuses=statuses, kinds=KINDS)


@admin.page("/publishers/<publisher_id>", tab="publishers", ids=_PUBLISHER, sees="publisher_id")
def show_publisher(visit: Visit) -> str:
    """One publisher: the site, what the links brought, what was struck out, and what may be decided."""
    settings, row = visit.settings, publishers.show_publisher(visit.uow, visit.ids["publisher_id"])
    span, nothing = chosen_span(), Money(0, settings.currency)
    found = publishers.days(
        visit.uow,
        row.member_id,
        row.number,
        since=last_days(visit.uow.now, span, settings.time_zone)[0],
        zone=settings.time_zone,
        currency=settings.currency,
    )
    return render_template(
        "admin/publisher.html",
        row=row,
        kinds=KINDS,
        channels=by_channel(found, nothing),
        total=sum_of(None, found, nothing),
        listed=publishers.channels_of(visit.uow, row.number),
        struck=commissions.disallowances_of(visit.uow, row.number, None, _STRUCK_SHOWN),
        counts=list(_COUNTS.items()),
        span=span,
        spans=SPANS,
    )


@admin.action("/publishers/<publisher_id>", access=ADMINS, again="show_publisher", ids=_PUBLISHER)
def decide_publisher(visit: Visit) -> Response:
    """Approve, refuse or end, with a reason that the member reads."""
    decision = visit.form.choice("decision", _DECISIONS)
    reason = visit.form.text("reason", longest=publishers.LONGEST_REASON)
    visit.form.check()
    publisher_id, actor = visit.ids["publisher_id"], visit.caller.member_id
    publishers.decide(visit.uow, actor, publisher_id, _DECISIONS[decision], reason)
    flash(gettext("Decided: the member is told."))
    return go_to("admin.show_publisher", **visit.path)


@admin.action("/publishers/<publisher_id>/channels", access=ADMINS, again="show_publisher", ids=_PUBLISHER)
def decide_channel(visit: Visit) -> Response:
    """List a channel of the publisher's links, so that it counts for conditions of plans, or take it off."""
    form = visit.form
    wanted = form.choice("wanted", _WANTED)
    channel = form.text("channel", longest=publishers.LONGEST_CHANNEL)
    reason = form.text("channel_reason", longest=publishers.LONGEST_REASON)
    form.check()
    try:
        _WANTED[wanted](visit.uow, visit.caller.member_id, visit.ids["publisher_id"], channel, reason)
    except InvalidValue:
        form.errors["channel"] = gettext("No link of this publisher has this channel.")
    except NotFound:
        form.errors["channel"] = gettext("This channel is not listed.")
    form.check()
    flash(gettext("Kept."))
    return go_to("admin.show_publisher", **visit.path)


@admin.action("/publishers/<publisher_id>/struck", access=ADMINS, again="show_publisher", ids=_PUBLISHER, once=True)
def strike_counts(visit: Visit) -> Response:
    """Strike out counted clicks or views of some days, and take back what they earned."""
    form, member_id = visit.form, visit.ids["publisher_id"]
    kind = form.choice("kind", _COUNTS)
    first_day, last_day = form.day("first_day"), form.day("last_day")
    code = form.values.get("link", "").strip()[:_LONGEST_CODE]
    reason = form.text("struck_reason", longest=publishers.LONGEST_REASON)
    form.check()
    link = None
    if code:
        try:
            link = invites.own_link(visit.uow, member_id, code).id
        except NotFound:
            form.errors["link"] = gettext("This publisher has no link of this code.")
            form.refuse()
    number = publishers.number_of(visit.uow, member_id)
    struck = commissions.Struck(member_id, number, "view" if kind == "view" else "click", first_day, last_day, link)
    try:
        done = commissions.disallow(visit.uow, visit.caller.member_id, struck, reason, visit.settings.currency)
    except InvalidValue:
        form.errors["last_day"] = gettext("Not before the first day, and within a year of it.")
        form.refuse()
    flash(
        gettext(
            "Struck out: %(count)s. Taken back: %(sum)s. The publisher is told.",
            count=done.counted,
            sum=money(done.taken),
        )
        if done.counted
        else gettext("Nothing was counted there that could be struck out; what is not tallied yet stays.")
    )
    return go_to("admin.show_publisher", **visit.path)
