"""A leader's flash sessions: announced, changed until they begin, run while they are live, and what they brought."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.flash import LONGEST_BRAND, LONGEST_NAME, LONGEST_STREAM, LONGEST_WORDS, MOST_PICKS
from socialshop.deals.rules import Status
from socialshop.deals.service import SESSION_PREFIX, DealView, FlashSession, NewSession, SessionPick
from socialshop.invites.rules import Kind
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.pages import sharing
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.rooms import service as rooms

_SESSION = {"session_id": SESSION_PREFIX}
_OFFERED = 50
_LOCAL = "%Y-%m-%dT%H:%M"
_NOT_BEGUN = (Status.DRAFT, Status.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Offered:
    """What may stand in a session, as the form names it; `holds` says whether it would keep to the session's clock."""

    title: str
    holds: bool


@leader.page("/sessions", tab="sessions")
def list_sessions(visit: Visit) -> str:
    """My sessions, the newest first."""
    found = deals.sessions_of(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda face: face.id)
    return render_template("leader/sessions.html", sessions=rows, next=after)


@leader.page("/sessions/new", tab="sessions")
def new_session(visit: Visit) -> str:
    """The form of a session, with what may stand in it."""
    return render_template("leader/session_form.html", own=None, typed={}, offered=_offered(visit, None), places={})


@leader.action("/sessions", again="new_session", once=True)
def announce_session(visit: Visit) -> Response:
    """Announce it; its link is ready at once."""
    new = _typed(visit, None)
    made = deals.announce_session(visit.uow, visit.caller, new, visit.settings.stream_host_names)
    sharing.make(visit.uow, visit.caller.member_id, Kind.SESSION, made.id)
    flash(gettext("Announced. Share it below."))
    return go_to("leader.show_session", session_id=to_public(SESSION_PREFIX, made.id))


@leader.page("/sessions/<session_id>", ids=_SESSION, tab="sessions")
def show_session(visit: Visit) -> str:
    """How it stands: what is pinned, the stream, what it brought, and the kit to share it."""
    own = _own(visit)
    kit, texts = sharing.kit_of_target(visit.uow, visit.caller.member_id, Kind.SESSION, own.id)
    results = rooms.session_results(visit.uow, None, own.id, visit.settings.currency)
    return render_template("leader/session.html", own=own, session=own.face, kit=kit, texts=texts, results=results)


@leader.page("/sessions/<session_id>/edit", ids=_SESSION, tab="sessions")
def edit_session(visit: Visit) -> str:
    """The form, filled in with what was announced."""
    own, zone = _own(visit), ZoneInfo(visit.zone)
    typed = {
        "brand": own.face.brand,
        "title": own.face.title,
        "intro": own.face.intro,
        "stream_url": own.face.stream_url or "",
        "starts_at": own.face.starts_at.astimezone(zone).strftime(_LOCAL),
        "ends_at": own.face.ends_at.astimezone(zone).strftime(_LOCAL),
    }
    places = {_public(shown): place for place, shown in enumerate(own.picks, 1)}
    return render_template(
        "leader/session_form.html", own=own.face, typed=typed, offered=_offered(visit, own), places=places
    )


@leader.action("/sessions/<session_id>/edit", again="edit_session", ids=_SESSION)
def change_session(visit: Visit) -> Response:
    """Keep the changes."""
    own = _own(visit)
    new = _typed(visit, own)
    names = ("brand", "title", "intro", "ends_at", "stream_url", "picks")
    changes = {name: getattr(new, name) for name in names}
    # A form knows minutes: a start that was not touched stays to the second.
    starts = new.starts_at or own.face.starts_at
    if starts != own.face.starts_at.replace(second=0, microsecond=0):
        changes["starts_at"] = starts
    deals.change_session(visit.uow, visit.caller, own.id, changes, visit.settings.stream_host_names)
    flash(gettext("Kept. Its deals follow its clock."))
    return go_to("leader.show_session", session_id=visit.path["session_id"])


@leader.action("/sessions/<session_id>/stream", again="show_session", ids=_SESSION)
def give_stream(visit: Visit) -> Response:
    """Give the stream's address, also while the session is live; nothing typed is none."""
    address = visit.form.text("stream_url", longest=LONGEST_STREAM, required=False) or None
    visit.form.check()
    changes = {"stream_url": address}
    hosts = visit.settings.stream_host_names
    deals.change_session(visit.uow, visit.caller, visit.ids["session_id"], changes, hosts)
    flash(gettext("Kept."))
    return go_to("leader.show_session", session_id=visit.path["session_id"])


