"""What somebody earned and why, what an order paid to whom, and what moved in a wallet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from socialshop.commissions import explanation, telling_counts
from socialshop.commissions.explanation import Facts, Step
from socialshop.commissions.plan import parse_plan
from socialshop.commissions.service.stating import ACCOUNTS
from socialshop.commissions.store import coming as coming_store
from socialshop.commissions.store import plans
from socialshop.commissions.store import reading as store
from socialshop.commissions.store.coming import ComingRow
from socialshop.commissions.store.reading import CommissionRow, SkippedRow, WalletRow
from socialshop.commissions.telling_counts import CountedFacts
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Explanation:
    """An accrual and its steps, in order."""

    facts: Facts | CountedFacts
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class OrderCommissions:
    """Everything that an order's lines paid, and every leg that paid nothing."""

    accruals: tuple[CommissionRow, ...]
    skipped: tuple[SkippedRow, ...]


def commissions_of(uow: UnitOfWork, beneficiary: int, before: uuid.UUID | None, limit: int) -> list[CommissionRow]:
    """Up to `limit` accruals of a member, the newest first. One statement."""
    return store.page_of(uow.session, beneficiary, before, limit)


def coming(uow: UnitOfWork, beneficiary: int, zone: str) -> list[ComingRow]:
    """What is held of a member by the day of `zone` on which it matures, and what no day is set for. One statement."""
    return coming_store.coming(uow.session, beneficiary, zone)


def explain(uow: UnitOfWork, accrual_id: uuid.UUID, beneficiary: int) -> Explanation:
    """Why the member has this accrual. Three statements, two more for what no sale earned.

    Raises NotFound, also for another's.
    """
    facts = store.facts_of(uow.session, accrual_id, beneficiary)
    if facts is None:
        return _explain_count(uow, accrual_id, beneficiary)
    version = plans.versions(uow.session, [facts.plan_version_id])[0]
    reversals = store.reversals_of(uow.session, facts)
    return Explanation(facts, tuple(explanation.steps(parse_plan(version.document), facts, reversals)))


def _explain_count(uow: UnitOfWork, accrual_id: uuid.UUID, beneficiary: int) -> Explanation:
    facts = store.counted_facts_of(uow.session, accrual_id, beneficiary)
    if facts is None:
        raise NotFound("no such commission")
    version = plans.versions(uow.session, [facts.plan_version_id])[0]
    struck, fallen = store.struck_of(uow.session, facts), store.fallen_of(uow.session, facts)
    return Explanation(facts, tuple(telling_counts.steps(parse_plan(version.document), facts, struck, fallen)))


def order_commissions(uow: UnitOfWork, order_id: uuid.UUID) -> OrderCommissions:
    """What an order paid to whom, and who got nothing and why. Three statements. Raises NotFound."""
    if not store.order_exists(uow.session, order_id):
        raise NotFound("no such order")
    accruals, skipped = store.of_order(uow.session, order_id), store.skips_of_order(uow.session, order_id)
    return OrderCommissions(tuple(accruals), tuple(skipped))


def wallet_entries(
    uow: UnitOfWork, number: int, currency: str, before: tuple[int, int] | None, limit: int
) -> list[WalletRow]:
    """Up to `limit` movements of a member's wallet, the newest first. One statement."""
    return store.wallet_page(uow.session, [name(number) for name in ACCOUNTS.values()], currency, before, limit)


def earned_since(uow: UnitOfWork, beneficiary: int, currency: str, since: datetime) -> Money:
    """What a member earned since then in a currency, less what was clawed back of it. One statement."""
    return Money(store.earned_minor(uow.session, beneficiary, currency, since), currency)


def earned_of_deal(
    uow: UnitOfWork, beneficiary: int, deal_id: uuid.UUID, zone: str, since: datetime
) -> Mapping[date, int]:
    """What a member earned by a deal, in minor units by day of the shop's `zone`, less claw backs. One statement."""
    return dict(store.earned_of_deal(uow.session, beneficiary, deal_id, zone, since))
