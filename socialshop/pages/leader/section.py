"""The leaders' desk."""

from __future__ import annotations

from flask_babel import lazy_gettext

from socialshop.pages.section import Section
from socialshop.pages.tabs import Tab
from socialshop.web.auth import LEADERS

leader = Section("leader", __name__, access=LEADERS, prefix="/lead")
TABS = (
    Tab("overview", "leader.show_overview", "rooms", lazy_gettext("Overview")),
    Tab("deals", "leader.list_deals", "list", lazy_gettext("Deals")),
    Tab("bargains", "leader.list_bargains", "list", lazy_gettext("Bargains")),
    Tab("sessions", "leader.list_sessions", "pulse", lazy_gettext("Flash sessions")),
    Tab("storefront", "leader.show_storefront", "shop", lazy_gettext("Storefront")),
    Tab("circle", "leader.show_circle", "invite", lazy_gettext("Circle")),
    Tab("team", "leader.show_team", "me", lazy_gettext("Team")),
)
