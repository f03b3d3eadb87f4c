"""Flash sessions as everybody sees them, the wish to be told, and the kit to share a whole session."""

from __future__ import annotations

from hashlib import sha256

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.flash import SessionStatus
from socialshop.deals.service import SESSION_PREFIX
from socialshop.invites.rules import Kind
from socialshop.pages import cookies, languages, sharing
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS, PUBLIC

_SESSION = {"session_id": SESSION_PREFIX}
_RUNS = (SessionStatus.ANNOUNCED, SessionStatus.LIVE)


@shopper.page("/flash-sessions", access=PUBLIC, tab="shop")
def list_sessions(visit: Visit) -> str:
    """The sessions that are live or announced."""
    rows, after = cut(deals.sessions(visit.uow, visit.after(), PAGE_ROWS + 1), lambda face: face.id)
    return render_template("shopper/sessions.html", sessions=rows, next=after)


@shopper.page("/flash-sessions/<session_id>", access=PUBLIC, ids=_SESSION, tab="shop")
def show_session(visit: Visit) -> str:
    """A session: what is pinned and whether it is live follow by themselves where scripts run."""
    return render_template("shopper/session.html", tab="shop", **_facts(visit))


@shopper.page("/flash-sessions/<session_id>/live", access=PUBLIC, ids=_SESSION)
def show_live_session(visit: Visit) -> Response:
    """The part of a session that changes: 304 while nothing has, for one read by key."""
    if request.if_none_match.contains_weak(_tag(visit)):
        answer = make_response("", 304)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return make_response(render_template("shopper/session_live.html", **_facts(visit)))


@shopper.action("/flash-sessions/<session_id>/reminder", access=BUYERS, again="show_session", ids=_SESSION)
def ask_for_reminder(visit: Visit) -> Response:
    """Be told when it begins, or not after all."""
    wanted = visit.form.choice("wanted", ("yes", "no"))
    visit.form.check()
    if wanted == "yes":
        deals.ask_to_be_told(visit.uow, visit.caller.number, visit.ids["session_id"])
        flash(gettext("You will be told once, when it begins."))
    else:
        deals.ask_no_more(visit.uow, visit.caller.number, visit.ids["session_id"])
        flash(gettext("You will not be told."))
    return go_to("shopper.show_session", session_id=visit.path["session_id"])


@shopper.action("/flash-sessions/<session_id>/kit", access=BUYERS, again="show_session", ids=_SESSION)
def make_session_kit(visit: Visit) -> Response:
    """Make my link to the session; with it stands all that goes along."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.SESSION, visit.ids["session_id"])
    return go_to("shopper.show_session_kit", session_id=visit.path["session_id"])


@shopper.page("/flash-sessions/<session_id>/kit", access=BUYERS, ids=_SESSION, tab="shop")
def show_session_kit(visit: Visit) -> str:
    """Poster, QR code, text in both languages and link of my own, and one file with all of them."""
    face = deals.flash_session(visit.uow, visit.ids["session_id"]).face
    kit, texts = sharing.kit_of_target(visit.uow, visit.caller.member_id, Kind.SESSION, face.id)
    return render_template("shopper/session_kit.html", session=face, kit=kit, texts=texts)


def _facts(visit: Visit) -> dict[str, object]:
    # Before the session is read: what changes in between is then asked for once too often, never missed.
    seen = _tag(visit)
    found = deals.flash_session(visit.uow, visit.ids["session_id"])
    face, who = found.face, visit.visitor
    waits = who is not None and face.status is SessionStatus.ANNOUNCED
    return {
        "session": face,
        "picks": found.picks,
        "pinned": next((shown for shown in found.picks if shown.is_pinned), None),
        "runs": face.status in _RUNS,
        "asked": waits and who is not None and deals.has_asked(visit.uow, who.number, face.id),
        "tag": seen,
    }


def _tag(visit: Visit) -> str:
    """What a browser has seen: the session as it stands, in which language, and in whose eyes."""
    pulse = deals.pulse(visit.uow, visit.ids["session_id"])
    whose = sha256((cookies.token() or "").encode()).hexdigest()[:12]
    return f"{visit.path['session_id']}-{pulse.tag}-{languages.reader()}-{whose}"
