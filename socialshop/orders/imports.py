"""Purchases from elsewhere, line by line into orders: paid and received, posted as sales, ready to accrue.

One transaction: rows stream into a temporary table, SQL judges them there, and what is good lands set by set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from socialshop.infra import csvfields as fields
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.csvfields import FaultAt, Fields
from socialshop.infra.csvfile import Layout, Record, read_records
from socialshop.infra.rejects import Imported, Progress, Rejected
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.ids import new_ids, to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.store import imports as store
from socialshop.referrals import service as referrals

LAYOUT = Layout(
    required=("external_id", "member_external_id", "ordered_at", "amount", "currency"),
    optional=("quantity", "host_external_id", "received_at"),
)
(_EXTERNAL_ID, _MEMBER, _ORDERED_AT, _AMOUNT, _CURRENCY, _QUANTITY, _HOST, _RECEIVED_AT) = range(1, 9)

_PUBLIC_PREFIX = "ord"
_ORDERS_AN_EVENT = 1_000
_ORDERS_A_STEP = 10_000


@dataclass(frozen=True, slots=True)
class ImportedOrders(Imported):
    """Besides: how many of those that landed had no plan in force when they were ordered. They earn nobody anything."""

    without_plan: int

    def nothing_landed(self) -> Self:
        """The same file where all or none was asked for, and a line was rejected."""
        return replace(self, landed=0, without_plan=0)


def import_orders(uow: UnitOfWork, path: Path, *, reject: Callable[[Rejected], None], progress: Progress) -> Imported:
    """Land the good lines of a file; `reject` is told of each other one, in the order of lines.

    Raises FileRefused (the file cannot be read as a whole); the unit of work must then end without a commit.
    """
    advisory_lock(uow, "orders:import")
    store.create_staging(uow.session)
    records = read_records(path, LAYOUT, lambda done, total: progress("read", done, total))
    read = store.stage(uow.session, (_row(i, record, uow.now) for i, record in enumerate(records)))
    crash_point("import_orders.staged")
    progress("judge", 0, 1)
    store.judge(uow.session)
    rejected = 0
    for line, column, code, reason in store.rejected(uow.session):
        reject(Rejected(line, LAYOUT.columns[column - 1], code, reason))
        rejected += 1
    landed = _land(uow, progress)
    crash_point("import_orders.landed")
    return Imported(read, landed, read - landed - rejected, rejected)


def landed_before(uow: UnitOfWork, since: Mapping[str, datetime]) -> int:
    """How many of the orders that this unit of work has imported were placed before their currency's instant.

    A currency that is not named has none: all of its orders count.
    """
    return store.landed_before(uow.session, since)


def _row(position: int, record: Record, now: datetime) -> Sequence[object]:
    """A row of the staging table; a value at fault is NULL, and the leftmost fault stands beside."""
    if record.misfit is not None:
        fault = FaultAt(record.misfit + 1, "field_count", "the row has not as many fields as the header")
        return (position, record.line, *[None] * 8, *fault)
    external_id, member, ordered_at, amount, currency, quantity, host, received_at = record.values
    row = Fields()
    ordered = row.read(_ORDERED_AT, fields.past_instant, ordered_at, now)
    values = (
        row.read(_EXTERNAL_ID, fields.identifier, external_id),
        row.read(_MEMBER, fields.identifier, member),
        ordered,
        row.read(_AMOUNT, fields.amount_minor, amount, currency),
        row.read(_CURRENCY, fields.currency, currency),
        row.read(_QUANTITY, fields.quantity, quantity),
        row.read(_HOST, fields.optional_identifier, host),
        row.read(_RECEIVED_AT, _received, received_at, ordered, now),
    )
    return (position, record.line, *values, *(row.fault or (None, None, None)))


def _received(text: str, ordered_at: datetime | None, now: datetime) -> datetime | None:
    """When the buyer had the goods: not before the order; the order's own instant where nothing is given."""
    if not text:
        return ordered_at
    received = fields.past_instant(text, now)
    if ordered_at is not None and received < ordered_at:
        raise fields.Fault("received_before_ordered", "lies before ordered_at")
    return received


def _land(uow: UnitOfWork, progress: Progress) -> int:
    """Give the good lines their ids, insert them, post their sales, and say that they stand."""
    count = store.good_lines(uow.session)
    store.give_ids(uow.session, _ids(count))
    referrals.hold_tree(uow)
    store.insert_landing(uow.session)
    for done, batch in enumerate(store.landing_batches(uow.session, _ORDERS_A_STEP)):
        progress("post", done * _ORDERS_A_STEP, count)
        ledger.post(uow, [_sale(order) for order in batch if order.total_minor])
        for start in range(0, len(batch), _ORDERS_AN_EVENT):
            uow.emit(OrdersConfirmed(tuple(order.id for order in batch[start : start + _ORDERS_AN_EVENT])))
    progress("post", count, count)
    return count


def _ids(count: int) -> Iterator[tuple[bytes, bytes]]:
    """An id for each order and for its line, in step with the order of lines."""
    for start in range(0, count, _ORDERS_A_STEP):
        ids = new_ids(2 * min(_ORDERS_A_STEP, count - start))
        yield from ((order.bytes, line.bytes) for order, line in zip(ids[::2], ids[1::2], strict=True))


def _sale(order: store.Landing) -> ledger.Entry:
    """The shop sold; the money was taken elsewhere. (A free order sells nothing and posts nothing.)"""
    return ledger.Entry(
        reference=f"sale:{to_public(_PUBLIC_PREFIX, order.id)}",
        kind="sale",
        postings=(
            ledger.Posting(chart.provider_clearing("import"), -order.total_minor, order.currency, order.id),
            ledger.Posting(chart.SALES, order.total_minor, order.currency, order.id),
        ),
    )
