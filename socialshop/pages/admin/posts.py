"""Reviews and notes: what waits to be read, and a decision about each."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.community.rules import LONGEST_REASON, Status
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_POST = {"post_id": "post"}
_MOST_VERSIONS = 1_000_000


@admin.page("/posts", tab="posts")
def list_posts(visit: Visit) -> str:
    """What waits to be read, the oldest first; or by another state."""
    asked = request.args.get("status", Status.PENDING)
    status = Status(asked) if asked in set(Status) else Status.PENDING
    rows, after = cut(community.queue(visit.uow, status, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    statuses = [(name, told.words) for name, told in STATES["post"].items()]
    return render_template("admin/posts.html", posts=rows, next=after, statuses=statuses, now=visit.uow.now)


@admin.page("/posts/<post_id>", tab="posts", ids=_POST, sees="post_id")
def judge_post(visit: Visit) -> str:
    """One review or note with its pictures, to be decided about."""
    post = community.any_post(visit.uow, visit.ids["post_id"])
    currency = visit.settings.currency
    sales = community.sales_of(visit.uow, [post.id], currency).get(post.id)
    return render_template("admin/post.html", post=post, sales=sales, currency=currency)


@admin.action("/posts/<post_id>/publish", access=ADMINS, again="judge_post", ids=_POST)
def publish_post(visit: Visit) -> Response:
    """Show it."""
    version = visit.form.whole("version", 1, _MOST_VERSIONS)
    visit.form.check()
    community.publish(visit.uow, visit.caller.member_id, visit.ids["post_id"], version)
    flash(gettext("Published."))
    return go_to("admin.list_posts")


@admin.action("/posts/<post_id>/reject", access=ADMINS, again="judge_post", ids=_POST)
def reject_post(visit: Visit) -> Response:
    """Do not show it, or no longer."""
    version = visit.form.whole("version", 1, _MOST_VERSIONS)
    reason = visit.form.text("reason", longest=LONGEST_REASON)
    visit.form.check()
    community.reject(visit.uow, visit.caller.member_id, visit.ids["post_id"], version, reason)
    flash(gettext("Not shown. Its author reads why."))
    return go_to("admin.list_posts")
