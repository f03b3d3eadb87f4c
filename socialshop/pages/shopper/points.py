"""A member's points: what there is, why it moved, checking in, and the rewards that they buy."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext, ngettext

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.schemas.points import PointsMovement
from socialshop.pages import languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.shopper.wallet import movement_before
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS


@shopper.page("/points", tab="me")
def show_points(visit: Visit) -> str:
    """What there is, what ends soon, and every movement with its reason."""
    number, settings = visit.caller.number, visit.settings
    view = loyalty.points_of(visit.uow, number, settings.time_zone)
    found = loyalty.movements(visit.uow, number, movement_before(request.args.get("after")), PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    return render_template(
        "shopper/points.html",
        points=view.balances,
        expiring=view.expiring,
        worth=Money(view.worth_minor, settings.currency),
        check_in=loyalty.check_in_state(visit.uow, number, settings.time_zone),
        entries=[PointsMovement.of(row, languages.reader()) for row in rows],
        next=f"{rows[-1].entry_id}.{rows[-1].line}" if len(found) > PAGE_ROWS else None,
        buys=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/check-in", access=BUYERS, again="show_points")
def check_in(visit: Visit) -> Response:
    """Check in for today."""
    done = loyalty.check_in(visit.uow, visit.caller.number, visit.settings.time_zone)
    if done.new:
        flash(ngettext("Day %(day)s: %(num)s point.", "Day %(day)s: %(num)s points.", done.points, day=done.streak))
    else:
        flash(gettext("You were here today already."))
    return go_to("shopper.show_points")


@shopper.page("/rewards", tab="me")
def list_rewards(visit: Visit) -> str:
    """What points buy, and what was taken."""
    rows, after = cut(loyalty.rewards(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    view = loyalty.points_of(visit.uow, visit.caller.number, visit.settings.time_zone)
    taken = loyalty.redemptions(visit.uow, member=visit.caller.number, before=None, limit=PAGE_ROWS)
    return render_template(
        "shopper/rewards.html",
        rewards=rows,
        next=after,
        available=view.balances.available,
        taken=taken,
        buys=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/rewards/<reward_id>/take", access=BUYERS, again="show_reward", once=True, ids={"reward_id": "rwd"})
def take_reward(visit: Visit) -> Response:
    """Take a reward for points."""
    row = loyalty.redeem(visit.uow, visit.caller.number, visit.ids["reward_id"])
    flash(gettext("“%(title)s” is yours.", title=row.title))
    return go_to("shopper.list_rewards")


@shopper.page("/rewards/<reward_id>", ids={"reward_id": "rwd"}, tab="me")
def show_reward(visit: Visit) -> str:
    """One reward, before it is taken."""
    reward = loyalty.reward(visit.uow, visit.ids["reward_id"])
    view = loyalty.points_of(visit.uow, visit.caller.number, visit.settings.time_zone)
    return render_template(
        "shopper/reward.html",
        reward=reward,
        terms=None if reward.coupon_id is None else loyalty.coupon(visit.uow, reward.coupon_id).terms,
        public=to_public("rwd", reward.id),
        available=view.balances.available,
        buys=visit.caller.role in BUYERS.roles,
    )
