"""The rules of points: which are in force, and bringing others into force."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.loyalty import rules
from socialshop.loyalty.errors import PointRulesTaken
from socialshop.loyalty.rules import Rules
from socialshop.loyalty.store import versions as store

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """A version; `effective_at` is None for what the shop begins with."""

    rules: Rules
    effective_at: datetime | None


def rules_at(uow: UnitOfWork, at: datetime) -> Rules:
    """The rules in force at an instant. One statement."""
    row = store.in_force(uow.session, at)
    return rules.FIRST if row is None else rules.parse(row.version, row.document)


def rule_versions(uow: UnitOfWork) -> list[RulesVersion]:
    """The newest versions, the latest to come into force first; the last is what the shop began with."""
    rows = store.newest(uow.session, _SHOWN)
    found = [RulesVersion(rules.parse(row.version, row.document), row.effective_at) for row in rows]
    return found if len(rows) == _SHOWN else [*found, RulesVersion(rules.FIRST, None)]


def publish_rules(
    uow: UnitOfWork, actor: uuid.UUID, document: Mapping[str, Any], effective_at: datetime | None
) -> RulesVersion:
    """Bring rules into force, now or later; what was earned before stays as it is.

    Raises InvalidValue (an instant that is over), PointRulesTaken.
    """
    instant = effective_at or uow.now
    if instant < uow.now:
        raise InvalidValue("rules of points come into force now or later", field="effective_at")
    version = store.publish(uow.session, document, instant, actor, uow.now)
    if version is None:
        raise PointRulesTaken("other rules of points come into force at that very instant", field="effective_at")
    facts = {"version": version, "effective_at": instant, "document": dict(document)}
    audit.record(uow, actor=actor, action="point_rules.published", target=f"point_rules_{version}", facts=facts)
    return RulesVersion(rules.parse(version, document), instant)
