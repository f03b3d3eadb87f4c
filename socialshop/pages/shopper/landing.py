"""The page behind an invite link: who invites, to what, at which price, seats and clock, and one button.

Shown to thousands through one link, so it is kept ready made (invites/landing.py): nothing on it is about who looks.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask_babel import gettext

from socialshop.invites.rules import Kind
from socialshop.invites.service import Landing
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.pages import cookies, languages
from socialshop.pages.section import HEADERS


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
        address, words = _next_step(landing)
        facts = {"landing": landing, "subject": landing.subject, "address": address, "words": words}
        inviter = landing.inviter or gettext("A member")
        return render_template("shopper/landing.html", inviter=inviter, **facts).encode()


def _next_step(landing: Landing) -> tuple[str, str]:
    """The one button: where it leads, and what it says. Who is a member already is led on from there."""
    subject, target = landing.subject, landing.target_id
    if subject is not None and target is not None:
        if landing.kind is Kind.ROOM and subject.is_open:
            return url_for("shopper.show_sign_up", seat=to_public("room", target)), gettext("Take a seat")
        if landing.kind is Kind.DEAL and subject.is_open:
            return url_for("shopper.show_sign_up", seat=to_public("deal", target)), gettext("Buy together")
        if landing.kind is Kind.DEAL:
            return url_for("shopper.show_deal", deal_id=to_public("deal", target)), gettext("See the deal")
        if landing.kind is Kind.NOTE:
            return url_for("shopper.show_note", note_id=to_public("post", target)), gettext("Read the note")
        return url_for("shopper.shop_front"), gettext("See what is on sale")
    return url_for("shopper.show_sign_up", invite=landing.code), gettext("Become a member")
