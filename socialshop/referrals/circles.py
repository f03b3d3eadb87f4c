"""A leader's circle: whom the leader brought, and who joined it of their own accord; either may leave.

It is asked for below rooms, for a deal may be for one circle alone. That somebody belongs says nothing of who earns.
"""

from __future__ import annotations

import uuid

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.referrals import circle_store as store
from socialshop.referrals.circle_store import LeaderRow
from socialshop.referrals.errors import CircleRequired
from socialshop.referrals.store import DirectRow


def leader_of_circle(uow: UnitOfWork, member_id: uuid.UUID) -> LeaderRow:
    """The leader of this id. Raises NotFound, also for a member who leads nobody."""
    row = store.find_leader(uow.session, member_id)
    if row is None:
        raise NotFound("no such circle")
    return row


def is_in_circle(uow: UnitOfWork, leader: int, member: int) -> bool:
    """Whether a member belongs to a leader's circle; leaders belong to their own. One statement."""
    return store.is_in(uow.session, leader, member)


def require_circle(uow: UnitOfWork, leader: int, member: int) -> None:
    """Raises CircleRequired for who does not belong to the leader's circle. One statement."""
    if not is_in_circle(uow, leader, member):
        raise CircleRequired("this is for the circle of one leader alone")


def join_circle(uow: UnitOfWork, leader_id: uuid.UUID, member: int) -> LeaderRow:
    """Belong to a leader's circle; said again, nothing changes. Raises NotFound."""
    leader = leader_of_circle(uow, leader_id)
    if leader.number != member:
        store.join(uow.session, leader.number, member, uow.now)
    return leader


def leave_circle(uow: UnitOfWork, leader_id: uuid.UUID, member: int) -> LeaderRow:
    """Belong to it no longer; the sponsor stays the sponsor. Said again, nothing changes. Raises NotFound."""
    leader = leader_of_circle(uow, leader_id)
    if leader.number != member:
        store.leave(uow.session, leader.number, member, uow.now)
    return leader


def circle(uow: UnitOfWork, leader: int, after: uuid.UUID | None, limit: int) -> list[DirectRow]:
    """Up to `limit` members of a leader's circle, the earliest first; only who agreed is named."""
    return store.members(uow.session, leader, after, limit)


def circle_size(uow: UnitOfWork, leader: int) -> int:
    """How many belong to a leader's circle. One statement."""
    return store.size(uow.session, leader)


def circle_numbers(uow: UnitOfWork, leader: int, after: int, limit: int) -> list[int]:
    """The next `limit` in a leader's circle, by number, after this one. One statement."""
    return store.numbers(uow.session, leader, after, limit)


def circles_of(uow: UnitOfWork, member: int) -> list[LeaderRow]:
    """The leaders whose circles a member belongs to. One statement."""
    return store.circles_of(uow.session, member)
