"""What a plan would pay and what the guard says of it, before anybody earns by it: for whoever publishes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from socialshop.commissions import guard, rules
from socialshop.commissions.findings import Finding
from socialshop.commissions.plan import parse_plan
from socialshop.commissions.store import drafts as store
from socialshop.commissions.store import plans
from socialshop.commissions.store.drafts import PlanRow
from socialshop.infra.uow import UnitOfWork


class Example(NamedTuple):
    """What a leg pays of one sale, to somebody who may have it."""

    kind: str
    level: int
    amount_minor: int


def findings_of(document: Mapping[str, Any], country: str) -> tuple[Finding, ...]:
    """What the country's rule says of a plan's document, as publishing it would."""
    return guard.examine(parse_plan(dict(document)), country)


def example_of(document: Mapping[str, Any], base_minor: int) -> list[Example]:
    """What each leg of a plan's document pays of one unit sold for `base_minor`."""
    legs = parse_plan(dict(document)).legs
    return [Example(leg.kind, leg.level, rules.amount_of(leg, base_minor, 1)) for leg in legs]


def plan_in_force(uow: UnitOfWork, currency: str) -> PlanRow | None:
    """The plan by which sales in this currency pay now."""
    version = plans.in_force(uow.session, currency, uow.now)
    return None if version is None else store.became(uow.session, version.id)
