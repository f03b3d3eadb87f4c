"""What there is of each unit: changed by deltas with a reason, recomputed from what stands, told of when it is low.

What is left of a unit is what came in less what went out (`stock_moves`), less the units in live seats. Seats write no
move of their own: they are one. So a claim costs no more for it, and no reservation can be without its move.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from socialshop.audit import service as audit
from socialshop.deals import stock_store as store
from socialshop.deals.errors import StockShort
from socialshop.deals.rules import StockReason, check_stock_move
from socialshop.deals.stock_store import Difference, LowRow, MoveRow, StockRow
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity

DIFFERS = "stock_differs"
MOVE_PREFIX = "smv"
_TOLD_A_STEP = 100
# Longer than a provider holds money: of rooms that closed before, no seat is still to be paid or given up.
_AT_REST = timedelta(days=30)
_DIFFERENCES_TOLD = 100
_MOST_ADMINS = 100


@dataclass(frozen=True, slots=True)
class NewMove:
    """A change of a unit's stock by `quantity` units, below zero where they leave; `note` is the shop's own."""

    reason: StockReason
    quantity: int
    note: str = ""


class BackInStock(NamedTuple):
    """So many of a unit that a refund brought back."""

    refund_id: uuid.UUID
    sku_id: uuid.UUID
    quantity: int


def stock_of(uow: UnitOfWork, sku_id: uuid.UUID) -> StockRow:
    """One unit with what is left of it. Raises NotFound."""
    row = store.find(uow.session, sku_id)
    if row is None:
        raise NotFound("no such unit of a product")
    return row


def stock_page(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[StockRow]:
    """Up to `limit` units after this one, what is sold out or low first. One statement."""
    return store.page(uow.session, after, limit)


def stock_moves(uow: UnitOfWork, sku_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[MoveRow]:
    """Up to `limit` moves of a unit, seats among them, the newest first. Raises NotFound. Two statements."""
    stock_of(uow, sku_id)
    return store.moves_of(uow.session, sku_id, before, limit)


def move_stock(uow: UnitOfWork, actor: uuid.UUID, sku_id: uuid.UUID, new: NewMove) -> StockRow:
    """Change a unit's stock by a delta, while others buy it. Raises NotFound, InvalidValue, StockShort."""
    check_stock_move(new.reason, new.quantity)
    row = stock_of(uow, sku_id)
    move_id = new_id()
    values: dict[str, object] = {
        "sku_id": sku_id,
        "reason": new.reason.value,
        "quantity": new.quantity,
        "note": new.note,
        "at": uow.now,
    }
    if not store.move(uow.session, move_id, values):
        raise StockShort("fewer units are left than that", field="quantity", left=row.stock)
    facts = {"move": to_public(MOVE_PREFIX, move_id), "reason": new.reason.value, "quantity": new.quantity}
    _record(uow, actor, "stock.moved", sku_id, {**facts, **({"note": new.note} if new.note else {})})
    return stock_of(uow, sku_id)


def set_low_stock(uow: UnitOfWork, actor: uuid.UUID, sku_id: uuid.UUID, low_stock_at: int) -> StockRow:
    """Say from how few units on a unit is low; zero: only once it is sold out. Raises NotFound."""
    before = stock_of(uow, sku_id)
    if before.low_stock_at == low_stock_at:
        return before
    store.set_low_at(uow.session, sku_id, low_stock_at)
    _record(uow, actor, "stock.low_set", sku_id, {"before": before.low_stock_at, "low_stock_at": low_stock_at})
    return before._replace(low_stock_at=low_stock_at)


def restock(uow: UnitOfWork, back: Sequence[BackInStock]) -> None:
    """Units of refunds come back into stock, each refund's once however often it is told. One statement."""
    if back:
        refunds, skus, quantities = zip(*back, strict=True)
        store.restock(uow.session, refunds, skus, quantities, uow.now)


def stock_differences(uow: UnitOfWork, limit: int = _DIFFERENCES_TOLD) -> list[Difference]:
    """Up to `limit` counters of stock or quota that are not what moves and live seats come to. One statement."""
    return store.differences(uow.session, limit)


def reconcile_stock(uow: UnitOfWork) -> bool:
    """Recompute every counter; each that differs is a finding, and the admins are told of it once. A periodic step.

    It reads the seats of rooms that are open or closed within a month: those of older ones were counted when all was
    well, and only then. `stock_differences` reads them all.
    """
    # Two at once would count the same rooms twice.
    advisory_lock(uow, "deals:stock_at_rest")
    through = store.counted_through(uow.session)
    if through is None:
        found = stock_differences(uow)
    else:
        found = store.differences_since(uow.session, _DIFFERENCES_TOLD, through)
    report_differences(uow, found)
    if not found:
        store.count_at_rest(uow.session, through, uow.now - _AT_REST)
    return False


def report_differences(uow: UnitOfWork, found: Sequence[Difference]) -> None:
    """Each counter that differs is a finding, and the admins are told of it once, however often it is seen."""
    screening.record(uow, [_finding(each) for each in found])
    _tell_admins(
        uow, [(DIFFERS, each.id if each.kind == "sku" else None, _evidence(each), _name(each)) for each in found]
    )


def tell_low_stock(uow: UnitOfWork) -> bool:
    """Tell the admins, once, of units that came to be low or sold out since. A periodic step."""
    low = store.note_low(uow.session, uow.now, _TOLD_A_STEP)
    _tell_admins(
        uow,
        [("stock_low", row.id, _low_facts(row), f"{row.id} {to_text(uow.now)}") for row in low],
    )
    return len(low) == _TOLD_A_STEP


def _tell_admins(uow: UnitOfWork, told: Sequence[tuple[str, uuid.UUID | None, dict[str, object], str]]) -> None:
    """Each of these (kind, unit, facts, what it is known by) to every admin; told again, nobody hears it twice."""
    if not told:
        return
    admins = identity.search(uow, None, Role.ADMIN, None, _MOST_ADMINS)
    notifications.tell(
        uow,
        [
            Told(admin.number, kind, subject, None, sku_id, facts)
            for kind, sku_id, facts, subject in told
            for admin in admins
        ],
    )


def _low_facts(row: LowRow) -> dict[str, object]:
    said = {"product": row.product, "unit": row.title, "left": row.stock}
    return said if row.stock else {**said, "say": "gone"}


def _finding(each: Difference) -> Finding:
    return Finding(to_public(each.kind, each.id), DIFFERS, _name(each), Severity.WARNING, _evidence(each))


def _name(each: Difference) -> str:
    """One difference is one finding, however often it is seen."""
    return f"{each.id}: {each.found}, not {each.expected}"


def _evidence(each: Difference) -> dict[str, object]:
    return {"what": to_public(each.kind, each.id), "found": each.found, "expected": each.expected}


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, sku_id: uuid.UUID, facts: dict[str, object]) -> None:
    audit.record(uow, actor=actor, action=action, target=to_public("sku", sku_id), facts=facts)
