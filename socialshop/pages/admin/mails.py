"""Mails that did not leave, as they would have read, and a link to a new password for whom no mail reaches."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, flash, make_response, render_template
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.kernel.errors import NotFound
from socialshop.notifications import service as notifications
from socialshop.notifications.sentences import Reader
from socialshop.onboarding import service as onboarding
from socialshop.pages import languages
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS


@admin.page("/mails", tab="mails")
def list_mails(visit: Visit) -> str:
    """What was kept or set aside, the newest first; links, which may hold a token, are in none of it."""
    reader = Reader(languages.reader(), visit.zone)
    found = notifications.unsent_mails(visit.uow, reader, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda mail: mail.id)
    return render_template("admin/mails.html", mails=rows, next=after, sends_mails=visit.settings.smtp_url is not None)


@admin.action("/mails/<mail_id>/retry", access=ADMINS, again="list_mails", ids={"mail_id": "mail"})
def retry_mail(visit: Visit) -> Response:
    """Send it again."""
    notifications.retry_mail(visit.uow, visit.caller.member_id, visit.ids["mail_id"])
    flash(gettext("It is tried again within seconds."))
    return go_to("admin.list_mails")


@admin.action("/members/<member_id>/password-link", access=ADMINS, again="show_member", ids={"member_id": "mbr"})
def make_password_link(visit: Visit) -> Response:
    """A link to a new password, shown in this one answer and kept nowhere; that it was made is in the record."""
    member_id = visit.ids["member_id"]
    token = onboarding.password_link(visit.uow, visit.caller.member_id, member_id)
    found = identity.named(visit.uow, ids=[member_id])
    if not found:
        raise NotFound("no such member")
    link = f"{visit.settings.public_address}/reset-password?token={quote(token)}"
    answer = make_response(render_template("admin/password_link.html", member=found[0], link=link))
    answer.headers["Cache-Control"] = "no-store"
    return answer
