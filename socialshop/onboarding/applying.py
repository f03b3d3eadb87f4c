"""Becoming a leader: a member applies, an admin decides, and the role changes with the decision."""

from __future__ import annotations

import uuid
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.onboarding import application_store as store
from socialshop.onboarding.application_store import ApplicationRow
from socialshop.onboarding.errors import AlreadyLeads, ApplicationDecided, ApplicationWaits

APPLICATION_PREFIX = "lap"
LONGEST_WORDS, LONGEST_CHANNELS, LONGEST_REASON = 1_000, 300, 500
_FORGOTTEN_AT_A_TIME = 1_000


def apply_to_lead(uow: UnitOfWork, number: int, role: Role, words: str, channels: str) -> ApplicationRow:
    """Ask to lead: why, and where one's people are reached. Raises AlreadyLeads, ApplicationWaits, InvalidValue."""
    if role is not Role.MEMBER:
        raise AlreadyLeads("you make deals already")
    said = words.strip(), channels.strip()
    for field, text, longest in (("reason", said[0], LONGEST_WORDS), ("channels", said[1], LONGEST_CHANNELS)):
        if not text or len(text) > longest:
            raise InvalidValue("say why you would lead, and where you reach your people", field=field)
    values = {"id": new_id(), "member": number, "words": said[0], "channels": said[1], "at": uow.now}
    if not store.add(uow.session, values):
        raise ApplicationWaits("your application waits for an answer")
    return store.of_member(uow.session, number, None, 1)[0]


def applications_of(uow: UnitOfWork, number: int, before: uuid.UUID | None, limit: int) -> list[ApplicationRow]:
    """Up to `limit` of a member's own applications, the newest first."""
    return store.of_member(uow.session, number, before, limit)


def applications(uow: UnitOfWork, status: str, after: uuid.UUID | None, limit: int) -> list[ApplicationRow]:
    """Up to `limit` applications that stand so, the oldest first."""
    return store.by_status(uow.session, status, after, limit)


def approve(uow: UnitOfWork, actor: uuid.UUID, application_id: uuid.UUID, reason: str) -> ApplicationRow:
    """Let the member lead. Decided so before, it stays. Raises NotFound, ApplicationDecided, InvalidValue."""
    return _decide(uow, actor, application_id, "approved", reason)


def reject(uow: UnitOfWork, actor: uuid.UUID, application_id: uuid.UUID, reason: str) -> ApplicationRow:
    """Say no; the member reads why, and may apply again. Raises as `approve` does."""
    return _decide(uow, actor, application_id, "rejected", reason)


def forget_applications(uow: UnitOfWork, before: datetime) -> bool:
    """Forget what was asked and decided before then, the audit record keeps the decision; True if there may be more."""
    return store.forget(uow.session, before, _FORGOTTEN_AT_A_TIME) == _FORGOTTEN_AT_A_TIME


def _decide(uow: UnitOfWork, actor: uuid.UUID, application_id: uuid.UUID, status: str, reason: str) -> ApplicationRow:
    row = store.lock(uow.session, application_id)
    if row is None:
        raise NotFound("no such application")
    if row.status == status:
        return row
    if row.status != "open":
        raise ApplicationDecided("the application was decided the other way")
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidValue("give a reason of at most 500 characters", field="reason")
    store.decide(uow.session, row.id, status, why, uow.now)
    if status == "approved":
        identity.let_lead(uow, row.number)
    target = to_public(APPLICATION_PREFIX, row.id)
    facts = {"member": to_public("mbr", row.member_id), "reason": why}
    audit.record(uow, actor=actor, action=f"leader_application.{status}", target=target, facts=facts)
    notifications.tell(uow, [Told(row.number, f"leading_{status}", str(row.id), None, None, {"reason": why})])
    return row._replace(status=status, reason=why, decided_at=uow.now)
