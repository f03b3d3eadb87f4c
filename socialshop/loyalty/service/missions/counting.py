"""How far members are with missions, counted anew when something that they count comes or goes; and the reward.

Done often enough, a period is rewarded; a refund that leaves it undone takes the reward back, and done again it is
rewarded again: what a member has of it is what stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import parse_instant, to_text
from socialshop.loyalty import rules
from socialshop.loyalty.rules import MissionKind
from socialshop.loyalty.service.earning import Deed, earn_all
from socialshop.loyalty.service.taking_back import take_back_events
from socialshop.loyalty.store import lots
from socialshop.loyalty.store import missions as store
from socialshop.loyalty.store.missions import Moved, Touched
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

MISSION_PREFIX = "msn"


def on_deeds_done(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow DeedsDone: missions that count such deeds. Told again, nothing changes."""
    touched = [
        Touched(member, MissionKind(payload["kind"]), parse_instant(payload["at"]))
        for payload in payloads
        for member in payload["members"]
    ]
    lots.lock_members(uow.session, {each.member for each in touched})
    count_anew(uow, touched)


def count_anew(uow: UnitOfWork, touched: Iterable[Touched]) -> None:
    """Count what these (members locked before) touch; give and take back rewards. A constant number of statements."""
    found = sorted(set(touched))
    if not found:
        return
    moved = store.count(uow.session, found, wired.settings().time_zone)
    take_back_events(uow, rules.MISSION, [_event(each) for each in moved if each.was_rewarded and not each.rewarded])
    finished = [each for each in moved if each.rewarded and not each.was_rewarded]
    deeds = [Deed(*_event(each), each.points) for each in finished]
    earned = earn_all(uow, rules.MISSION, deeds)
    given = [(each, got.points) for each, got in zip(finished, earned, strict=True) if got.points]
    notifications.tell(uow, [_told(each, points) for each, points in given])


def _event(moved: Moved) -> tuple[int, str]:
    """The member, and the reward's name among the member's missions."""
    mission, begins = to_public(MISSION_PREFIX, moved.mission_id), to_text(moved.begins_at)
    return moved.member, f"{mission}:{begins}:{moved.grants}"


def _told(moved: Moved, points: int) -> Told:
    facts = {"title_zh": moved.title_zh, "title_en": moved.title_en, "points": points}
    return Told(moved.member, "mission_done", _event(moved)[1], None, None, facts)
