"""A leader's circle, what it was told, and the first steps of a new leader."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for
from flask_babel import gettext, lazy_gettext

from socialshop.community import service as community
from socialshop.community.service import LONGEST_NOTICE
from socialshop.kernel.ids import to_public
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals

_LEVELS_SHOWN = 3
_NOTICES_SHOWN = 5
# What each first step is called, and where it is taken.
_STEPS = {
    "read_rules": (lazy_gettext("Read the rules of behaviour"), "shopper.show_rules"),
    "payout_destination": (lazy_gettext("Say where your earnings go"), "shopper.show_payouts"),
    "opened_deal": (lazy_gettext("Open your first deal"), "leader.new_deal"),
    "shared_link": (lazy_gettext("Share a link"), "leader.list_deals"),
    "filled_room": (lazy_gettext("See your first room filled"), "leader.show_overview"),
}


@leader.page("/circle", tab="circle")
def show_circle(visit: Visit) -> str:
    """Who belongs to it, by name where they agreed; those further down as counts; and what it was told."""
    uow, number = visit.uow, visit.caller.number
    members, after = cut(referrals.circle(uow, number, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    address = url_for("shopper.show_circle", leader_id=to_public("mbr", visit.caller.member_id))
    return render_template(
        "leader/circle.html",
        members=members,
        next=after,
        address=visit.settings.public_address + address,
        levels=referrals.levels_below(uow, number, _LEVELS_SHOWN),
        fewest=referrals.FEWEST_SHOWN,
        notices=community.circle_notices(uow, number, None, _NOTICES_SHOWN),
        longest=LONGEST_NOTICE,
    )


@leader.action("/circle", again="show_circle", once=True)
def post_circle_notice(visit: Visit) -> Response:
    """Tell the circle something."""
    words = visit.form.text("text", longest=LONGEST_NOTICE)
    visit.form.check()
    community.post_circle_notice(visit.uow, visit.caller.member_id, visit.caller.number, words)
    flash(gettext("Your circle hears of it."))
    return go_to("leader.show_circle")


@leader.page("/first-steps", tab="overview")
def show_first_steps(visit: Visit) -> str:
    """What a new leader does first, and what of it is done."""
    steps = [(step, *_STEPS[step.name]) for step in community.first_steps(visit.uow, visit.caller.number)]
    return render_template("leader/first_steps.html", steps=steps)
