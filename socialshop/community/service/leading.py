"""What a leader tells the circle, and the first steps of a new leader."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from socialshop.audit import service as audit
from socialshop.community.errors import CircleNoticeLimit
from socialshop.community.events import CircleNoticePosted
from socialshop.community.store import leading as store
from socialshop.community.store.leading import CircleNoticeRow
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.referrals import service as referrals

MOST_NOTICES = 3
NOTICES_WITHIN = timedelta(days=7)
LONGEST_NOTICE = 1_000
TOLD_A_STEP = 2_000


class Step(NamedTuple):
    """A first step of a leader, and when it was taken; None: not yet."""

    name: str
    done_at: datetime | None


def post_circle_notice(uow: UnitOfWork, actor: uuid.UUID, leader: int, words: str) -> CircleNoticeRow:
    """Tell the own circle something; who does not want to hear of circles is not told.

    Raises StandingLimited, CircleNoticeLimit: a leader's notices pass here one at a time.
    """
    identity.require_standing(uow, leader, Deed.POST)
    advisory_lock(uow, f"community:circle {leader}")
    if store.count_since(uow.session, leader, uow.now - NOTICES_WITHIN) >= MOST_NOTICES:
        raise CircleNoticeLimit("a circle hears of its leader three times in seven days", limit=MOST_NOTICES)
    notice_id = new_id()
    store.add(uow.session, notice_id, leader, words.strip(), uow.now)
    audit.record(uow, actor=actor, action="circle.notice_posted", target=to_public("cnt", notice_id), facts={})
    uow.emit(CircleNoticePosted(notice_id))
    return _found(uow, notice_id)


def on_circle_notice_posted(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]], *, span: int = TOLD_A_STEP) -> None:
    """Follow CircleNoticePosted: the next of the circle hear of it, once, and the fact again while there are more.

    The words stay where they are. A job that is run again tells nobody twice.
    """
    for notice_id, after in sorted({(uuid.UUID(each["notice_id"]), each.get("after", 0)) for each in payloads}):
        row = store.find(uow.session, notice_id)
        members = [] if row is None else referrals.circle_numbers(uow, row.leader, after, span)
        if row is not None and members:
            told = [Told(member, "circle_notice", str(notice_id), row.leader, notice_id, {}) for member in members]
            notifications.tell(uow, told)
            uow.emit(CircleNoticePosted(notice_id, members[-1]))


def circle_notices(uow: UnitOfWork, leader: int, before: uuid.UUID | None, limit: int) -> list[CircleNoticeRow]:
    """Up to `limit` of a leader's notices, the newest first."""
    return store.of_leader(uow.session, leader, before, limit)


def circle_notice(uow: UnitOfWork, reader: int, notice_id: uuid.UUID) -> CircleNoticeRow:
    """One notice, for who is in the circle. Raises NotFound."""
    row = _found(uow, notice_id)
    if not referrals.is_in_circle(uow, row.leader, reader):
        raise NotFound("no such notice")
    return row


def first_steps(uow: UnitOfWork, leader: int) -> list[Step]:
    """The first steps of a leader, in the order in which they are best taken. One statement."""
    row = store.steps(uow.session, leader)
    return [
        Step("read_rules", row.rules_read_at),
        Step("payout_destination", row.destination_at),
        Step("opened_deal", row.deal_at),
        Step("shared_link", row.link_at),
        Step("filled_room", row.room_at),
    ]


def _found(uow: UnitOfWork, notice_id: uuid.UUID) -> CircleNoticeRow:
    row = store.find(uow.session, notice_id)
    if row is None:
        raise NotFound("no such notice")
    return row
