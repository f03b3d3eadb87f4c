"""A bank's table of results: read whole, compared with the batch line by line, then taken whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from socialshop.infra.csvfile import Layout, Record, records_of
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public
from socialshop.kernel.money import parse_decimal
from socialshop.payouts.errors import ResultsRefused
from socialshop.payouts.rules import LONGEST_REASON, LONGEST_REFERENCE, may_become
from socialshop.payouts.service.batching import BatchView, record_results, released_batch
from socialshop.payouts.store.batches import BatchItem, Outcome

# What the payout file has beside, so that a bank may add its columns to it and send it back.
_LAYOUT = Layout(
    required=("request_id", "outcome"),
    optional=("reference", "reason", "amount", "amount_minor", "currency", "channel", "holder", "account"),
)
_OUTCOMES = ("paid", "failed", "returned")
_MOST_NAMED = 100


class Fault(NamedTuple):
    """What is wrong with a line of the table; nothing of the line is repeated but its number."""

    line: int
    field: str
    code: str
    reason: str


def record_results_file(uow: UnitOfWork, *, actor: uuid.UUID, batch_id: uuid.UUID, content: bytes) -> BatchView:
    """Take a table `request_id,outcome,reference,reason` (CSV, UTF-8) as `record_results` takes outcomes.

    Raises NotFound (the batch), BatchNotReleased, FileRefused for what is no such table, and ResultsRefused with the
    faults of up to a hundred lines; whatever is raised, nothing was taken. The same table again changes nothing.
    """
    view = released_batch(uow, batch_id)
    reader = _Reader(view)
    for record in records_of(content, "the table", _LAYOUT):
        reader.take(record)
    if reader.faults:
        lines = [fault._asdict() for fault in reader.faults[:_MOST_NAMED]]
        first = reader.faults[0]
        raise ResultsRefused(
            f"line {first.line}, {first.field}: {first.reason}; {len(reader.faults)} bad in all, nothing was taken",
            lines=lines,
        )
    if not reader.said:
        raise ResultsRefused("the table has no line of a result", lines=[])
    return record_results(uow, actor=actor, batch_id=batch_id, outcomes=list(reader.said.values()))


class _Bad(Exception):
    """A field is not what it may be."""

    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.code, self.reason = field, code, reason


class _Reader:
    """Takes line after line; keeps what was said of each request, and the first fault of each bad line."""

    def __init__(self, view: BatchView) -> None:
        self._view = view
        self._items = {item.request_id: item for item in view.items}
        self.said: dict[uuid.UUID, Outcome] = {}
        self.faults: list[Fault] = []

    def take(self, record: Record) -> None:
        """Read a line."""
        try:
            if record.misfit is not None:
                raise _Bad(_LAYOUT.columns[record.misfit], "fields", "the line has too few or too many fields")
            self._keep(self._outcome(dict(zip(_LAYOUT.columns, map(str.strip, record.values), strict=True))))
        except _Bad as bad:
            self.faults.append(Fault(record.line, bad.field, bad.code, bad.reason))

    def _outcome(self, values: Mapping[str, str]) -> Outcome:
        item = self._item(values["request_id"])
        outcome = values["outcome"].lower()
        if outcome not in _OUTCOMES:
            raise _Bad("outcome", "unknown_outcome", "none of paid, failed and returned")
        if not may_become(item.status, outcome):
            raise _Bad("outcome", "other_result", "the payout stands otherwise: this cannot follow")
        for field, longest in (("reference", LONGEST_REFERENCE), ("reason", LONGEST_REASON)):
            if len(values[field]) > longest or not values[field].isprintable():
                raise _Bad(field, "invalid_text", f"not up to {longest} visible characters")
        for field, fits in self._comparisons(item).items():
            if values[field] and not fits(values[field]):
                raise _Bad(field, "differs", "not what was frozen in the batch")
        return Outcome(item.request_id, outcome, values["reference"] or None, values["reason"] or None)

    def _item(self, said: str) -> BatchItem:
        if not said:
            raise _Bad("request_id", "missing", "is missing")
        try:
            # In a bank's file the id is written with a hyphen (service/files.py).
            return self._items[from_public("por", said.replace("-", "_", 1))]
        except NotFound:
            raise _Bad("request_id", "malformed", "no id of a payout request") from None
        except KeyError:
            raise _Bad("request_id", "not_in_batch", "no request of this batch") from None

    def _comparisons(self, item: BatchItem) -> Mapping[str, Callable[[str], bool]]:
        batch = self._view.batch

        def amount_fits(said: str) -> bool:
            try:
                return parse_decimal(said, batch.currency) == item.net_minor
            except InvalidValue:
                return False

        return {
            "amount": amount_fits,
            "amount_minor": lambda said: said == str(item.net_minor),
            "currency": lambda said: said == batch.currency,
            "channel": lambda said: said == batch.channel,
            "holder": lambda said: said == item.holder,
            "account": lambda said: "".join(said.split()) == item.account,
        }

    def _keep(self, outcome: Outcome) -> None:
        """A line that was written twice is one; two that say different things of one request are a fault."""
        if self.said.setdefault(outcome.request_id, outcome) != outcome:
            raise _Bad("request_id", "repeated", "an earlier line says something else of this request")
