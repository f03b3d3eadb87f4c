"""The rules of review: published by one admin, signed by another, and what they say stopped at once by anybody."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.payouts.errors import PayoutRulesOver, SelfApproval
from socialshop.payouts.ruleset import DEFAULT, PayoutRules, document_of
from socialshop.payouts.store import rulesets as store
from socialshop.payouts.store.rulesets import Overdue, RulesRow

_SHOWN, _MOST_ADMINS = 20, 100
_TARGET = "payout_rules"


@dataclass(frozen=True, slots=True)
class PayoutRulesInForce:
    """What holds: its version, 0 where none was ever signed, and whether automatic approval is at work."""

    version: int
    rules: PayoutRules
    is_automatic: bool


def payout_rules(uow: UnitOfWork) -> PayoutRulesInForce:
    """What holds now. One statement."""
    row = store.in_force(uow.session)
    if row is None:
        return PayoutRulesInForce(0, DEFAULT, is_automatic=False)
    rules = PayoutRules.model_validate(row.document)
    return PayoutRulesInForce(row.version, rules, is_automatic=rules.auto.on and row.stopped_at is None)


def payout_rules_history(uow: UnitOfWork) -> list[RulesRow]:
    """The last versions, the newest first; what waits to be signed among them."""
    return store.history(uow.session, _SHOWN)


def publish_payout_rules(uow: UnitOfWork, actor: uuid.UUID, rules: PayoutRules, note: str) -> int:
    """Write other rules down, and why; they hold once another admin has signed them. Returns their version."""
    advisory_lock(uow, _TARGET)
    version = store.add(uow.session, document_of(rules), note, actor, uow.now)
    _record(uow, actor, "published", {"version": version, "note": note, "document": document_of(rules)})
    return version


def sign_payout_rules(uow: UnitOfWork, actor: uuid.UUID, version: int) -> None:
    """Bring a version into force.

    Raises SelfApproval for one's own, PayoutRulesOver where it is not the newest that waits. The database refuses the
    same person, and whoever has shown no code.
    """
    advisory_lock(uow, _TARGET)
    newest = next(iter(store.history(uow.session, 1)), None)
    if newest is not None and newest.version == version and newest.published_by == actor:
        raise SelfApproval("another admin signs the rules that you published")
    if not store.sign(uow.session, version, actor, uow.now):
        raise PayoutRulesOver("these rules do not wait to be signed")
    _record(uow, actor, "signed", {"version": version})


def stop_automatic(uow: UnitOfWork, actor: uuid.UUID) -> None:
    """No payout is approved by itself from here on, and what waits to be signed never holds. Again changes nothing."""
    advisory_lock(uow, _TARGET)
    if versions := store.stop(uow.session, actor, uow.now):
        _record(uow, actor, "stopped", {"versions": versions})


def overdue(uow: UnitOfWork) -> Sequence[Overdue]:
    """What nobody has looked at within its target, by risk. Two statements."""
    hours = payout_rules(uow).rules.target_hours
    return store.overdue(uow.session, hours.model_dump(), uow.now)


def count_overdue(uow: UnitOfWork) -> int:
    """How many requests nobody has looked at in time."""
    return sum(one.requests for one in overdue(uow))


def tell_overdue(uow: UnitOfWork) -> bool:
    """Tell the admins, once a day (UTC), that requests wait longer than they should. A periodic step."""
    late = overdue(uow)
    if late:
        facts = {"count": sum(one.requests for one in late), "at": to_text(min(one.oldest_at for one in late))}
        day = uow.now.date().isoformat()
        admins = identity.search(uow, None, Role.ADMIN, None, _MOST_ADMINS)
        notifications.tell(uow, [Told(admin.number, "payouts_overdue", day, None, None, facts) for admin in admins])
    return False


def _record(uow: UnitOfWork, actor: uuid.UUID, deed: str, facts: dict[str, object]) -> None:
    audit.record(uow, actor=actor, action=f"payout_rules.{deed}", target=_TARGET, facts=facts)
