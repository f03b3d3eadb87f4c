"""Accrual: confirmed orders in, held accruals, reasons and journal entries out; each order line exactly once.

Locks. Whoever accrues holds a lock shared while it reads orders and until it has committed. A receipt or a refund that
finds its order not accrued takes it alone, so that accruals under way end first and are seen; those that begin later
read the receipt and the refund themselves.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from socialshop.commissions import rules, weighing
from socialshop.commissions.events import ClawbackDue, CommissionsAccrued, CommissionsChanged, MilestonesDue
from socialshop.commissions.margin import with_margin
from socialshop.commissions.plan import Plan, parse_plan, with_perk
from socialshop.commissions.rules import WHOLE_LINE, Outcome, Reason, Sales
from socialshop.commissions.salefacts import NOTHING
from socialshop.commissions.service.capping import Decided, cut_to_caps
from socialshop.commissions.service.looking_up import Found, keep, look_up_and_claim
from socialshop.commissions.store import accruals as store
from socialshop.commissions.store import facts, plans
from socialshop.commissions.store.accruals import AccrualRow, Line, SkipRow
from socialshop.commissions.store.facts import PassRow, TermsRow
from socialshop.commissions.subtree import agreeing, subtree
from socialshop.infra.collector import cycles_kept
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.ids import new_ids
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry

_LOCK = "commissions:accruing"
_IDS_AN_EVENT = 1_000


def accrue_orders(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrdersConfirmed: accrue what the orders' lines earn. Run again, it finds nothing left to do.

    A constant number of statements, whatever the number of orders.
    """
    order_ids = {uuid.UUID(order) for payload in payloads for order in payload["order_ids"]}
    advisory_lock(uow, _LOCK, shared=True)
    with cycles_kept():
        lines = store.claim_lines(uow.session, sorted(order_ids), uow.now)
        crash_point("accrue.claimed")
        if lines:
            _accrue(uow, _by_version(lines))
            _say_what_follows(uow, sorted({line.order_id for line in lines}))
    crash_point("accrue.posted")


def _accrue(uow: UnitOfWork, by_version: dict[uuid.UUID | None, list[Line]]) -> None:
    """Decide on claimed lines, and write what was decided."""
    skips = [
        SkipRow(line.order_line_id, WHOLE_LINE, None, 0, None, Reason.NO_PLAN_IN_FORCE)
        for line in by_version.pop(None, ())
    ]
    accruals: list[AccrualRow] = []
    entries: list[Entry] = []
    terms: list[TermsRow] = []
    passes: list[PassRow] = []
    counting: set[uuid.UUID] = set()
    for plan, sales, outcome in _decide(uow, by_version):
        ids = new_ids(len(outcome.rewards))
        accruals += _accrual_rows(plan, sales, outcome, ids, uow.now)
        terms += (TermsRow(ids[place], *rest[1:]) for place, rest in outcome.terms.items())
        skips += skip_rows(plan, sales, outcome)
        passes += pass_rows(plan, sales, outcome)
        entries += rules.entries(plan, sales, outcome.rewards, ids)
        if has_milestones(plan):
            counting.update(sales.order_ids)
    store.add_accruals(uow.session, accruals)
    store.add_skips(uow.session, skips)
    if terms:
        facts.add_terms(uow.session, terms)
    if passes:
        facts.add_passes(uow.session, passes)
    ledger.post(uow, entries)
    counted = sorted(counting)
    for start in range(0, len(counted), _IDS_AN_EVENT):
        uow.emit(MilestonesDue(tuple(counted[start : start + _IDS_AN_EVENT])))


def has_milestones(plan: Plan) -> bool:
    """Whether orders of the plan are counted towards milestones."""
    return any(leg.kind == "milestone" for leg in plan.legs)


def _decide(uow: UnitOfWork, by_version: Mapping[uuid.UUID | None, list[Line]]) -> list[Decided]:
    """What lines of these versions earn: looked up, weighed, and cut to what caps have room for."""
    versions = plans.versions(uow.session, [found for found in by_version if found is not None])
    read = [(version.plan_id, parse_plan(version.document), by_version[version.id]) for version in versions]
    found = look_up_and_claim(uow, [(plan, lines) for _, plan, lines in read])
    weighed = [
        (plan_id, Decided(paying, sales := columns_of(group, found), compute(paying, sales)))
        for plan_id, plan, lines in read
        for paying, group in groups_of(plan, lines)
    ]
    if any(decided.plan.caps for _, decided in weighed):
        weighed = cut_to_caps(uow, weighed, found)
    keep(uow, found)
    return [decided for _, decided in weighed]


