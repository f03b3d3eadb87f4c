"""Batches, their items and results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.payouts.rules import LONGEST_REASON, LONGEST_REFERENCE
from socialshop.payouts.schemas.requests import ChannelName, PublicId
from socialshop.payouts.service import (
    LARGEST_BATCH,
    Batch,
    BatchView,
)
from socialshop.web.bodies import MAX_BODY_BYTES
from socialshop.web.paging import Page
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example

_BATCH: dict[str, Any] = {
    "id": "pob_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "frozen",
    "channel": "bank",
    "total": {"amount_minor": 4200, "currency": "CNY"},
    "item_count": 1,
    "content_hash": "9f2c4f3a5d1c7e806b54a1c9e0d2f7384b6a5968d7c0e1f2a3b4c5d6e7f80912",
    "created_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "created_at": "2026-01-31T12:00:00Z",
    "released_by": None,
    "released_at": None,
}
_ITEM = {
    "request_id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "amount": {"amount_minor": 4200, "currency": "CNY"},
    "gross": {"amount_minor": 4200, "currency": "CNY"},
    "tax": {"amount_minor": 0, "currency": "CNY"},
    "fee": {"amount_minor": 0, "currency": "CNY"},
    "status": "batched",
    "transfer": None,
    "reference": None,
    "reason": None,
}


class NewBatch(Wire):
    """Through which channel to pay what is approved; the shop's currency if none is given."""

    model_config = with_example({"channel": "bank"})

    channel: ChannelName
    currency: Currency = absent()


class BatchSummary(Wire):
    """A batch: what was frozen, and by whom it was made and released."""

    model_config = with_example(_BATCH)

    id: str
    status: str
    channel: str
    total: MoneyWire
    item_count: int
    content_hash: str
    created_by: str
    created_at: Instant
    released_by: str | None
    released_at: Instant | None

    @classmethod
    def of(cls, batch: Batch) -> BatchSummary:
        """The wire form of a batch without its items."""
        return cls(**_batch(batch))


class BatchPage(Page[BatchSummary]):
    """Batches, newest first."""

    model_config = with_example({"data": [_BATCH], "next_cursor": None})


class ItemWire(Wire):
    """One request of a batch: `amount` is to be paid, `gross` without the tax and fee that are taken off.

    `reference` and `reason` are what the channel said of it, `transfer` how the call of a provider stands that pays it.
    """

    model_config = with_example(_ITEM)

    request_id: str
    amount: MoneyWire
    gross: MoneyWire
    tax: MoneyWire
    fee: MoneyWire
    status: str
    transfer: str | None
    reference: str | None
    reason: str | None


class BatchWire(BatchSummary):
    """A batch with its items."""

    model_config = with_example({**_BATCH, "items": [_ITEM]})

    items: list[ItemWire]

    @classmethod
    def of_view(cls, view: BatchView) -> BatchWire:
        """The wire form of a batch with its items."""
        currency = view.batch.currency
        items = [
            ItemWire(
                request_id=to_public("por", item.request_id),
                amount=MoneyWire(amount_minor=item.net_minor, currency=currency),
                gross=MoneyWire(amount_minor=item.amount_minor, currency=currency),
                tax=MoneyWire(amount_minor=item.tax_minor, currency=currency),
                fee=MoneyWire(amount_minor=item.fee_minor, currency=currency),
                status=item.status,
                transfer=item.transfer,
                reference=item.reference,
                reason=item.result_reason,
            )
            for item in view.items
        ]
        return cls(**_batch(view.batch), items=items)


class FileQuery(Wire):
    """In which form."""

    format: Literal["csv", "pain001"] = Field("csv", description="csv, or pain001: ISO 20022 pain.001.001.09")


class ResultWire(Wire):
    """What the channel said of one request."""

    request_id: PublicId
    outcome: Literal["paid", "failed", "returned"]
    reference: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REFERENCE)] = absent()
    reason: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)] = absent()


class Results(Wire):
    """What the channel said."""

    model_config = with_example(
        {
            "results": [
                {
                    "request_id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "outcome": "failed",
                    "reference": "20260131-7",
                    "reason": "account closed",
                }
            ]
        }
    )

    results: Annotated[list[ResultWire], Field(min_length=1, max_length=LARGEST_BATCH)]


class ResultsFile(Wire):
    """The channel's results as a table: `request_id,outcome` and, if there are any, `reference,reason,amount`.

    The payout file with these columns added is taken as it is; its other columns are compared with the batch.
    """

    model_config = with_example({"csv": "request_id,outcome,reason\npor_01k9w3q2mxe5tb6v8c4yd7r1hz,failed,closed\n"})

    csv: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BODY_BYTES)]


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "id": to_public("pob", batch.id),
        "status": batch.status,
        "channel": batch.channel,
        "total": MoneyWire(amount_minor=batch.total_minor, currency=batch.currency),
        "item_count": batch.item_count,
        "content_hash": batch.content_hash.hex(),
        "created_by": to_public("mbr", batch.created_by),
        "created_at": batch.created_at,
        "released_by": to_public("mbr", batch.released_by) if batch.released_by else None,
        "released_at": batch.released_at,
    }
