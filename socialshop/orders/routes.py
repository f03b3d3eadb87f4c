"""A buyer's own orders over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.orders import service
from socialshop.orders.errors import AddressBookFull, OrderHasLeft, OrderNotShipped
from socialshop.orders.schemas.addresses import (
    ADDRESS_PREFIX,
    AddressBook,
    AddressChoice,
    AddressEdit,
    AddressEntry,
    AddressWire,
    OrderAddress,
)
from socialshop.orders.schemas.orders import OrderPage, OrderWire
from socialshop.orders.schemas.refunds import RefundList, RefundWire
from socialshop.web.auth import BUYERS, READS_ALL, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("orders", __name__, tag="Orders")


@room.operation("GET", "/orders", access=SIGNED_IN, query=PageQuery, replies=Reply(200, OrderPage, "Your orders."))
def list_orders(call: Call[Nothing, PageQuery]) -> Answer:
    """Your orders, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.orders(uow, call.caller.number, before, query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(OrderPage(data=[OrderWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/orders/<order_id>", access=SIGNED_IN, replies=Reply(200, OrderWire, "The order."), ids={"order_id": "ord"}
)
def show_order(call: Call[Nothing, Nothing]) -> Answer:
    """Your order; finance and admins see anybody's."""
    buyer = None if call.caller.role in READS_ALL.roles else call.caller.number
    return call.transact(lambda uow: Answer(OrderWire.of(service.order(uow, call.ids["order_id"], buyer))))


@room.operation(
    "POST",
    "/orders/<order_id>/receipt",
    access=BUYERS,
    replies=Reply(200, OrderWire, "The order, received."),
    refuses=(OrderNotShipped,),
    ids={"order_id": "ord"},
)
def receive_order(call: Call[Nothing, Nothing]) -> Answer:
    """Say that you have the goods; the time to send them back begins. Said again, nothing changes."""
    return call.transact(
        lambda uow: Answer(OrderWire.of(service.receive(uow, call.caller.number, call.ids["order_id"])))
    )


@room.operation(
    "GET",
    "/orders/<order_id>/refunds",
    access=SIGNED_IN,
    replies=Reply(200, RefundList, "The refunds of the order."),
    ids={"order_id": "ord"},
)
def list_order_refunds(call: Call[Nothing, Nothing]) -> Answer:
    """The refunds of your order, oldest first; finance and admins see anybody's."""
    buyer = None if call.caller.role in READS_ALL.roles else call.caller.number

    def read(uow: UnitOfWork) -> Answer:
        found = service.refunds_of(uow, call.ids["order_id"], buyer)
        return Answer(RefundList(data=[RefundWire.of(view) for view in found]))

    return call.transact(read)


@room.operation("GET", "/me/addresses", access=SIGNED_IN, replies=Reply(200, AddressBook, "Your addresses."))
def list_addresses(call: Call[Nothing, Nothing]) -> Answer:
    """Your addresses: the default first, then the newest."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.addresses_of(uow, call.caller.number)
        return Answer(AddressBook(data=[AddressEntry.of_row(row) for row in found]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/addresses",
    access=SIGNED_IN,
    body=AddressEdit,
    replies=Reply(201, AddressEntry, "The address is in your book."),
    refuses=(AddressBookFull,),
)
def add_address(call: Call[AddressEdit, Nothing]) -> Answer:
    """Add an address to your book; the first is the default."""

    def add(uow: UnitOfWork) -> Answer:
        row = service.add_address(uow, call.caller.number, call.body.address(), default=call.body.is_default)
        return Answer(AddressEntry.of_row(row), 201)

    return call.transact(add)


@room.operation(
    "POST",
    "/me/addresses/<address_id>",
    access=SIGNED_IN,
    body=AddressEdit,
    ids={"address_id": ADDRESS_PREFIX},
    replies=Reply(200, AddressEntry, "The address, changed."),
    refuses=(NotFound,),
)
def change_address(call: Call[AddressEdit, Nothing]) -> Answer:
    """Put another address in place of one of yours; orders keep the one that they have."""
    body, address_id = call.body, call.ids["address_id"]

    def change(uow: UnitOfWork) -> Answer:
        row = service.change_address(uow, call.caller.number, address_id, body.address(), default=body.is_default)
        return Answer(AddressEntry.of_row(row))

    return call.transact(change)


@room.operation(
    "DELETE",
    "/me/addresses/<address_id>",
    access=SIGNED_IN,
    ids={"address_id": ADDRESS_PREFIX},
    replies=Reply(204, None, "It is out of your book."),
    refuses=(NotFound,),
)
def remove_address(call: Call[Nothing, Nothing]) -> Answer:
    """Take an address out of your book; orders keep the one that they have."""

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_address(uow, call.caller.number, call.ids["address_id"])
        return Answer(status=204)

    return call.transact(remove)


@room.operation(
    "GET",
    "/orders/<order_id>/address",
    access=SIGNED_IN,
    ids={"order_id": "ord"},
    replies=Reply(200, OrderAddress, "Where the order goes."),
    refuses=(NotFound,),
)
def show_own_order_address(call: Call[Nothing, Nothing]) -> Answer:
    """Where your order goes, if you have said."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.address_of(uow, call.ids["order_id"], call.caller.number)
        return Answer(OrderAddress(address=AddressWire.of(found) if found else None))

    return call.transact(read)


@room.operation(
    "POST",
    "/orders/<order_id>/address",
    access=BUYERS,
    body=AddressChoice,
    ids={"order_id": "ord"},
    replies=Reply(200, OrderAddress, "Where the order goes from now on."),
    refuses=(NotFound, OrderHasLeft),
)
def choose_address(call: Call[AddressChoice, Nothing]) -> Answer:
    """Say where your order goes, or somewhere else, until it leaves: the address is copied as it is now."""
    address_id = from_public(ADDRESS_PREFIX, call.body.address_id)

    def choose(uow: UnitOfWork) -> Answer:
        found = service.send_to(uow, call.caller.number, call.ids["order_id"], address_id)
        return Answer(OrderAddress(address=AddressWire.of(found)))

    return call.transact(choose)