def _say_what_follows(uow: UnitOfWork, order_ids: Sequence[uuid.UUID]) -> None:
    """Refunds that were paid before their order accrued claw back now; who earns is told; links count their orders."""
    uow.emit_all([ClawbackDue(refund_id) for refund_id in store.refunded_before(uow.session, order_ids)])
    placed = store.placed_in_rooms(uow.session, order_ids)
    uow.emit_all(
        [
            CommissionsAccrued(tuple(placed[start : start + _IDS_AN_EVENT]))
            for start in range(0, len(placed), _IDS_AN_EVENT)
        ]
    )
    tell_links(uow, order_ids)


def tell_links(uow: UnitOfWork, order_ids: Sequence[uuid.UUID]) -> None:
    """Say that what these orders earn has changed, where an invite link wants to know."""
    brought = store.brought_by_links(uow.session, order_ids)
    for start in range(0, len(brought), _IDS_AN_EVENT):
        uow.emit(CommissionsChanged(tuple(brought[start : start + _IDS_AN_EVENT])))


def wait_for_accruals(uow: UnitOfWork) -> None:
    """Wait until whoever accrues now is done, and keep others from beginning until this transaction ends."""
    advisory_lock(uow, _LOCK)


def groups_of(plan: Plan, lines: Iterable[Line]) -> Iterator[tuple[Plan, list[Line]]]:
    """The lines of a plan version in groups that are decided at once, each with the plan as it pays them.

    Lines of a group agree on who stands above whom, and on what their deals promised the host and leave the leader.
    """
    by_deal: dict[str, list[Line]] = {}
    for line in lines:
        by_deal.setdefault(json.dumps((line.perk, line.margin), sort_keys=True), []).append(line)
    for alike in by_deal.values():
        paying = with_margin(with_perk(plan, alike[0].perk), alike[0].margin)
        for group in agreeing(alike, paying.depth):
            yield paying, group


def columns_of(lines: Sequence[Line], found: Found) -> Sales:
    """The lines as the engine takes them, with the facts that were found of them."""
    line_ids, order_ids, _, buyers, hosts, uplines, bases, quantities, received_at, *_ = zip(*lines, strict=True)
    facts_of = [found.get(line, NOTHING) for line in line_ids] if found else ()
    return Sales(line_ids, order_ids, buyers, hosts, uplines, bases, quantities, received_at, facts_of)


def compute(plan: Plan, sales: Sales) -> Outcome:
    """What the sales earn, on the sub-tree that they touch."""
    return weighing.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))


def skip_rows(plan: Plan, sales: Sales, outcome: Outcome) -> Iterable[SkipRow]:
    """The outcome's skips as they are stored."""
    line_ids, legs = sales.line_ids, plan.legs
    for sale, leg, member, reason in outcome.skips:
        yield SkipRow(line_ids[sale], leg, legs[leg].kind, legs[leg].level, member, reason)


def pass_rows(plan: Plan, sales: Sales, outcome: Outcome) -> Iterable[PassRow]:
    """Whom the outcome's legs went by, as it is stored."""
    for sale, leg, level, member, reason in outcome.passes:
        yield PassRow(sales.line_ids[sale], leg, plan.legs[leg].kind, level, member, reason)


def _by_version(lines: Iterable[Line]) -> dict[uuid.UUID | None, list[Line]]:
    found: dict[uuid.UUID | None, list[Line]] = {}
    for line in lines:
        found.setdefault(line.plan_version_id, []).append(line)
    return found


def _accrual_rows(
    plan: Plan, sales: Sales, outcome: Outcome, ids: Sequence[uuid.UUID], now: datetime
) -> Iterable[AccrualRow]:
    matures = [rules.matures_at(received_at, plan.hold_days) for received_at in sales.received_at]
    line_ids, legs, currency = sales.line_ids, plan.legs, plan.currency
    terms = outcome.terms
    for place, (id_, (sale, number, beneficiary, amount)) in enumerate(zip(ids, outcome.rewards, strict=True)):
        leg = legs[number]
        level = terms[place].level if place in terms else leg.level
        yield AccrualRow(
            id_, line_ids[sale], beneficiary, leg.kind, level, number, amount, currency, now, matures[sale]
        )
