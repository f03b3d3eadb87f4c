"""The calendar of the season: what goes on for a member, and what comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.loyalty.service import campaigns
from socialshop.loyalty.service.campaigns import Entry
from socialshop.pages.formats import rate
from socialshop.pages.shopper.missions import bilingual
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit

THEMES: Mapping[str, Any] = {
    "spring": lazy_gettext("Spring"),
    "summer": lazy_gettext("Summer"),
    "autumn": lazy_gettext("Autumn"),
    "winter": lazy_gettext("Winter"),
    "festival": lazy_gettext("Festival"),
    "sale": lazy_gettext("Sale"),
    "thanks": lazy_gettext("A thank-you to members"),
}


@shopper.page("/calendar", tab="me")
def show_calendar(visit: Visit) -> str:
    """What goes on, then what begins within sixty days."""
    found = campaigns.calendar_of(visit.uow, visit.caller.number, visit.settings.time_zone)
    on = [entry for entry in found if entry.starts_at <= visit.uow.now]
    coming = [entry for entry in found if entry.starts_at > visit.uow.now]
    return render_template("shopper/calendar.html", on=on, coming=coming)


@shopper.app_template_global()
def theme_words(theme: str) -> str:
    """What a campaign is in the course of the year."""
    return str(THEMES[theme])


@shopper.app_template_global()
def entry_title(entry: Entry) -> str:
    """What an entry of the calendar is called."""
    return gettext("Member day") if entry.theme == "member_day" else bilingual(entry.title_zh, entry.title_en)


@shopper.app_template_global()
def entry_gives(entry: Entry) -> list[str]:
    """What it gives, a sentence each."""
    said = []
    if entry.multiplier_bps:
        said.append(gettext("Orders give %(rate)s of the points", rate=rate(entry.multiplier_bps)))
    if entry.coupon:
        said.append(gettext("A coupon: %(title)s", title=entry.coupon))
    if entry.missions:
        said.append(ngettext("%(num)s mission", "%(num)s missions", entry.missions))
    return said
