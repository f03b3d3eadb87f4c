"""The rules of behaviour: their versions, and who has read the one in force."""

from __future__ import annotations

import uuid
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.community.store import conduct as store
from socialshop.community.store.conduct import RulesRow
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import InvalidValue


def behaviour_rules(uow: UnitOfWork) -> RulesRow:
    """The version in force."""
    return store.rules_in_force(uow.session)


def publish_behaviour_rules(uow: UnitOfWork, actor: uuid.UUID, *, text_zh: str, text_en: str) -> RulesRow:
    """Bring other rules into force; each version stays. Who read the one before has yet to read this."""
    advisory_lock(uow, "community:rules")
    version = store.add_rules(uow.session, text_zh.strip(), text_en.strip(), actor, uow.now)
    audit.record(
        uow, actor=actor, action="behaviour_rules.published", target=f"rules:{version}", facts={"version": version}
    )
    return behaviour_rules(uow)


def read_rules(uow: UnitOfWork, member: int, version: int) -> RulesRow:
    """Note that a member has read the rules in force; said again, nothing changes. Raises InvalidValue for others."""
    in_force = behaviour_rules(uow)
    if in_force.version != version:
        raise InvalidValue("other rules are in force meanwhile: read those", field="version")
    store.note_reading(uow.session, member, version, uow.now)
    return in_force


def rules_read_at(uow: UnitOfWork, member: int) -> datetime | None:
    """When a member has read the rules in force; None: not yet."""
    return store.read_at(uow.session, member, behaviour_rules(uow).version)
