"""Tables of tax and fees over HTTP: read by finance too, published by an admin, never changed."""

from __future__ import annotations

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.payouts import service
from socialshop.payouts.deductions import Rounding, Span
from socialshop.payouts.rules import Channel
from socialshop.payouts.schemas.deductions import FeePage, FeeWire, NewFee, NewTaxTable, TaxTablePage, TaxTableWire
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("payout_deductions_admin", __name__, tag="Payout review")


@room.operation(
    "GET", "/admin/tax-tables", access=READS_ALL, query=PageQuery, replies=Reply(200, TaxTablePage, "Tables of tax.")
)
def list_tax_tables(call: Call[Nothing, PageQuery]) -> Answer:
    """Every table of tax that was published, the newest first."""
    after, limit = call.query.after(), call.query.limit

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.tax_tables(uow, limit=limit, after=after), limit, lambda row: row.id)
        return Answer(TaxTablePage(data=[TaxTableWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/tax-tables",
    access=ADMINS,
    body=NewTaxTable,
    replies=Reply(201, TaxTableWire, "In force from its first day on."),
)
def publish_tax_table(call: Call[NewTaxTable, Nothing]) -> Answer:
    """Publish a table of tax. What was asked for before keeps what it was told."""
    body = call.body

    def publish(uow: UnitOfWork) -> Answer:
        table = service.publish_tax_table(
            uow,
            actor=call.caller.member_id,
            place=_place(),
            country=body.country,
            kind=body.kind,
            currency=body.currency,
            span=Span(body.span),
            bands=body.as_bands(),
            rounding=Rounding(body.rounding),
            law=body.law,
            from_on=body.from_on,
            to_on=body.to_on or None,
        )
        return Answer(TaxTableWire.of(table), 201)

    return call.transact(publish)


@room.operation(
    "GET", "/admin/payout-fees", access=READS_ALL, query=PageQuery, replies=Reply(200, FeePage, "Fees of payouts.")
)
def list_payout_fees(call: Call[Nothing, PageQuery]) -> Answer:
    """Every fee that was published, the newest first."""
    after, limit = call.query.after(), call.query.limit

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.fee_tables(uow, limit=limit, after=after), limit, lambda row: row.id)
        return Answer(FeePage(data=[FeeWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/payout-fees",
    access=ADMINS,
    body=NewFee,
    replies=Reply(201, FeeWire, "In force from its first day on."),
)
def publish_payout_fee(call: Call[NewFee, Nothing]) -> Answer:
    """Publish the fee of a channel and currency. What was asked for before keeps what it was told."""
    body = call.body

    def publish(uow: UnitOfWork) -> Answer:
        table = service.publish_fee(
            uow,
            actor=call.caller.member_id,
            place=_place(),
            channel=Channel(body.channel),
            currency=body.currency,
            fee=body.as_fee(),
            from_on=body.from_on,
            to_on=body.to_on or None,
        )
        return Answer(FeeWire.of(table), 201)

    return call.transact(publish)


def _place() -> service.Place:
    settings = wired.settings()
    return service.Place(settings.country, settings.time_zone)
