"""Who is told by webhook of what, how it goes, and telling it once more."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, flash, make_response, render_template
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.kernel.ids import to_public
from socialshop.notifications import service as notifications
from socialshop.notifications.service import DELIVERY_PREFIX, ENDPOINT_PREFIX, EVENT_TYPES, LONGEST_LABEL, ToldSecret
from socialshop.pages import formats
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_IDS = {"endpoint_id": ENDPOINT_PREFIX}
_STATUSES = {
    "queued": lazy_gettext("on its way"),
    "delivered": lazy_gettext("taken"),
    "given_up": lazy_gettext("given up"),
}
_LONGEST_URL = 500


@admin.page("/webhooks", tab="webhooks")
def list_webhooks(visit: Visit) -> str:
    """Every endpoint, and a form for a new one."""
    rows, after = cut(notifications.list_endpoints(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    return render_template("admin/webhooks.html", endpoints=rows, next=after, types=list(EVENT_TYPES))


@admin.action("/webhooks", access=ADMINS, again="list_webhooks")
def add_webhook(visit: Visit) -> Response:
    """A new endpoint; its secret is in this one answer and nowhere else."""
    form = visit.form
    url, label = form.text("url", longest=_LONGEST_URL), form.text("label", longest=LONGEST_LABEL, required=False)
    form.check()
    told = notifications.add_endpoint(visit.uow, visit.caller.member_id, url, label, _types(visit))
    return _secret(told)


@admin.page("/webhooks/<endpoint_id>", tab="webhooks", ids=_IDS)
def show_webhook(visit: Visit) -> str:
    """One endpoint, and what it was told of late."""
    endpoint = notifications.endpoint_of(visit.uow, visit.ids["endpoint_id"])
    found = notifications.list_deliveries(visit.uow, endpoint.id, None, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    return render_template(
        "admin/webhook.html",
        endpoint=endpoint,
        deliveries=rows,
        next=after,
        types=list(EVENT_TYPES),
        statuses=_STATUSES,
        since=visit.uow.now - timedelta(days=1),
        until=visit.uow.now + timedelta(minutes=1),
    )


@admin.action("/webhooks/<endpoint_id>/types", access=ADMINS, again="show_webhook", ids=_IDS)
def choose_webhook_types(visit: Visit) -> Response:
    """Tell it of what is ticked."""
    notifications.choose_types(visit.uow, visit.caller.member_id, visit.ids["endpoint_id"], _types(visit))
    flash(gettext("Kept."))
    return _back(visit)


@admin.action("/webhooks/<endpoint_id>/address", access=ADMINS, again="show_webhook", ids=_IDS)
def change_webhook_address(visit: Visit) -> Response:
    """Tell it elsewhere."""
    url = visit.form.text("url", longest=_LONGEST_URL)
    visit.form.check()
    notifications.change_address(visit.uow, visit.caller.member_id, visit.ids["endpoint_id"], url)
    flash(gettext("Kept."))
    return _back(visit)


@admin.action("/webhooks/<endpoint_id>/removal", access=ADMINS, again="show_webhook", ids=_IDS)
def remove_webhook(visit: Visit) -> Response:
    """Forget it, with all that it was told."""
    notifications.remove_endpoint(visit.uow, visit.caller.member_id, visit.ids["endpoint_id"])
    flash(gettext("Removed, with its secret and all that it was told."))
    return go_to("admin.list_webhooks")


@admin.action("/webhooks/<endpoint_id>/secret", access=ADMINS, again="show_webhook", ids=_IDS)
def change_webhook_secret(visit: Visit) -> Response:
    """A new secret, in this one answer."""
    return _secret(notifications.change_secret(visit.uow, visit.caller.member_id, visit.ids["endpoint_id"]))


@admin.action("/webhooks/<endpoint_id>/switch", access=ADMINS, again="show_webhook", ids=_IDS)
def switch_webhook(visit: Visit) -> Response:
    """Tell it nothing more, or tell it again."""
    switch = notifications.enable_endpoint if visit.form.is_ticked("on") else notifications.disable_endpoint
    switch(visit.uow, visit.caller.member_id, visit.ids["endpoint_id"])
    return _back(visit)


@admin.action("/webhooks/<endpoint_id>/replay", access=ADMINS, again="show_webhook", ids=_IDS)
def replay_webhooks(visit: Visit) -> Response:
    """Tell it once more what happened in a span of time."""
    form, zone = visit.form, visit.zone
    since, until = form.instant("since", zone), form.instant("until", zone)
    if since is None or until is None:
        form.errors.setdefault("since" if since is None else "until", gettext("This is needed."))
        form.refuse()
    form.check()
    told = notifications.replay_range(
        visit.uow,
        visit.caller.member_id,
        visit.ids["endpoint_id"],
        since,
        until,
        failed_only=form.is_ticked("failed_only"),
    )
    flash(ngettext("%(num)s event is told once more.", "%(num)s events are told once more.", told.queued))
    if told.next_since is not None:
        flash(gettext("There are more: go on from %(at)s.", at=formats.instant(told.next_since)))
    return _back(visit)


@admin.action(
    "/webhooks/<endpoint_id>/deliveries/<delivery_id>/replay",
    access=ADMINS,
    again="show_webhook",
    ids=_IDS | {"delivery_id": DELIVERY_PREFIX},
)
def replay_webhook(visit: Visit) -> Response:
    """Tell it once more."""
    notifications.replay_delivery(visit.uow, visit.caller.member_id, visit.ids["delivery_id"])
    flash(gettext("It is tried again within seconds."))
    return _back(visit)


def _types(visit: Visit) -> list[str]:
    return [name for name in EVENT_TYPES if visit.form.is_ticked(f"type-{name}")]


def _back(visit: Visit) -> Response:
    return go_to("admin.show_webhook", endpoint_id=visit.path["endpoint_id"])


def _secret(told: ToldSecret) -> Response:
    endpoint_id = to_public(ENDPOINT_PREFIX, told.endpoint.id)
    page = render_template("admin/webhook_secret.html", endpoint_id=endpoint_id, secret=told.secret)
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
