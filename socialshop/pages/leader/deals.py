"""A leader's deals, and one of them: its rooms as they fill, reminders, the kit to share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext, ngettext

from socialshop.deals import service as deals
from socialshop.deals.rules import Status
from socialshop.deals.service import DealView
from socialshop.invites.rules import Kind
from socialshop.kernel.languages import Language
from socialshop.kernel.roles import Role
from socialshop.pages import languages, sharing
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.sharing import Share
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.rooms import service as rooms

_DEAL = {"deal_id": "deal"}
_ROOM = {"deal_id": "deal", "room_id": "room"}
_OPEN_SHOWN = 24


class DealPage(NamedTuple):
    """What the part of a deal's page shows that changes by itself."""

    deal: DealView
    rooms: list[rooms.FollowedRoom]
    counts: rooms.CountRow
    seen: str
    is_mine: bool


@leader.page("/deals", tab="deals")
def list_deals(visit: Visit) -> str:
    """My deals, the newest first, each with how its rooms stand."""
    found = deals.deals_of(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda deal: deal.id)
    counts = rooms.room_counts(visit.uow, [deal.id for deal in rows])
    return render_template("leader/deals.html", deals=rows, counts=counts, next=after)


@leader.page("/deals/<deal_id>", ids=_DEAL, tab="deals")
def show_deal(visit: Visit) -> str:
    """A deal, its rooms, and the kit to share it."""
    live = _live(visit)
    over, after = cut(rooms.rooms_over(visit.uow, live.deal.id, visit.after(), PAGE_ROWS + 1), lambda room: room.id)
    kit, texts = _kit(visit, live.deal)
    return render_template("leader/deal.html", over=over, next=after, kit=kit, texts=texts, **live._asdict())


@leader.page("/deals/<deal_id>/rooms", ids=_DEAL)
def show_rooms(visit: Visit) -> Response:
    """The rooms that fill; 304 while nothing has changed in any, for one read of an index.

    Whose deal it is is asked where something is shown: the tag names who has seen it.
    """
    seen = request.if_none_match
    if seen and seen.contains_weak(_tag(visit)):
        answer = make_response("", 304)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return make_response(render_template("leader/deal_rooms.html", **_live(visit)._asdict()))


@leader.action("/deals/<deal_id>/publish", again="show_deal", once=True, ids=_DEAL)
def publish_deal(visit: Visit) -> Response:
    """End a draft; its link is ready at once."""
    deal = deals.publish_deal(visit.uow, visit.caller.member_id, whose(visit), visit.ids["deal_id"])
    sharing.make(visit.uow, visit.caller.member_id, Kind.DEAL, deal.id)
    flash(gettext("The deal is open. Share it below."))
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"])


@leader.action("/deals/<deal_id>/pause", again="show_deal", ids=_DEAL)
def pause_deal(visit: Visit) -> Response:
    """Let nobody join for a while."""
    deals.pause(visit.uow, visit.caller, visit.ids["deal_id"])
    flash(gettext("Paused: nobody can join. Who has a seat keeps it."))
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"])


@leader.action("/deals/<deal_id>/resume", again="show_deal", ids=_DEAL)
def resume_deal(visit: Visit) -> Response:
    """Let members join again."""
    deals.resume(visit.uow, visit.caller, visit.ids["deal_id"])
    flash(gettext("The deal goes on."))
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"])


@leader.page("/deals/<deal_id>/end", ids=_DEAL, tab="deals")
def show_end(visit: Visit) -> str:
    """What ending a deal means, before it is done: there is no way back."""
    deal = own_deal(visit)
    counts = rooms.room_counts(visit.uow, [deal.id])[deal.id]
    return render_template("leader/end_deal.html", deal=deal, counts=counts)


@leader.action("/deals/<deal_id>/end", again="show_end", ids=_DEAL)
def end_deal(visit: Visit) -> Response:
    """End it for good."""
    deals.end(visit.uow, visit.caller, visit.ids["deal_id"])
    flash(gettext("The deal is over. Rooms that are open live on."))
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"])


@leader.action("/deals/<deal_id>/link", again="show_deal", ids=_DEAL)
def share_deal(visit: Visit) -> Response:
    """Make my link to the deal."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.DEAL, visit.ids["deal_id"])
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"], _anchor="share")


@leader.action("/deals/<deal_id>/rooms/<room_id>/reminder", again="show_deal", ids=_ROOM)
def remind_room(visit: Visit) -> Response:
    """Tell who has yet to pay, and who could bring one more; a member hears once a day of a room."""
    zone = visit.settings.time_zone
    told = rooms.remind(visit.uow, visit.caller.number, visit.ids["room_id"], also_paid=True, zone=zone)
    if told:
        flash(ngettext("%(num)s member was reminded.", "%(num)s members were reminded.", told))
    else:
        flash(gettext("Nobody was left to remind: everybody hears of a room once a day."), "wait")
    if visit.form.values.get("from") == "overview":
        return go_to("leader.show_overview")
    return go_to("leader.show_deal", deal_id=visit.path["deal_id"], _anchor="rooms")


def own_deal(visit: Visit) -> DealView:
    """The deal that the address names. Raises NotFound, also for another leader's."""
    return deals.own_deal(visit.uow, whose(visit), visit.ids["deal_id"])


def whose(visit: Visit) -> int | None:
    """Whose deals this visitor may see: an admin anybody's, a leader their own."""
    return None if visit.caller.role is Role.ADMIN else visit.caller.number


def _kit(visit: Visit, deal: DealView) -> tuple[Share | None, Mapping[Language, str]]:
    """My link to the deal once it is made, and its words in each language: who reads them may not read mine."""
    if deal.status is Status.DRAFT:
        return None, {}
    return sharing.kit_of_target(visit.uow, visit.caller.member_id, Kind.DEAL, deal.id)


def _live(visit: Visit) -> DealPage:
    deal = own_deal(visit)
    # Before the rooms are read: what changes in between is then asked for once too often, never missed.
    seen = f'"{_tag(visit)}"'
    filling = rooms.filling_of_deal(visit.uow, deal.id, _OPEN_SHOWN)
    counts = rooms.room_counts(visit.uow, [deal.id])[deal.id]
    return DealPage(deal, filling, counts, seen, deal.opened_by == visit.caller.number)


def _tag(visit: Visit) -> str:
    """What this browser has seen of the deal's rooms, and in which language."""
    version = rooms.deal_version(visit.uow, visit.ids["deal_id"])
    return f"{visit.path['deal_id']}-{version}-{languages.reader()}-{visit.caller.number}"
