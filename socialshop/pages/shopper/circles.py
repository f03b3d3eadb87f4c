"""Leaders' circles: those that a member belongs to, joining and leaving, and what their leaders tell."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.kernel.ids import to_public
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals
from socialshop.web.auth import BUYERS

_LEADER = {"leader_id": "mbr"}


@shopper.page("/circles", tab="me")
def list_circles(visit: Visit) -> str:
    """The circles that the member belongs to."""
    return render_template("shopper/circles.html", circles=referrals.circles_of(visit.uow, visit.caller.number))


@shopper.page("/circles/<leader_id>", ids=_LEADER, tab="me")
def show_circle(visit: Visit) -> str:
    """One circle: what its leader tells, for who belongs to it; for others the way in."""
    leader = referrals.leader_of_circle(visit.uow, visit.ids["leader_id"])
    belongs = referrals.is_in_circle(visit.uow, leader.number, visit.caller.number)
    found = community.circle_notices(visit.uow, leader.number, visit.after(), PAGE_ROWS + 1) if belongs else []
    rows, after = cut(found, lambda row: row.id)
    return render_template("shopper/circle.html", leader=leader, belongs=belongs, notices=rows, next=after)


@shopper.action("/circles/<leader_id>/join", access=BUYERS, again="show_circle", ids=_LEADER)
def join_circle(visit: Visit) -> Response:
    """Belong to it."""
    referrals.join_circle(visit.uow, visit.ids["leader_id"], visit.caller.number)
    flash(gettext("You belong to the circle."))
    return go_to("shopper.show_circle", leader_id=visit.path["leader_id"])


@shopper.action("/circles/<leader_id>/leave", access=BUYERS, again="show_circle", ids=_LEADER)
def leave_circle(visit: Visit) -> Response:
    """Belong to it no longer."""
    referrals.leave_circle(visit.uow, visit.ids["leader_id"], visit.caller.number)
    flash(gettext("You have left the circle."))
    return go_to("shopper.show_circle", leader_id=visit.path["leader_id"])


@shopper.page("/circle-notices/<notice_id>", ids={"notice_id": "cnt"}, tab="me")
def show_circle_notice(visit: Visit) -> Response:
    """Where a notice leads: to its circle."""
    notice = community.circle_notice(visit.uow, visit.caller.number, visit.ids["notice_id"])
    return go_to("shopper.show_circle", leader_id=to_public("mbr", notice.leader_id))
