"""The page behind an invite link: who invites, to what, at which price, seats and clock, and one button.

Shown to thousands through one link, so it is kept ready made (invites/landing.py): nothing on it is about who looks.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from socialshop.invites.rules import Kind
from socialshop.invites.service import Landing
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.pages import cookies, languages
from socialshop.pages.section import HEADERS

# Where a seat is taken by who joins the shop with it, by the prefix of its public id.
_SEATS = {Kind.ROOM: "room", Kind.DEAL: "deal"}
# The page of what is no seat, or none any more: endpoint, its variable, the prefix of the id, and the button.
_PAGES: Mapping[Kind, tuple[str, str, str, LazyString]] = {
    # Who comes too late sees who was quicker, and the way into another room of the deal.
    Kind.ROOM: ("shopper.show_room", "room_id", "room", lazy_gettext("Another room, or one of your own")),
    Kind.DEAL: ("shopper.show_deal", "deal_id", "deal", lazy_gettext("See the deal")),
    Kind.NOTE: ("shopper.show_note", "note_id", "post", lazy_gettext("Read the note")),
    Kind.STOREFRONT: ("shopper.show_storefront", "storefront_id", "sfr", lazy_gettext("Have a look")),
    Kind.SESSION: ("shopper.show_session", "session_id", "fls", lazy_gettext("See the session")),
    Kind.BARGAIN: ("shopper.show_bargain", "bargain_id", "brg", lazy_gettext("Chop the price")),
}


class LandingPages:
    """How links look; invites records who came."""

    headers: Mapping[str, str] = HEADERS

    def language(self) -> Language:
        """The reader's language."""
        return languages.reader()

    def cookies(self) -> list[str]:
        """The language, if the address named one."""
        asked = languages.asked_for()
        return [] if asked is None else [cookies.language_cookie(asked)]

    def page(self, landing: Landing | None) -> bytes:
        """The page of a link; None for a code that no link has."""
        if landing is None:
            return render_template("shopper/landing_unknown.html").encode()
        inviter = landing.inviter or gettext("A member")
        if landing.closed is not None:
            return render_template("shopper/landing_closed.html", landing=landing, inviter=inviter).encode()
        address, words = _next_step(landing)
        facts = {"landing": landing, "subject": landing.subject, "address": address, "words": words}
        return render_template("shopper/landing.html", inviter=inviter, **facts).encode()


def _next_step(landing: Landing) -> tuple[str, str]:
    """The one button: where it leads, and what it says. Who is a member already is led on from there."""
    subject, target, kind = landing.subject, landing.target_id, landing.kind
    if subject is None or target is None:
        return url_for("shopper.show_sign_up", invite=landing.code), gettext("Become a member")
    if kind in _SEATS and subject.is_open:
        words = gettext("Take a seat") if kind is Kind.ROOM else gettext("Buy together")
        return url_for("shopper.show_sign_up", seat=to_public(_SEATS[kind], target)), words
    if kind in _PAGES:
        endpoint, variable, prefix, words = _PAGES[kind]
        return url_for(endpoint, **{variable: to_public(prefix, target)}), str(words)  # type: ignore[arg-type]
    return url_for("shopper.shop_front"), gettext("See what is on sale")
