"""Missions as a member sees them: what to do, how far one is, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import lazy_gettext

from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import Own
from socialshop.pages import languages
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

_WHOLE = 1_000
MISSION_KINDS: Mapping[str, Any] = {
    MissionKind.ORDER: lazy_gettext("Orders of your own"),
    MissionKind.FRIEND: lazy_gettext("Friends you brought who buy"),
    MissionKind.CHECK_IN: lazy_gettext("Days of check-in"),
    MissionKind.SHARE: lazy_gettext("Orders that your links led to"),
    MissionKind.SURVEY: lazy_gettext("Surveys answered"),
    MissionKind.REVIEW: lazy_gettext("Reviews of yours that were published"),
    MissionKind.NOTE: lazy_gettext("Notes of yours that were published"),
}
MISSION_REPEATS: Mapping[str, Any] = {
    Repeats.ONCE: lazy_gettext("once"),
    Repeats.DAY: lazy_gettext("every day"),
    Repeats.WEEK: lazy_gettext("every week"),
    Repeats.MONTH: lazy_gettext("every month"),
}


@shopper.page("/missions", tab="me")
def list_missions(visit: Visit) -> str:
    """The missions that go on, and how far the member is with each."""
    number, zone = visit.caller.number, visit.settings.time_zone
    found = missions.of_member(visit.uow, number, zone, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda own: own.mission.id)
    return render_template("shopper/missions.html", rows=[(own, _way(own)) for own in rows], next=after)


def _way(own: Own) -> int:
    return min(own.done * _WHOLE // own.mission.times, _WHOLE)


@shopper.app_template_global()
def bilingual(zh: str, en: str) -> str:
    """Of what the shop wrote in both languages, the reader's."""
    return zh if languages.reader() == "zh" else en


@shopper.app_template_global()
def mission_words(kind: str) -> str:
    """What a mission counts."""
    return str(MISSION_KINDS[kind])


@shopper.app_template_global()
def repeats_words(repeats: str) -> str:
    """How often a mission begins anew."""
    return str(MISSION_REPEATS[repeats])
