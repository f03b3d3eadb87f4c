"""The rules in force, and bringing others into force."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.risk.ruleset import DEFAULT, Ruleset, document_of
from socialshop.risk.store import rulesets as store
from socialshop.risk.store.rulesets import RulesRow

_SHOWN = 20


class InForce(NamedTuple):
    """The rules that hold, and their version: 0 is what a shop begins with."""

    version: int
    rules: Ruleset


def rules_in_force(uow: UnitOfWork) -> InForce:
    """The rules that hold now. One statement."""
    row = store.latest(uow.session)
    return InForce(0, DEFAULT) if row is None else InForce(row.version, Ruleset.model_validate(row.document))


def rules_history(uow: UnitOfWork) -> list[RulesRow]:
    """The last versions, the newest first."""
    return store.history(uow.session, _SHOWN)


def publish_rules(uow: UnitOfWork, actor: uuid.UUID, ruleset: Ruleset, note: str) -> InForce:
    """Bring these rules into force, and say why; what was found by others stays as it is.

    The rules that hold already change nothing. Audited with what differs.
    """
    advisory_lock(uow, "risk:rules")
    before = rules_in_force(uow)
    if ruleset == before.rules:
        return before
    version = store.add(uow.session, document_of(ruleset), note, actor, uow.now)
    was, now = document_of(before.rules), document_of(ruleset)
    changed = sorted(name for name in now if was.get(name) != now[name])
    facts = {"version": version, "note": note, "changed": changed}
    audit.record(uow, actor=actor, action="risk_rules.published", target="risk_rules", facts=facts)
    return InForce(version, ruleset)
