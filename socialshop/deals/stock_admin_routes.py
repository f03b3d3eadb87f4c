"""What there is of each unit, and changing it, over HTTP."""

from __future__ import annotations

from socialshop.deals import service
from socialshop.deals.errors import StockShort
from socialshop.deals.schemas.stock import LowStock, MovePage, MoveWire, NewStockMove, StockPage, StockWire
from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("stock_admin", __name__, tag="Deals")
_SKU = {"sku_id": "sku"}


@room.operation("GET", "/admin/stock", access=READS_ALL, query=PageQuery, replies=Reply(200, StockPage, "Units."))
def list_stock(call: Call[Nothing, PageQuery]) -> Answer:
    """What is left of every unit, what is sold out or low first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.stock_page(uow, after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(StockPage(data=[StockWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/skus/<sku_id>/stock-moves",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, MovePage, "Its moves."),
    ids=_SKU,
)
def list_stock_moves(call: Call[Nothing, PageQuery]) -> Answer:
    """How a unit came to what is left of it: what the shop moved, what refunds brought back, and every seat."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.stock_moves(uow, call.ids["sku_id"], before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(MovePage(data=[MoveWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/skus/<sku_id>/stock-moves",
    access=ADMINS,
    body=NewStockMove,
    replies=Reply(201, StockWire, "The unit, with what is left of it now."),
    refuses=(StockShort,),
    ids=_SKU,
)
def move_stock(call: Call[NewStockMove, Nothing]) -> Answer:
    """Add to a unit's stock or take from it, for a reason; sales go on meanwhile and lose nothing by it."""
    new = call.body.new()

    def move(uow: UnitOfWork) -> Answer:
        return Answer(StockWire.of(service.move_stock(uow, call.caller.member_id, call.ids["sku_id"], new)), 201)

    return call.transact(move)


@room.operation(
    "POST",
    "/admin/skus/<sku_id>/low-stock",
    access=ADMINS,
    body=LowStock,
    replies=Reply(200, StockWire, "The unit."),
    ids=_SKU,
)
def set_low_stock(call: Call[LowStock, Nothing]) -> Answer:
    """Say from how few units on a unit is low."""
    low = call.body.low_stock_at

    def keep(uow: UnitOfWork) -> Answer:
        return Answer(StockWire.of(service.set_low_stock(uow, call.caller.member_id, call.ids["sku_id"], low)))

    return call.transact(keep)
