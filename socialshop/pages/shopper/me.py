"""A member's own affairs: profile, language, notices, and the way to everything else."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import force_locale, gettext

from socialshop.identity.service import LONGEST_NAME, ProfileChanges
from socialshop.kernel.time import places_of_time_zones
from socialshop.ledger import service as ledger
from socialshop.memberships import service as memberships
from socialshop.onboarding import service as onboarding
from socialshop.pages import cookies, languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import LEADERS, READS_ALL


@shopper.page("/me", tab="me")
def show_me(visit: Visit) -> str:
    """The member's centre: where they stand, what they have, the way to everything else by kind, and the profile."""
    role, currency = visit.caller.role, visit.settings.currency
    card = onboarding.card_of(visit.uow, visit.caller.member_id)
    return render_template(
        "shopper/me.html",
        card=card,
        membership=memberships.membership_of(visit.uow, visit.caller.number),
        wallet=ledger.wallet(visit.uow, visit.caller.number, currency),
        currency=currency,
        zones=_zones(card.own_time_zone, visit.settings.time_zone),
        leads=role in LEADERS.roles,
        reads_all=role in READS_ALL.roles,
    )


@shopper.action("/me", again="show_me")
def edit_me(visit: Visit) -> Response:
    """Change name, language or time zone."""
    form = visit.form
    changes: ProfileChanges = {
        "display_name": form.text("display_name", longest=LONGEST_NAME),
        "locale": form.choice("locale", languages.LANGUAGES),
        "time_zone": form.text("time_zone", longest=60, required=False) or None,
    }
    form.check()
    onboarding.edit_profile(visit.uow, visit.caller.member_id, changes)
    answer = go_to("shopper.show_me")
    cookies.keep_language(answer, changes["locale"])
    with force_locale(changes["locale"]):
        flash(gettext("Kept."))
    return answer


def _zones(chosen: str | None, shops: str) -> list[tuple[str, str]]:
    """What may be chosen: the shop's zone, whichever it is, or a place; and what was chosen before by another name."""
    places = places_of_time_zones()
    names = places if chosen is None or chosen in places else (chosen, *places)
    return [("", gettext("As the shop: %(zone)s", zone=shops)), *((name, name) for name in names)]
