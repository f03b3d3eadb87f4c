"""What a plan asks of sales besides their amounts and the tree: looked up for a batch at once, before it is decided."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from socialshop.commissions.plan import Plan
from socialshop.commissions.salefacts import NEEDS_NOTHING, Needs, SaleFacts, document_of, members_of, needs_of, read
from socialshop.commissions.store import facts as store
from socialshop.commissions.store.accruals import Line
from socialshop.commissions.store.facts import SoldRow
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.memberships import service as memberships

Found = Mapping[uuid.UUID, SaleFacts]
NOTHING_FOUND: Found = {}


def look_up_and_claim(uow: UnitOfWork, asking: Sequence[tuple[Plan, Sequence[Line]]]) -> dict[uuid.UUID, SaleFacts]:
    """The facts of lines that accrue now, by what their plans ask; first orders are claimed, all in one statement.

    A statement a kind of fact and plan, whatever the number of lines; none for plans of plain shares.
    """
    first: set[uuid.UUID] = set()
    order_ids = {line.order_id for plan, lines in asking if needs_of(plan).first_order for line in lines}
    if order_ids:
        first = store.claim_first_orders(uow.session, sorted(order_ids), uow.now)
    found: dict[uuid.UUID, SaleFacts] = {}
    for plan, lines in asking:
        needs = needs_of(plan)
        if needs != NEEDS_NOTHING:
            found |= _found(uow, needs, lines, first)
    return found


def keep(uow: UnitOfWork, found: Found) -> None:
    """Keep facts with the lines that were decided by them."""
    if found:
        store.add(uow.session, {line: document_of(facts) for line, facts in found.items()})


def look_up(uow: UnitOfWork, plan: Plan, lines: Sequence[Line]) -> Found:
    """The facts of lines that accrued before, as another plan would have found them; nothing is kept or claimed."""
    needs = needs_of(plan)
    if needs == NEEDS_NOTHING:
        return NOTHING_FOUND
    first: set[uuid.UUID] = set()
    if needs.first_order:
        first = store.first_orders(uow.session, sorted({line.order_id for line in lines}))
    return _found(uow, needs, lines, first)


def kept_facts(uow: UnitOfWork, plan: Plan, lines: Sequence[Line]) -> Found:
    """The facts by which lines accrued under this plan."""
    if needs_of(plan) == NEEDS_NOTHING:
        return NOTHING_FOUND
    kept = store.of_lines(uow.session, [line.order_line_id for line in lines])
    return {line: read(document) for line, document in kept.items()}


def _found(uow: UnitOfWork, needs: Needs, lines: Sequence[Line], first: set[uuid.UUID]) -> dict[uuid.UUID, SaleFacts]:
    rows = store.sold(uow.session, [line.order_line_id for line in lines], wired.settings().time_zone)
    sold = {row.order_line_id: row for row in rows}
    tiers = _tiers(uow, needs, lines, sold)
    active = _active(uow, needs, lines, sold)
    found: dict[uuid.UUID, SaleFacts] = {}
    for line in lines:
        row = sold[line.order_line_id]
        at = row.sale_at
        found[line.order_line_id] = _about(needs, row)._replace(
            first_order=line.order_id in first,
            tiers={m: tiers[m, at] for m in members_of(needs, line.buyer, line.host, line.uplines)},
            active=frozenset(m for m in line.uplines[: needs.active_reach] if (m, at) in active),
        )
    return found


def _about(needs: Needs, row: SoldRow) -> SaleFacts:
    facts = SaleFacts()
    if needs.sale:
        facts = facts._replace(
            sale_at=row.sale_at,
            product=None if row.product_id is None else to_public("prd", row.product_id),
            deal=None if row.deal_id is None else to_public("deal", row.deal_id),
            channel=row.channel,
        )
    if needs.order:
        facts = facts._replace(order_minor=row.order_minor, bears=row.bears)
    if needs.periods:
        facts = facts._replace(periods={"day": row.day, "month": row.month})
    return facts


def _tiers(
    uow: UnitOfWork, needs: Needs, lines: Sequence[Line], sold: Mapping[uuid.UUID, SoldRow]
) -> Mapping[tuple[int, datetime], str]:
    if needs.tiers < 0:
        return {}
    asked = {
        (member, sold[line.order_line_id].sale_at)
        for line in lines
        for member in members_of(needs, line.buyer, line.host, line.uplines)
    }
    return memberships.tiers_at(uow, asked)


def _active(
    uow: UnitOfWork, needs: Needs, lines: Sequence[Line], sold: Mapping[uuid.UUID, SoldRow]
) -> set[tuple[int, datetime]]:
    if not needs.active_days:
        return set()
    asked = {
        (member, sold[line.order_line_id].sale_at) for line in lines for member in line.uplines[: needs.active_reach]
    }
    return store.active(uow.session, sorted(asked), needs.active_days)
