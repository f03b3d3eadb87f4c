"""The leaders' desk."""

from __future__ import annotations

from flask_babel import lazy_gettext

from socialshop.pages.section import Section
from socialshop.pages.tabs import Group, Tab
from socialshop.web.auth import LEADERS

leader = Section("leader", __name__, access=LEADERS, prefix="/lead")
PLACES = (
    Group("rooms", None, (Tab("overview", "leader.show_overview", lazy_gettext("Overview")),)),
    Group(
        "basket",
        lazy_gettext("Goods and deals"),
        (
            Tab("deals", "leader.list_deals", lazy_gettext("Deals")),
            Tab("bargains", "leader.list_bargains", lazy_gettext("Bargains")),
            Tab("sessions", "leader.list_sessions", lazy_gettext("Flash sessions")),
            Tab("storefront", "leader.show_storefront", lazy_gettext("Storefront")),
        ),
    ),
    Group(
        "me",
        lazy_gettext("Your people"),
        (
            Tab("circle", "leader.show_circle", lazy_gettext("Circle")),
            Tab("team", "leader.show_team", lazy_gettext("Team")),
        ),
    ),
    Group("shield", lazy_gettext("Other desks"), (Tab("admin", "admin.show_overview", lazy_gettext("Admins’ desk")),)),
)
