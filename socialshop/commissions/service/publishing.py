"""Publishing a version of a plan: immutable from then on, and never over a sale that has been made."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.commissions import guard
from socialshop.commissions.errors import EffectiveAtTaken, EffectiveBeforeOrder
from socialshop.commissions.findings import Finding, Severity
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import Plan, document_of, hash_of
from socialshop.commissions.store import plans as store
from socialshop.commissions.store import tallies
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import to_text

_NEXT_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """Version `number` of a plan. `document_hash` is the SHA-256 of its canonical document."""

    id: uuid.UUID
    plan_id: uuid.UUID
    number: int
    currency: str
    effective_at: datetime
    document_hash: bytes
    findings: tuple[Finding, ...]


def publish_plan(
    uow: UnitOfWork,
    plan: Plan,
    *,
    country: str,
    effective_at: datetime | None = None,
    sign_off: SignOff | None = None,
    actor: uuid.UUID | None = None,
) -> PublishedVersion:
    """Bring a plan into force for its currency from `effective_at` on (by default: from now, after every order).

    The currency's plan of the same name gets a new version. The same document for the same instant again changes
    nothing. The audit record keeps `actor`: the member who publishes, None for the console. Raises PlanRefused (legal
    guard), EffectiveAtTaken, EffectiveBeforeOrder, OrdersAreLanding.
    """
    findings = guard.examine(plan, country)
    guard.clear(findings, sign_off)
    session, document = uow.session, document_of(plan)
    store.hold_orders_back(session)
    holds_from = _after_every_order(uow, plan.currency) if effective_at is None else effective_at
    standing = store.version_effective_at(session, plan.currency, holds_from)
    if standing is not None:
        return _published_before(standing, hash_of(document))
    _refuse_before_an_order(uow, plan.currency, holds_from)
    version = store.Version(
        id=new_id(),
        plan_id=store.plan_named(session, new_id(), plan.name, plan.currency, uow.now),
        number=0,
        currency=plan.currency,
        document=document,
        document_hash=hash_of(document),
        country=country,
        findings=[asdict(finding) for finding in findings],
        sign_off=None if sign_off is None else asdict(sign_off),
        effective_at=holds_from,
        published_at=uow.now,
    )
    published = _published(version._replace(number=store.add_version(session, version)))
    audit.record(
        uow,
        actor=actor,
        action="plan.published",
        target=to_public("plan", published.plan_id),
        facts={
            "version": published.number,
            "currency": published.currency,
            "effective_at": published.effective_at,
            "document_hash": published.document_hash.hex(),
            "findings": [finding.code for finding in findings],
            "sign_off": version.sign_off,
        },
    )
    return published


def published_version(uow: UnitOfWork, version_id: uuid.UUID) -> PublishedVersion:
    """A version that was published before."""
    return _published(store.versions(uow.session, [version_id])[0])


def plans_since(uow: UnitOfWork) -> dict[str, datetime]:
    """By currency, from when on there is a plan in force; what was sold before earns nobody anything."""
    return store.first_effective_at(uow.session)


def _after_every_order(uow: UnitOfWork, currency: str) -> datetime:
    newest = _newest(uow, currency)
    return uow.now if newest is None else max(uow.now, newest + _NEXT_INSTANT)


def _newest(uow: UnitOfWork, currency: str) -> datetime | None:
    """The last instant whose plan stands: of the newest order, or of the newest day that was tallied."""
    standing = (store.newest_order_at(uow.session, currency), tallies.latest_day(uow.session, currency))
    return max((at for at in standing if at is not None), default=None)


def _refuse_before_an_order(uow: UnitOfWork, currency: str, effective_at: datetime) -> None:
    """An order's plan is the one in force when it was placed, and that never changes afterwards.

    Nor does the plan of a day whose clicks and views were tallied: the one in force when it began.
    """
    newest = _newest(uow, currency)
    if newest is not None and effective_at <= newest:
        raise EffectiveBeforeOrder(
            f"an order in {currency} was placed, or a day was tallied, at {to_text(newest)}; a plan comes into force "
            "after it",
            field="effective_at",
        )


def _published_before(standing: store.Version, document_hash: bytes) -> PublishedVersion:
    if standing.document_hash != document_hash:
        raise EffectiveAtTaken(
            f"another plan in {standing.currency} comes into force at {to_text(standing.effective_at)}",
            field="effective_at",
        )
    return _published(standing)


def _published(version: store.Version) -> PublishedVersion:
    return PublishedVersion(
        version.id,
        version.plan_id,
        version.number,
        version.currency,
        version.effective_at,
        version.document_hash,
        tuple(Finding(**{**found, "severity": Severity(found["severity"])}) for found in version.findings),
    )
