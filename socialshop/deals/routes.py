"""What is on sale, over HTTP, for everybody."""

from __future__ import annotations

from socialshop.deals import service
from socialshop.deals.schemas.deals import DealPage, DealWire
from socialshop.deals.schemas.products import ProductPage, ProductWire
from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import PUBLIC, look
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("deals", __name__, tag="Deals")


@room.operation("GET", "/products", access=PUBLIC, query=PageQuery, replies=Reply(200, ProductPage, "What is on sale."))
def list_products(call: Call[Nothing, PageQuery]) -> Answer:
    """The products on sale."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        rows, cursor = cut_page(service.products(uow, after, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(ProductPage(data=[ProductWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/products/<product_id>",
    access=PUBLIC,
    replies=Reply(200, ProductWire, "The product."),
    ids={"product_id": "prd"},
)
def show_product(call: Call[Nothing, Nothing]) -> Answer:
    """A product with its units and their stock."""
    return call.transact(lambda uow: Answer(ProductWire.of(service.product(uow, call.ids["product_id"]))))


@room.operation("GET", "/deals", access=PUBLIC, query=PageQuery, replies=Reply(200, DealPage, "The deals."))
def list_deals(call: Call[Nothing, PageQuery]) -> Answer:
    """The deals that are live or announced."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        rows, cursor = cut_page(service.deals(uow, after, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(DealPage(data=[DealWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/deals/<deal_id>", access=PUBLIC, replies=Reply(200, DealWire, "The deal."), ids={"deal_id": "deal"}
)
def show_deal(call: Call[Nothing, Nothing]) -> Answer:
    """A published deal, whether paused, over or not.

    With a token, a leader reads their own drafts too; admins and finance read anybody's.
    """
    return call.transact(lambda uow: Answer(DealWire.of(service.deal(uow, call.ids["deal_id"], look(uow)))))