@leader.action("/sessions/<session_id>/pin", again="show_session", ids=_SESSION)
def pin(visit: Visit) -> Response:
    """Pin what its host speaks of, or nothing."""
    picked = visit.form.values.get("pick_id", "")
    deals.pin(visit.uow, visit.caller, visit.ids["session_id"], _id_of(picked) if picked else None)
    return go_to("leader.show_session", session_id=visit.path["session_id"], _anchor="goods")


@leader.action("/sessions/<session_id>/link", again="show_session", ids=_SESSION)
def share_session(visit: Visit) -> Response:
    """Make my link to the session."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.SESSION, visit.ids["session_id"])
    return go_to("leader.show_session", session_id=visit.path["session_id"], _anchor="share")


@leader.page("/sessions/<session_id>/cancel", ids=_SESSION, tab="sessions")
def show_cancel(visit: Visit) -> str:
    """What calling it off means, before it is done: there is no way back."""
    return render_template("leader/cancel_session.html", own=_own(visit))


@leader.action("/sessions/<session_id>/cancel", again="show_cancel", ids=_SESSION)
def cancel_session(visit: Visit) -> Response:
    """Call it off for good."""
    deals.cancel_session(visit.uow, visit.caller, visit.ids["session_id"])
    flash(gettext("The session is cancelled. Rooms that are open live on."))
    return go_to("leader.show_session", session_id=visit.path["session_id"])


def _own(visit: Visit) -> FlashSession:
    """The session that the address names. Raises NotFound, also for another leader's."""
    whose = None if visit.caller.role is Role.ADMIN else visit.caller.number
    return deals.own_session(visit.uow, whose, visit.ids["session_id"])


def _offered(visit: Visit, own: FlashSession | None) -> Mapping[str, Offered]:
    """What may be picked, by public id: own deals (an admin: anybody's), products, and what stands in it already."""
    kept = {} if own is None else {_public(shown): Offered(_title(shown), shown.holds) for shown in own.picks}
    found = deals.deals_of(visit.uow, visit.caller.number, None, _OFFERED)
    if visit.caller.role is Role.ADMIN:
        found += deals.deals(visit.uow, None, _OFFERED)
    open_ones = {to_public("deal", deal.id): _offer(deal) for deal in found if _may_stand(deal)}
    goods = {
        to_public("prd", product.id): Offered(product.title, holds=False)
        for product in deals.products(visit.uow, None, _OFFERED)
    }
    return {**open_ones, **goods, **kept}


def _may_stand(deal: DealView) -> bool:
    return deal.status in (*_NOT_BEGUN, Status.LIVE)


def _offer(deal: DealView) -> Offered:
    return Offered(deal.title, holds=deal.status in _NOT_BEGUN)


def _typed(visit: Visit, own: FlashSession | None) -> NewSession:
    """What the form says; what has a number stands in it, the smallest first."""
    form, offered = visit.form, _offered(visit, own)
    brand = form.text("brand", longest=LONGEST_BRAND)
    title = form.text("title", longest=LONGEST_NAME)
    intro = form.text("intro", longest=LONGEST_WORDS, required=False)
    stream = form.text("stream_url", longest=LONGEST_STREAM, required=False) or None
    starts_at, ends_at = form.instant("starts_at", visit.zone), form.instant("ends_at", visit.zone)
    if ends_at is None and "ends_at" not in form.errors:
        form.errors["ends_at"] = gettext("This is needed.")
    asked = {name: form.whole_or_none(f"place-{name}", 1, MOST_PICKS) for name in offered}
    form.check()
    chosen = sorted((place, name) for name, place in asked.items() if place is not None)
    picks = [_pick(name, holds=offered[name].holds) for _, name in chosen]
    return NewSession(brand, title, intro, starts_at, _known(ends_at), stream, picks)


def _known(at: datetime | None) -> datetime:
    if at is None:
        raise LookupError("a form that was checked says when it ends")
    return at


def _pick(name: str, *, holds: bool) -> SessionPick:
    wanted = _id_of(name)
    return SessionPick(wanted, None, holds) if name.startswith("deal_") else SessionPick(None, wanted)


def _id_of(name: str) -> uuid.UUID:
    return from_public("deal" if name.startswith("deal_") else "prd", name)


def _public(shown: deals.Shown) -> str:
    return to_public("prd" if shown.deal is None else "deal", shown.id)


def _title(shown: deals.Shown) -> str:
    if shown.deal is not None:
        return shown.deal.title
    return "" if shown.product is None else shown.product.title
