"""Where the pages are put together: sections, languages, what a browser fetches, and what every template may use."""

from __future__ import annotations

import secrets

from flask import Flask, current_app, g, request, url_for

from socialshop.infra.settings import Settings
from socialshop.pages import assets, cookies, formats, languages, refusals, section
from socialshop.pages.admin import admin
from socialshop.pages.admin.section import PLACES as ADMIN_PLACES
from socialshop.pages.design import design
from socialshop.pages.forms import Form
from socialshop.pages.leader import leader
from socialshop.pages.leader.section import PLACES as LEADER_PLACES
from socialshop.pages.section import Page, Section
from socialshop.pages.shopper import shopper
from socialshop.pages.states import STATES
from socialshop.pages.tabs import Group, may_be_seen
from socialshop.web.auth import BUYERS

SECTIONS: tuple[Section, ...] = (shopper, leader, admin)
_PLACES = {leader.name: LEADER_PLACES, admin.name: ADMIN_PLACES}
TABLE = "socialshop_pages"


def attach(app: Flask, settings: Settings) -> None:
    """Add the pages to the shop; `app.extensions[TABLE]` then has a row for each."""
    cookies.attach(app, settings)
    languages.attach(app)
    formats.attach(app)
    assets.attach(app, settings)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(new_intent=new_intent, this_page=_this_page, desk_places=_desk_places, states=STATES)
    app.context_processor(_facts)
    shown = settings.design_page or settings.environment != "production"
    app.extensions[TABLE] = section.attach(app, (*SECTIONS, design) if shown else SECTIONS)
    refusals.attach_elsewhere(app, section.dress)


def table_of(app: Flask) -> dict[str, Page]:
    """Every page of the app, by endpoint."""
    found: dict[str, Page] = app.extensions[TABLE]
    return found


def new_intent() -> str:
    """What a form is called that must be done once, however often it is sent."""
    return secrets.token_hex(16)


def _facts() -> dict[str, object]:
    """Who looks (None for nobody), whether they may buy and earn, the lit tab, and the form as it was filled in."""
    visitor = g.get("visitor")
    may_buy = visitor is None or visitor.role in BUYERS.roles
    return {"visitor": visitor, "may_buy": may_buy, "tab": g.get("tab", ""), "form": g.get("form") or Form()}


def _this_page(**changed: str | None) -> str:
    """The address of this page with some of its arguments changed; None takes one away."""
    arguments = {**request.args.to_dict(), **(request.view_args or {}), **changed}
    arguments.pop("lang", None)
    return url_for(request.endpoint or "", **{name: value for name, value in arguments.items() if value is not None})


def _desk_places() -> list[Group]:
    """Where this desk leads who looks at it: to what their role may see."""
    visitor, table = g.get("visitor"), table_of(current_app)
    role = visitor.role if visitor else None
    return may_be_seen(_PLACES.get(request.blueprint or "", ()), lambda endpoint: role in table[endpoint].access.roles)
