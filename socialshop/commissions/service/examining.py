"""What a plan would pay and what the guard says of it, before anybody earns by it: for whoever publishes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from socialshop.commissions import guard
from socialshop.commissions.findings import Finding
from socialshop.commissions.plan import parse_plan
from socialshop.commissions.service.previewing import Earning, earnings_of
from socialshop.commissions.store import drafts as store
from socialshop.commissions.store import plans
from socialshop.commissions.store.drafts import PlanRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money


def findings_of(document: Mapping[str, Any], country: str) -> tuple[Finding, ...]:
    """What the country's rule says of a plan's document, as publishing it would."""
    return guard.examine(parse_plan(dict(document)), country)


def example_of(document: Mapping[str, Any], price: Money) -> tuple[Earning, ...]:
    """What each leg that sales pay gives of one unit sold at this price, to somebody who may have it."""
    return earnings_of((leg for _, leg in parse_plan(dict(document)).sale_legs), price)


def plan_in_force(uow: UnitOfWork, currency: str) -> PlanRow | None:
    """The plan by which sales in this currency pay now."""
    version = plans.in_force(uow.session, currency, uow.now)
    return None if version is None else store.became(uow.session, version.id)
