"""One invite link of a member's: handing it on, what came of it, when it is good, and a code of one's choice."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.invites import service as invites
from socialshop.invites.rules import LONGEST_CHANNEL, LONGEST_VANITY
from socialshop.invites.service import Link
from socialshop.pages import link_days, sharing
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web import limits
from socialshop.web.auth import BUYERS


@shopper.page("/invites/<code>", tab="invite")
def show_link(visit: Visit) -> str:
    """An own link, the link's days, and what may be changed about it."""
    link, stats = invites.stats(visit.uow, visit.caller.member_id, visit.path["code"], visit.settings.currency)
    return render_template(
        "shopper/link.html",
        link=link,
        stats=stats,
        title=sharing.titles(visit.uow, [link]).get(link.target_id) if link.target_id else None,
        share=sharing.share(link, sharing.subject_of(visit.uow, link)),
        closed=link.closed(visit.uow.now),
        figures=link_days.of_links(visit, link),
        longest_code=LONGEST_VANITY,
        longest_channel=LONGEST_CHANNEL,
    )


@shopper.action("/invites/<code>/pause", again="show_link")
def pause_link(visit: Visit) -> Response:
    """Bind nobody for a while."""
    link = _own(visit)
    _keep(visit, link, is_paused=True)
    flash(gettext("Paused: the link says so, and binds nobody. Who came before stays."))
    return go_to("shopper.show_link", **visit.path)


@shopper.action("/invites/<code>/resume", again="show_link")
def resume_link(visit: Visit) -> Response:
    """Go on."""
    _keep(visit, _own(visit), is_paused=False)
    flash(gettext("The link goes on."))
    return go_to("shopper.show_link", **visit.path)


@shopper.action("/invites/<code>/end", again="show_link")
def set_end(visit: Visit) -> Response:
    """Say until when it is good; nothing said: for good."""
    expires_at, link = visit.form.instant("expires_at", visit.zone), _own(visit)
    visit.form.check()
    me = visit.caller.member_id
    is_paused = link.paused_at is not None
    invites.keep_link(visit.uow, me, visit.path["code"], is_paused=is_paused, expires_at=expires_at)
    flash(gettext("Kept."))
    return go_to("shopper.show_link", **visit.path)


@shopper.action("/invites/<code>/vanity", again="show_link", access=BUYERS, limit=limits.CODE_CHOICES)
def name_link(visit: Visit) -> Response:
    """Choose a code for it, once."""
    vanity = visit.form.text("vanity", longest=40)
    if not visit.form.is_ticked("sure"):
        visit.form.errors["sure"] = gettext("Please tick that you know: it stays for good.")
    visit.form.check()
    invites.name_link(visit.uow, visit.caller.member_id, visit.path["code"], vanity)
    flash(gettext("The code is yours. The other one stays good too."))
    return go_to("shopper.show_link", **visit.path)


@shopper.action("/invites/<code>/channels", again="show_link", access=BUYERS)
def share_elsewhere(visit: Visit) -> Response:
    """A link to the same for another place, so that their figures stand apart."""
    channel, link = visit.form.text("channel", longest=LONGEST_CHANNEL), _own(visit)
    visit.form.check()
    made = sharing.make(visit.uow, visit.caller.member_id, link.kind, link.target_id, channel)
    return go_to("shopper.show_link", code=made.code)


def _own(visit: Visit) -> Link:
    return invites.own_link(visit.uow, visit.caller.member_id, visit.path["code"])


def _keep(visit: Visit, link: Link, *, is_paused: bool) -> None:
    invites.keep_link(
        visit.uow, visit.caller.member_id, visit.path["code"], is_paused=is_paused, expires_at=link.expires_at
    )
