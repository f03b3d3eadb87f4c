"""Points, for the shop: what it owes, the rules, and the rewards with who took them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import BPS, Money
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.rules import KINDS, LONGEST_DAYS, MOST_GIVEN, MOST_POINTS, StreakBonus
from socialshop.loyalty.service import NewReward
from socialshop.pages.admin.people import names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.stock import CHANGES, REASONS, typed_move
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_COUPONS_SHOWN = 100
_CAPS = ("per_day", "per_month", "ever")
# How each kind of movement is told in the report.
_FLOWS = {
    "points_earned": lazy_gettext("earned"),
    "points_matured": lazy_gettext("became usable"),
    "points_taken_back": lazy_gettext("taken back by refunds"),
    "points_used": lazy_gettext("used"),
    "points_returned": lazy_gettext("came back"),
    "points_expired": lazy_gettext("ended unused"),
    "points_adjusted": lazy_gettext("given by hand"),
}
_KINDS = {
    "review": lazy_gettext("Review"),
    "share": lazy_gettext("Share"),
    "survey": lazy_gettext("Survey"),
    "mission": lazy_gettext("Mission"),
    "note": lazy_gettext("Note"),
}
_MOST_WORTH = 1_000_000
_MOST_BONUSES, _EMPTY_BONUSES = 20, 2
_LEAST_STREAK = 2


@admin.page("/points", tab="points", isolation="REPEATABLE READ")
def show_points(visit: Visit) -> str:
    """What the shop owes in points, and the rules that are in force."""
    settings = visit.settings
    found = loyalty.liability(visit.uow, settings.time_zone)
    rules = loyalty.rules_at(visit.uow, visit.uow.now)
    return render_template(
        "admin/points.html",
        found=found,
        worth=Money(found.worth_minor, settings.currency),
        flows=_FLOWS,
        rules=rules,
        versions=loyalty.rule_versions(visit.uow),
        kinds=_KINDS,
        caps=_CAPS,
        bonuses=_bonus_rows(rules.streak_bonuses),
        hundred=Money(rules.hundred_points_minor, settings.currency),
    )


@admin.action("/points", access=ADMINS, again="show_points", once=True)
def publish_rules(visit: Visit) -> Response:
    """Bring rules into force at once."""
    form = visit.form
    document = {
        "order_points_per_unit": form.whole("order_points_per_unit", 0, 1_000),
        "expiry_days": form.whole("expiry_days", 1, LONGEST_DAYS),
        "warn_days": form.whole("warn_days", 0, 365),
        "check_in_points": form.whole("check_in_points", 0, MOST_POINTS),
        "streak_bonuses": _streak_bonuses(form),
        "kinds": {kind: _kind(form, kind) for kind in KINDS},
        "hundred_points_minor": _worth(form, visit.settings.currency),
        "price_cap_bps": form.percent("price_cap"),
        "least_points": form.whole("least_points", 1, MOST_POINTS),
        "member_day": _member_day(form),
    }
    form.check()
    loyalty.publish_rules(visit.uow, visit.caller.member_id, document, None)
    flash(gettext("In force."))
    return go_to("admin.show_points")


def _bonus_rows(bonuses: Sequence[StreakBonus]) -> list[tuple[str, str]]:
    """Days and points of each bonus as its row shows them, and empty rows for more, up to the most there may be."""
    rows = [(str(bonus.days), str(bonus.points)) for bonus in bonuses]
    return [*rows, *[("", "")] * _EMPTY_BONUSES][:_MOST_BONUSES]


def _streak_bonuses(form: Form) -> list[Mapping[str, int]]:
    """The bonuses that were typed, the shortest streak first; a row where nothing stands is none."""
    given: dict[int, int] = {}
    for row in range(_MOST_BONUSES):
        fields = f"streak_days_{row}", f"streak_points_{row}"
        if not any(form.values.get(field, "").strip() for field in fields):
            continue
        days, points = form.whole(fields[0], _LEAST_STREAK, LONGEST_DAYS), form.whole(fields[1], 0, MOST_POINTS)
        if days in given:
            form.errors.setdefault(fields[0], gettext("Another row has so many days."))
        given[days] = points
    return [{"days": days, "points": points} for days, points in sorted(given.items())]


def _worth(form: Form, currency: str) -> int:
    """What a hundred points pay, in minor units."""
    worth = form.money("hundred_points_minor", currency).amount_minor
    if not 1 <= worth <= _MOST_WORTH:
        form.errors.setdefault("hundred_points_minor", gettext("An amount such as %(example)s.", example="12.50"))
    return worth


def _kind(form: Form, kind: str) -> Mapping[str, Any]:
    caps = {cap: form.whole_or_none(f"{kind}_{cap}", 0, MOST_POINTS) for cap in _CAPS}
    return {"points": form.whole(f"{kind}_points", 0, MOST_POINTS), **caps}


def _member_day(form: Form) -> Mapping[str, Any] | None:
    """A day of the month or a weekday; None where neither was typed."""
    day, weekday = form.whole_or_none("day_of_month", 1, 31), form.whole_or_none("weekday", 1, 7)
    if day is None and weekday is None:
        return None
    if day is not None and weekday is not None:
        form.errors["weekday"] = gettext("A day of the month or a weekday, not both.")
    times = form.whole("member_day_percent", 100, 1_000)
    return {"day_of_month": day, "weekday": weekday, "multiplier_bps": times * BPS // 100}


@admin.page("/rewards", tab="points")
def list_rewards(visit: Visit) -> str:
    """Every reward, and who waits for one."""
    rows, after = cut(loyalty.rewards(visit.uow, visit.after(), PAGE_ROWS + 1, offered_only=False), lambda row: row.id)
    waiting = loyalty.redemptions(visit.uow, status="placed", before=None, limit=PAGE_ROWS)
    names = names_by_number(visit.uow, [row.member for row in waiting])
    return render_template(
        "admin/rewards.html",
        rewards=rows,
        next=after,
        waiting=waiting,
        names=names,
        coupons=[("", gettext("none")), *_coupons(visit)],
    )


@admin.action("/rewards", access=ADMINS, again="list_rewards", once=True)
def add_reward(visit: Visit) -> Response:
    """Offer a reward."""
    form = visit.form
    new = NewReward(
        form.text("title", longest=200),
        form.whole("points", 1, MOST_POINTS),
        form.whole_or_none("stock", 0, MOST_GIVEN),
        form.whole_or_none("per_member", 1, MOST_GIVEN),
        _coupon(form, visit),
    )
    form.check()
    loyalty.add_reward(visit.uow, visit.caller.member_id, new)
    flash(gettext("Offered: %(title)s.", title=new.title))
    return go_to("admin.list_rewards")


def _coupons(visit: Visit) -> list[tuple[str, str]]:
    """The newest coupons that a reward may give."""
    found = loyalty.coupons(visit.uow, None, _COUPONS_SHOWN)
    given = [each.row for each in found if each.row.way == "given" and each.row.paused_at is None]
    return [(to_public("cpn", row.id), row.title) for row in given]


def _coupon(form: Form, visit: Visit) -> uuid.UUID | None:
    if not form.values.get("coupon_id"):
        return None
    return from_public("cpn", form.choice("coupon_id", [id_ for id_, _ in _coupons(visit)]))


@admin.page("/rewards/<reward_id>", tab="points", ids={"reward_id": "rwd"})
def show_reward(visit: Visit) -> str:
    """One reward, and what is left of it."""
    reward_id = visit.ids["reward_id"]
    return render_template(
        "admin/reward.html",
        reward=loyalty.reward(visit.uow, reward_id),
        moves=loyalty.reward_moves(visit.uow, reward_id, PAGE_ROWS),
        reasons=REASONS,
        changes=[(name, words) for name, (_, _, words) in CHANGES.items()],
    )


@admin.action("/rewards/<reward_id>", access=ADMINS, again="show_reward", ids={"reward_id": "rwd"})
def change_reward(visit: Visit) -> Response:
    """Say whether it is offered, whether there is an end of it, and from how few on it is low."""
    form, reward_id = visit.form, visit.ids["reward_id"]
    offered, endless = form.is_ticked("offered"), form.is_ticked("endless")
    low = form.whole_or_none("low_stock_at", 0, MOST_GIVEN)
    form.check()
    actor = visit.caller.member_id
    loyalty.change_reward(visit.uow, actor, reward_id, offered=offered, endless=endless, low_stock_at=low)
    flash(gettext("Kept."))
    return go_to("admin.show_reward", reward_id=visit.path["reward_id"])


@admin.action("/rewards/<reward_id>/stock", access=ADMINS, again="show_reward", ids={"reward_id": "rwd"}, once=True)
def move_reward(visit: Visit) -> Response:
    """Add to what is left, or take from it."""
    row = loyalty.move_reward(visit.uow, visit.caller.member_id, visit.ids["reward_id"], typed_move(visit.form))
    left = row.left_stock or 0
    flash(ngettext("%(num)s is left now.", "%(num)s are left now.", left))
    return go_to("admin.show_reward", reward_id=visit.path["reward_id"])


@admin.page("/redemptions/<redemption_id>", tab="points", ids={"redemption_id": "rdm"}, sees="redemption_id")
def show_redemption(visit: Visit) -> str:
    """One redemption, to be decided."""
    row = loyalty.redemption(visit.uow, visit.ids["redemption_id"])
    return render_template("admin/redemption.html", row=row, names=names_by_number(visit.uow, [row.member]))


@admin.action("/redemptions/<redemption_id>/done", access=ADMINS, again="show_redemption", ids={"redemption_id": "rdm"})
def finish_redemption(visit: Visit) -> Response:
    """The member has it."""
    loyalty.finish_redemption(visit.uow, visit.caller.member_id, visit.ids["redemption_id"])
    flash(gettext("Noted: the member has it."))
    return go_to("admin.list_rewards")


@admin.action(
    "/redemptions/<redemption_id>/refuse", access=ADMINS, again="show_redemption", ids={"redemption_id": "rdm"}
)
def refuse_redemption(visit: Visit) -> Response:
    """The member does not get it."""
    reason = visit.form.text("reason", longest=500)
    visit.form.check()
    loyalty.refuse_redemption(visit.uow, visit.caller.member_id, visit.ids["redemption_id"], reason)
    flash(gettext("Refused; points and stock are back."))
    return go_to("admin.list_rewards")
