"""Where members stand after what happened, and day by day: up at once, down only after a warning and its grace."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import to_text
from socialshop.memberships.store import evaluation
from socialshop.memberships.store.evaluation import Change
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

SPAN = 20_000


def judge(uow: UnitOfWork, members: Collection[int]) -> None:
    """Judge these members by the programme in force, and tell those whose tier changes or is about to."""
    if members:
        _tell(uow, evaluation.judge(uow.session, members, uow.now))


def evaluate_due(uow: UnitOfWork, zone: str, *, span: int = SPAN) -> bool:
    """Judge the next `span` members of the day's evaluation; True while there are more. For the periodic table.

    A day is the shop's. It is evaluated once by each version that is in force on it, so a new programme moves members
    on the day it begins.
    """
    run = evaluation.open_run(uow.session, uow.now.astimezone(ZoneInfo(zone)).date(), uow.now)
    if run is None:
        return False
    through = evaluation.last_of_span(uow.session, run.done_through, span)
    if through is None:
        evaluation.note_progress(uow.session, run, run.done_through, uow.now)
        return False
    _tell(uow, evaluation.judge_span(uow.session, run.done_through, through, uow.now))
    crash_point("tiers.judged")
    evaluation.note_progress(uow.session, run, through, None)
    return True


def _tell(uow: UnitOfWork, changes: Sequence[Change]) -> None:
    notifications.tell(uow, [_told(change) for change in changes])


def _told(change: Change) -> Told:
    facts = {
        "tier_zh": change.name_zh,
        "tier_en": change.name_en,
        "growth": change.growth,
        "threshold": change.threshold,
        "missing": max(change.threshold - change.growth, 0),
        **({"until": to_text(change.lapses_at)} if change.lapses_at else {}),
    }
    return Told(change.member, f"tier_{change.kind}", str(change.id), None, None, facts)
