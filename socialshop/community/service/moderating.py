"""Deciding about what waits: published, or rejected with a reason; said to its author and in the audit record."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.community.errors import PostChanged, PostDecided, SelfDecision
from socialshop.community.rules import DECIDED_FROM, Kind, Status
from socialshop.community.service.reading import any_post
from socialshop.community.store import posts
from socialshop.community.store.posts import PostRow
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Activity
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told


def publish(uow: UnitOfWork, actor: uuid.UUID, post_id: uuid.UUID, version: int) -> PostRow:
    """Show what was read, which is this version. Its author gets points and growth, once an order line for ever.

    Said again, nothing changes. Raises NotFound, SelfDecision, PostChanged, PostDecided.
    """
    row = _decide(uow, actor, post_id, version, status=Status.PUBLISHED)
    _reward(uow, row)
    return row


def reject(uow: UnitOfWork, actor: uuid.UUID, post_id: uuid.UUID, version: int, reason: str) -> PostRow:
    """Do not show it, or no longer, and say why. What it has earned stays earned. Raises as `publish` does."""
    return _decide(uow, actor, post_id, version, status=Status.REJECTED, reason=reason)


def _decide(
    uow: UnitOfWork, actor: uuid.UUID, post_id: uuid.UUID, version: int, *, status: Status, reason: str | None = None
) -> PostRow:
    row = posts.lock(uow.session, post_id)
    if row is None:
        raise NotFound("no such post")
    if row.author_id == actor:
        raise SelfDecision("nobody decides about their own words")
    if row.version != version:
        raise PostChanged("its author wrote it anew: read it again", version=row.version)
    if row.status is status:
        return row
    if row.status not in DECIDED_FROM[status]:
        raise PostDecided(f"the post is {row.status}")
    posts.set_status(uow.session, post_id, status, reason, uow.now)
    facts = {"kind": row.kind.value, "version": version, **({"reason": reason} if reason else {})}
    audit.record(uow, actor=actor, action=f"post.{status}", target=to_public("post", post_id), facts=facts)
    said = {"title": row.product_title, "say": row.kind.value, **({"reason": reason} if reason else {})}
    subject = f"{post_id}:{version}"
    notifications.tell(uow, [Told(row.author, f"post_{status}", subject, None, post_id, said)])
    return any_post(uow, post_id)


def _reward(uow: UnitOfWork, row: PostRow) -> None:
    """By the order line: what is written anew, or once more after it was taken down, brings nothing more.

    Where the rules give no points for it, missions count it all the same.
    """
    subject = str(row.order_line_id)
    loyalty.earn(uow, row.author, row.kind.value, subject)
    if row.kind is Kind.REVIEW:
        memberships.add_activity(uow, [Activity(row.author, "review", subject)], wired.settings().time_zone)
