"""The accruals, for those who read them elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from socialshop.commissions.store import export as store
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public


class ExportedAccrual(NamedTuple):
    """A line of `export accruals`; the fields are its columns. Who has no external id goes by the public one.

    What was counted and not sold is of no order: its field is empty.
    """

    order_external_id: str
    beneficiary_external_id: str
    kind: str
    level: int
    amount_minor: int
    currency: str
    status: str


def export_accruals(uow: UnitOfWork) -> Iterator[ExportedAccrual]:
    """Every accrual, streamed in a stable order, within this unit of work."""
    for row in store.accruals(uow.session):
        yield ExportedAccrual(
            row.order_external_id or ("" if row.order_id is None else to_public("ord", row.order_id)),
            row.beneficiary_external_id or to_public("mbr", row.beneficiary_id),
            row.kind,
            row.level,
            row.amount_minor,
            row.currency,
            row.status,
        )
