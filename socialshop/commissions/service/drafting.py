"""Plans as admins make them: drafted, looked at, published."""

from __future__ import annotations

import uuid
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.commissions.errors import PlanChanged, PlanPublished
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import Plan, document_of, hash_of, parse_plan
from socialshop.commissions.service.publishing import PublishedVersion, publish_plan, published_version
from socialshop.commissions.store import drafts as store
from socialshop.commissions.store.drafts import PlanRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public


def draft_plan(uow: UnitOfWork, actor: uuid.UUID, plan: Plan) -> PlanRow:
    """Keep a plan that nobody earns by yet. Raises PlanInvalid."""
    document = document_of(plan)
    parse_plan(document)
    draft_id = new_id()
    store.add(uow.session, draft_id, document, created_by=actor, now=uow.now)
    facts = {"name": plan.name, "currency": plan.currency}
    audit.record(uow, actor=actor, action="plan.drafted", target=to_public("plan", draft_id), facts=facts)
    return plan_of(uow, draft_id)


def redraft_plan(uow: UnitOfWork, actor: uuid.UUID, plan_id: uuid.UUID, plan: Plan) -> PlanRow:
    """Say a draft anew. Raises NotFound, PlanPublished, PlanInvalid."""
    document = document_of(plan)
    parse_plan(document)
    was = _draft(uow, plan_id)
    store.change(uow.session, plan_id, document)
    hashes = {"was_hash": hash_of(was.document).hex(), "document_hash": hash_of(document).hex()}
    facts = {"name": plan.name, "currency": plan.currency, **hashes}
    audit.record(uow, actor=actor, action="plan.redrafted", target=to_public("plan", plan_id), facts=facts)
    return plan_of(uow, plan_id)


def discard_draft(uow: UnitOfWork, actor: uuid.UUID, plan_id: uuid.UUID) -> None:
    """Throw a draft away, with what it was tried on. Raises NotFound, PlanPublished."""
    was = _draft(uow, plan_id)
    store.remove(uow.session, plan_id)
    facts = {"name": was.document["name"], "document_hash": hash_of(was.document).hex()}
    audit.record(uow, actor=actor, action="plan.discarded", target=to_public("plan", plan_id), facts=facts)


def _draft(uow: UnitOfWork, plan_id: uuid.UUID) -> PlanRow:
    """A draft, kept for this transaction alone. Raises NotFound, PlanPublished."""
    store.lock(uow.session, plan_id)
    found = plan_of(uow, plan_id)
    if found.version_id is not None:
        raise PlanPublished("the plan is published: draft another one")
    return found


def plan_of(uow: UnitOfWork, plan_id: uuid.UUID) -> PlanRow:
    """A draft or a published plan. Raises NotFound."""
    found = store.find(uow.session, plan_id)
    if found is None:
        raise NotFound("no such commission plan")
    return found


def plan_page(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[PlanRow]:
    """Up to `limit` plans, the newest first. One statement."""
    return store.page_of(uow.session, before, limit)


def publish_draft(
    uow: UnitOfWork,
    actor: uuid.UUID,
    plan_id: uuid.UUID,
    *,
    country: str,
    effective_at: datetime | None = None,
    sign_off: SignOff | None = None,
    seen: str | None = None,
) -> PublishedVersion:
    """Bring a draft into force; one that was published stays as it was. `seen` is the hash of the document looked at.

    Raises NotFound, PlanChanged where the draft is not what was seen, and what `publish_plan` raises.
    """
    store.lock(uow.session, plan_id)
    found = plan_of(uow, plan_id)
    if found.version_id is not None:
        return published_version(uow, found.version_id)
    if seen is not None and seen != hash_of(found.document).hex():
        raise PlanChanged("the draft was said anew meanwhile: look at it again")
    plan = parse_plan(found.document)
    version = publish_plan(uow, plan, country=country, effective_at=effective_at, sign_off=sign_off, actor=actor)
    store.mark_published(uow.session, plan_id, version.id)
    return version
