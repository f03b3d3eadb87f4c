"""Destinations, requests and statements, as their member sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.payouts.rules import LONGEST_ACCOUNT, LONGEST_HOLDER
from socialshop.payouts.service import (
    Destination,
    PaidPart,
    Request,
    Statement,
    usable_from,
)
from socialshop.web.paging import Page
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example

ChannelName = Literal["bank", "alipay", "wechat"]
PublicId = Annotated[str, StringConstraints(min_length=1, max_length=40)]
_DESTINATION = {
    "id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "channel": "bank",
    "holder": "林小满",
    "account_last4": "3000",
    "created_at": "2026-01-31T12:00:00Z",
    "usable_from": "2026-01-31T12:00:00Z",
}
REQUEST: dict[str, Any] = {
    "id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "submitted",
    "amount": {"amount_minor": 4200, "currency": "CNY"},
    "tax": {"amount_minor": 0, "currency": "CNY"},
    "fee": {"amount_minor": 0, "currency": "CNY"},
    "net": {"amount_minor": 4200, "currency": "CNY"},
    "channel": "bank",
    "destination_id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "holder": "林小满",
    "account_last4": "3000",
    "submitted_at": "2026-01-31T12:00:00Z",
    "decided_at": None,
    "reason": None,
    "ended_at": None,
    "reference": None,
    "result_reason": None,
}
ACCRUAL = {
    "id": "acr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "sale",
    "level": 1,
    "status": "settled",
    "settled_at": "2026-01-30T12:00:00Z",
    "amount": {"amount_minor": 159, "currency": "CNY"},
    "part": {"amount_minor": 159, "currency": "CNY"},
}


class NewDestination(Wire):
    """Where payouts may go: an IBAN or card number, an Alipay account, a WeChat id."""

    model_config = with_example({"channel": "bank", "holder": "林小满", "account": "DE89370400440532013000"})

    channel: ChannelName
    holder: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_HOLDER)]
    account: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ACCOUNT)] = Field(repr=False)


class DestinationWire(Wire):
    """A destination, with the last four characters of its account."""

    model_config = with_example(_DESTINATION)

    id: str
    channel: str
    holder: str
    account_last4: str
    created_at: Instant
    usable_from: Instant

    @classmethod
    def of(cls, destination: Destination, cooldown: timedelta) -> DestinationWire:
        """The wire form of a destination."""
        return cls(
            id=to_public("pod", destination.id),
            channel=destination.channel,
            holder=destination.holder,
            account_last4=destination.account_last4,
            created_at=destination.created_at,
            usable_from=usable_from(destination, cooldown),
        )


class Destinations(Wire):
    """All destinations of a member."""

    model_config = with_example({"data": [_DESTINATION], "next_cursor": None})

    data: list[DestinationWire]
    next_cursor: None = None


class NewRequest(Wire):
    """How much to pay out, and where to; the shop's currency if none is given.

    With `net_minor`, what a quote said you get, it is refused if something else would be left by now.
    """

    model_config = with_example({"amount_minor": 4200, "destination_id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    amount_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    destination_id: PublicId
    currency: Currency = absent()
    net_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)] = absent()


class RequestWire(Wire):
    """A payout request, as its member sees it: `reason` is of who decided, `result_reason` of the channel.

    `amount` leaves the wallet; `tax` and `fee` are taken off it, `net` is what is paid.
    """

    model_config = with_example(REQUEST)

    id: str
    status: str
    amount: MoneyWire
    tax: MoneyWire
    fee: MoneyWire
    net: MoneyWire
    channel: str
    destination_id: str
    holder: str
    account_last4: str
    submitted_at: Instant
    decided_at: Instant | None
    reason: str | None
    ended_at: Instant | None
    reference: str | None
    result_reason: str | None

    @classmethod
    def of(cls, request: Request) -> RequestWire:
        """The wire form of a request."""
        return cls(**request_fields(request))


class RequestPage(Page[RequestWire]):
    """A member's own requests, newest first."""

    model_config = with_example({"data": [REQUEST], "next_cursor": None})


class AccrualPart(Wire):
    """A commission behind a request, and how much of it the request takes."""

    model_config = with_example(ACCRUAL)

    id: str
    order_id: str | None
    kind: str
    level: int
    status: str
    settled_at: Instant
    amount: MoneyWire
    part: MoneyWire

    @classmethod
    def of(cls, part: PaidPart, currency: str) -> AccrualPart:
        """The wire form of a part."""
        return cls(
            id=to_public("acr", part.accrual_id),
            order_id=None if part.order_id is None else to_public("ord", part.order_id),
            kind=part.kind,
            level=part.level,
            status=part.status,
            settled_at=part.settled_at,
            amount=MoneyWire(amount_minor=part.amount_minor, currency=currency),
            part=MoneyWire(amount_minor=part.part_minor, currency=currency),
        )


class StatementWire(RequestWire):
    """A payout and the commissions that it was paid from.

    `netted` is what of money that came back paid a debt at once; `statement_hash` is there once the payout is over.
    """

    model_config = with_example(
        {
            **REQUEST,
            "status": "paid",
            "accruals": [{**ACCRUAL, "status": "paid_out"}],
            "netted": {"amount_minor": 0, "currency": "CNY"},
            "statement_hash": "9f" * 32,
        }
    )

    accruals: list[AccrualPart]
    netted: MoneyWire
    statement_hash: str | None

    @classmethod
    def of_statement(cls, statement: Statement) -> StatementWire:
        """The wire form of a statement."""
        request = statement.request
        return cls(
            **request_fields(request),
            accruals=parts_wire(statement.accruals, request.currency),
            netted=MoneyWire(amount_minor=statement.netted_minor, currency=request.currency),
            statement_hash=statement.statement_hash.hex() if statement.statement_hash else None,
        )


def request_fields(request: Request) -> dict[str, Any]:
    """The fields of a request that everybody sees who may see it."""
    shown = ("status", "channel", "holder", "account_last4", "reason", "reference", "result_reason")
    at = ("submitted_at", "decided_at", "ended_at")
    return {
        **{name: getattr(request, name) for name in (*shown, *at)},
        "id": to_public("por", request.id),
        "destination_id": to_public("pod", request.destination_id),
        **{
            name: MoneyWire(amount_minor=minor, currency=request.currency)
            for name, minor in (
                ("amount", request.amount_minor),
                ("tax", request.tax_minor),
                ("fee", request.fee_minor),
                ("net", request.net_minor),
            )
        },
    }


def parts_wire(parts: Sequence[PaidPart], currency: str) -> list[AccrualPart]:
    """The wire form of the commissions behind a request."""
    return [AccrualPart.of(part, currency) for part in parts]
