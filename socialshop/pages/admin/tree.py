"""The explorer of the sponsor tree: found by name, walked branch by branch, on any day since it was planted."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import render_template, request

from socialshop.identity import service as identity
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening

_INFLUENCERS_SHOWN = 20
_FINDINGS_SHOWN = 3


class Slider(NamedTuple):
    """The days of the tree by the shop's clock: the first, how many came since, and which one is looked at."""

    first: date
    days: int
    day: int
    at: datetime

    @property
    def shown(self) -> date:
        """The day that is looked at, to its end; the last one as it stands now."""
        return self.first + timedelta(days=self.day)

    def day_of(self, at: datetime, zone: str) -> int:
        """The number of the day on which something happened."""
        return (at.astimezone(ZoneInfo(zone)).date() - self.first).days


@admin.page("/tree", tab="members")
def find_in_tree(visit: Visit) -> str:
    """Whose branch is looked for: by name, e-mail or id."""
    sought = request.args.get("find", "").strip() or None
    found = identity.search(visit.uow, sought, None, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    differences = screening.findings_about(visit.uow, [referrals.TEAMS])[-_FINDINGS_SHOWN:]
    return render_template("admin/tree_search.html", members=rows, next=after, differences=differences)


@admin.page("/tree/<member_id>", ids={"member_id": "mbr"}, tab="members", sees="member_id")
def explore_tree(visit: Visit) -> str:
    """Who stood above and directly below a member on a day, and how many below each. That one looked is noted.

    Four statements on the tree, one for figures and one for names.
    """
    uow, member_id = visit.uow, visit.ids["member_id"]
    who = referrals.when_placed(uow, member_id)
    slider = _slider(visit, who.planted_at)
    place = referrals.place_at(uow, who, slider.at)
    found = referrals.children_at(uow, place.number, slider.at, visit.after(), PAGE_ROWS + 1)
    children, after = cut(found, lambda row: row.id)
    corrected = [each for row in place.corrections for each in (row.from_sponsor_id, row.to_sponsor_id)]
    above = [above_id for _, above_id in reversed(place.above)]
    names = names_by_id(uow, [member_id, *above, *corrected, *(row.id for row in children)])
    called = {each: names.get(each) or f"…{to_public('mbr', each)[-6:]}" for each in names}
    return render_template(
        "admin/tree.html",
        member_id=member_id,
        place=place,
        above=above,
        children=children,
        next=after,
        names=called,
        slider=slider,
        teams=referrals.teams_of(uow, [member_id, *(row.id for row in children)]),
        corrections=[(row, slider.day_of(row.corrected_at, visit.settings.time_zone)) for row in place.corrections],
        picture=_picture(called[member_id], [(called[row.id], row.children) for row in children]),
    )


@admin.page("/tree/<member_id>/influence", ids={"member_id": "mbr"}, tab="members", sees="member_id")
def show_influence(visit: Visit) -> str:
    """Through whom most paths of a branch lead, and what was bought below them."""
    member_id, currency = visit.ids["member_id"], visit.settings.currency
    found = referrals.influencers(
        visit.uow, visit.caller.member_id, member_id, currency=currency, most=_INFLUENCERS_SHOWN
    )
    names = names_by_id(visit.uow, [member_id, *(node.member_id for _, node in found)])
    if member_id not in names:
        raise NotFound("no such member")
    return render_template("admin/influence.html", member_id=member_id, found=found, names=names)


def _slider(visit: Visit, planted_at: datetime) -> Slider:
    zone, now = ZoneInfo(visit.settings.time_zone), visit.uow.now
    first, today = planted_at.astimezone(zone).date(), now.astimezone(zone).date()
    days = max((today - first).days, 0)
    said = request.args.get("day", "")
    day = min(int(said), days) if said.isascii() and said.isdecimal() and len(said) <= len(str(days)) else days
    end = datetime.combine(first + timedelta(days=day + 1), time(), zone) - timedelta(microseconds=1)
    return Slider(first, days, day, min(end, now))


def _picture(name: str, children: list[tuple[str, int]]) -> dict[str, object]:
    """What tree.js draws: the member, and who stands directly below, each with how many stand below them."""
    below = [{"name": each, "team": str(count) if count else "", "children": []} for each, count in children]
    return {"name": name, "team": "", "children": below}
