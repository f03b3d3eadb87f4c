"""Becoming a publisher: a member names a site, an admin decides, and its clicks and views may pay from the next day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from socialshop.audit import service as audit
from socialshop.infra.personal import Holding
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.publishers import store
from socialshop.publishers.errors import AlreadyPublishes, PublisherDecided
from socialshop.publishers.store import PublisherRow

LONGEST_NAME, LONGEST_URL, LONGEST_REASON = 100, 300, 500
SiteKind = Literal["blog", "video", "social", "deals", "app", "other"]
Status = Literal["open", "approved", "rejected", "ended"]
# Where a publisher must stand for each decision.
_FROM: dict[Status, Status] = {"approved": "open", "rejected": "open", "ended": "approved"}

PERSONAL = (
    Holding(
        "publishers",
        ("member", "site_name", "site_url", "reason"),
        reads="""
            SELECT site_name, site_url, kind, status, reason, applied_at, decided_at FROM publishers
            WHERE member = :number
        """,
        erases=("DELETE FROM publishers WHERE member = :number",),
        # The one that stands further is kept: who is approved, else who waits, else the kept account's own.
        merges=(
            """
            DELETE FROM publishers k USING publishers g WHERE g.member = :number AND k.member = :kept_number
                AND k.status <> 'approved'
                AND (g.status = 'approved' OR (g.status = 'open' AND k.status <> 'open'))
            """,
            """
            UPDATE publishers SET member = :kept_number WHERE member = :number
                AND NOT EXISTS (SELECT FROM publishers k WHERE k.member = :kept_number)
            """,
        ),
    ),
    Holding(
        "publisher_channels",
        ("member", "channel"),
        reads="SELECT channel, listed_at, ended_at FROM publisher_channels WHERE member = :number ORDER BY listed_at",
        erases=("DELETE FROM publisher_channels WHERE member = :number",),
        merges=(
            """
            UPDATE publisher_channels p SET member = :kept_number WHERE p.member = :number AND NOT EXISTS (
                SELECT FROM publisher_channels k WHERE k.member = :kept_number AND k.channel = p.channel
                    AND (k.listed_at = p.listed_at OR (k.ended_at IS NULL AND p.ended_at IS NULL)))
            """,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a publisher brings people from."""

    name: str
    url: str
    kind: SiteKind


def apply_to_publish(uow: UnitOfWork, number: int, site: Site) -> PublisherRow:
    """Ask to be a publisher. Raises AlreadyPublishes, InvalidValue."""
    name, url = site.name.strip(), site.url.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidValue(f"name your site in at most {LONGEST_NAME} characters", field="site_name")
    if not url.startswith(("https://", "http://")) or len(url) > LONGEST_URL or len(url.split()) != 1:
        raise InvalidValue("give the address of your site, such as https://tea.example/", field="site_url")
    values = {"member": number, "site_name": name, "site_url": url, "kind": site.kind, "at": uow.now}
    if not store.apply(uow.session, values):
        raise AlreadyPublishes("you are a publisher, or your application waits for an answer")
    return publisher_of(uow, number)


def publisher_of(uow: UnitOfWork, number: int) -> PublisherRow:
    """The publisher that the member is, or asks to be. Raises NotFound."""
    found = store.of_member(uow.session, number)
    if found is None:
        raise NotFound("you have not asked to be a publisher")
    return found


def number_of(uow: UnitOfWork, member_id: uuid.UUID) -> int:
    """The number of a member who is a publisher, or was. Raises NotFound."""
    found = store.lock(uow.session, member_id)
    if found is None:
        raise NotFound("no such publisher")
    return found.number


def show_publisher(uow: UnitOfWork, member_id: uuid.UUID) -> PublisherRow:
    """A member who is a publisher, was, or asks to be. Raises NotFound."""
    found = store.find(uow.session, member_id)
    if found is None:
        raise NotFound("no such publisher")
    return found


def publishers(uow: UnitOfWork, status: Status, after: uuid.UUID | None, limit: int) -> list[PublisherRow]:
    """Up to `limit` publishers that stand so, in the order of their members."""
    return store.by_status(uow.session, status, after, limit)


def decide(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, status: Status, reason: str) -> PublisherRow:
    """Approve, refuse or end a publisher, who reads why. Decided so before, it stays. Audited.

    Raises NotFound, PublisherDecided, InvalidValue.
    """
    row = store.lock(uow.session, member_id)
    if row is None:
        raise NotFound("no such publisher")
    if row.status == status:
        return row
    if row.status != _FROM[status]:
        raise PublisherDecided(f"the publisher is {row.status}")
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidValue(f"give a reason of at most {LONGEST_REASON} characters", field="reason")
    decided = row._replace(status=status, reason=why, decided_at=uow.now)
    if status == "approved":
        decided = decided._replace(approved_at=uow.now)
    if status == "ended":
        decided = decided._replace(ended_at=uow.now)
        store.end_channels(uow.session, row.number, None, uow.now)
    store.decide(uow.session, decided)
    facts = {"site": row.site_url, "reason": why}
    audit.record(uow, actor=actor, action=f"publisher.{status}", target=to_public("mbr", member_id), facts=facts)
    occasion = f"{row.number} {uow.now.isoformat()}"
    notifications.tell(uow, [Told(row.number, f"publisher_{status}", occasion, None, None, {"reason": why})])
    return decided
