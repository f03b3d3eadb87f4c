"""Becoming a member, signing in, signing out."""

from __future__ import annotations

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.identity.errors import WrongCredentials
from socialshop.identity.service import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, TERMS_VERSION, NewMember
from socialshop.invites import visitors
from socialshop.onboarding import service as onboarding
from socialshop.onboarding.service import Arrival, Entrance
from socialshop.pages import cookies, languages
from socialshop.pages.section import go_to_address
from socialshop.pages.shopper import seats
from socialshop.pages.shopper.rooms import go_and_pay
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.signins import service as signins
from socialshop.signins.gateway import texter
from socialshop.web import limits
from socialshop.web.auth import PUBLIC, SIGNED_IN


def safe_next(said: str | None) -> str:
    """Where to go after signing in: an address of this shop, whatever somebody put into the link."""
    if said and said.startswith("/") and not said.startswith(("//", "/\\")) and said.isprintable():
        return said
    return url_for("shopper.shop_front")


def next_address(visit: Visit) -> str:
    """Where the form or the address of a page of signing in says to go after it."""
    return safe_next(visit.form.values.get("next", request.args.get("next")))


@shopper.page("/sign-in", access=PUBLIC)
def show_sign_in(visit: Visit) -> str:
    """The form."""
    by_phone = texter() is not None
    by_passkey = signins.party() is not None
    return render_template("shopper/sign_in.html", next=next_address(visit), by_phone=by_phone, by_passkey=by_passkey)


@shopper.action("/sign-in", access=PUBLIC, again="show_sign_in")
def sign_in(visit: Visit) -> Response:
    """Sign in."""
    form = visit.form
    email = identity.email_asked_for(form.text("email", longest=LONGEST_EMAIL))
    password = form.secret("password", longest=LONGEST_PASSWORD)
    form.check()
    with limits.counted(email, WrongCredentials):
        entrance = onboarding.sign_in(
            visit.uow,
            email,
            password,
            session_days=visit.settings.session_days,
            visitor=visitors.known_visitor(),
            signals=visitors.signals(),
        )
    return let_in(entrance, go_to_address(next_address(visit)))


@shopper.page("/sign-up", access=PUBLIC)
def show_sign_up(visit: Visit) -> str | Response:
    """The form; the link that somebody came by is remembered by a cookie, or named in the address.

    `?seat=` names what somebody wants to buy who is no member yet: the same form takes the seat. A member is taken
    there at once.
    """
    wanted = visit.form.values.get("seat", request.args.get("seat", ""))
    if wanted and visit.visitor is not None:
        return go_to_address(_seat_address(wanted))
    came_by = visitors.touch(visit.uow.now) is not None
    return render_template(
        "shopper/sign_up.html",
        next=_seat_address(wanted) if wanted else next_address(visit),
        came_by=came_by,
        code=request.args.get("invite", ""),
        offer=seats.offer(visit, wanted) if wanted else None,
        terms_version=TERMS_VERSION,
    )


@shopper.page("/terms", access=PUBLIC)
def show_terms(visit: Visit) -> str:
    """What whoever becomes a member agrees to, in plain words, in the version that is kept with the consent."""
    return render_template("shopper/terms.html", version=TERMS_VERSION)


@shopper.action("/sign-up", access=PUBLIC, again="show_sign_up", limit=limits.REGISTRATIONS)
def sign_up(visit: Visit) -> Response:
    """Become a member, bound for good to who invited; with a seat taken in the same step, go and pay for it."""
    form, settings = visit.form, visit.settings
    name = form.text("display_name", longest=LONGEST_NAME)
    email = form.text("email", longest=LONGEST_EMAIL)
    password = form.secret("password", longest=LONGEST_PASSWORD)
    code = form.text("invite_code", longest=40, required=False)
    # The button under the sentence that names the terms carries the version that was named.
    if form.values.get("accept_terms") != TERMS_VERSION:
        form.errors["accept_terms"] = gettext("The terms have changed. Read them, and press the button again.")
    form.check()
    person = NewMember(
        email=email,
        password=password,
        display_name=name,
        locale=languages.reader(),
        terms_version=TERMS_VERSION,
    )
    arrival = Arrival(code or None, visitors.touch(visit.uow.now), visitors.known_visitor(), visitors.signals())
    entrance = onboarding.register(visit.uow, person, arrival, session_days=settings.session_days)
    wanted = form.values.get("seat", "")
    answer = _seated(visit, entrance, wanted, code or None) if wanted else go_to_address(next_address(visit))
    flash(gettext("Welcome, %(name)s.", name=entrance.card.display_name))
    return let_in(entrance, answer)


@shopper.action("/sign-out", access=SIGNED_IN, again="show_sign_in")
def sign_out(visit: Visit) -> Response:
    """Sign out: the session is worth nothing any more."""
    identity.close_session(visit.uow, visit.caller.session_id)
    answer = go_to_address(url_for("shopper.shop_front"))
    cookies.drop_session(answer)
    return answer


def _seat_address(wanted: str) -> str:
    """Where a member takes such a seat."""
    if wanted.startswith("room_"):
        return url_for("shopper.show_room", room_id=wanted)
    return url_for("shopper.show_deal", deal_id=wanted)


def _seated(visit: Visit, entrance: Entrance, wanted: str, code: str | None) -> Response:
    """Take the seat as the member that somebody has just become: both happen, or neither."""
    member_id = entrance.card.member_id
    (member,) = identity.named(visit.uow, ids=[member_id])
    return go_and_pay(visit, member_id, seats.take(visit, member.number, wanted, code))


def let_in(entrance: Entrance, answer: Response) -> Response:
    """The answer, with which the browser is signed in."""
    cookies.keep_session(answer, entrance.session.token, entrance.session.expires_at)
    chosen = entrance.card.own_locale
    if chosen is not None and not languages.is_remembered():
        cookies.keep_language(answer, chosen)
    return answer
