"""What is on sale, over HTTP, for everybody."""

from __future__ import annotations

from socialshop.deals import service
from socialshop.deals.schemas.browsing import DealQuery, ProductQuery
from socialshop.deals.schemas.deals import DealPage, DealWire
from socialshop.deals.schemas.pictures import PICTURES, DraftPicture
from socialshop.deals.schemas.products import ProductPage, ProductWire
from socialshop.deals.schemas.storefronts import DraftStorefront, StorefrontWire
from socialshop.identity.service import StandingLimited
from socialshop.infra.pictures import DIGEST, PictureRefused, Size
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.web.auth import LEADERS, PUBLIC, look
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_ordered
from socialshop.web.schemas import Nothing

room = Room("deals", __name__, tag="Deals")

_KEPT_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@room.operation(
    "GET", "/products", access=PUBLIC, query=ProductQuery, replies=Reply(200, ProductPage, "What is on sale.")
)
def list_products(call: Call[Nothing, ProductQuery]) -> Answer:
    """The products on sale: all, or those that are looked for."""
    query, sought, after = call.query, call.query.sought(), call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.find_products(uow, sought, after, query.limit + 1)
        rows, cursor = cut_ordered(found, query.limit, lambda row: row.place)
        return Answer(ProductPage(data=[ProductWire.of(row.product) for row in rows], next_cursor=cursor))

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


@room.operation("GET", "/deals", access=PUBLIC, query=DealQuery, replies=Reply(200, DealPage, "The deals."))
def list_deals(call: Call[Nothing, DealQuery]) -> Answer:
    """The deals that are live or announced: all, or those that are looked for.

    With a token, also those that are offered to you among some alone.
    """
    query, sought, after = call.query, call.query.sought(), call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        caller = look(uow)
        found = service.find_deals(uow, sought, after, query.limit + 1, viewer=caller.number if caller else None)
        rows, cursor = cut_ordered(found, query.limit, lambda row: row.place)
        return Answer(DealPage(data=[DealWire.of(row.deal) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/deals/<deal_id>", access=PUBLIC, replies=Reply(200, DealWire, "The deal."), ids={"deal_id": "deal"}
)
def show_deal(call: Call[Nothing, Nothing]) -> Answer:
    """A published deal, whether paused, over or not.

    With a token, a leader reads their own drafts too; admins and finance read anybody's.
    """
    return call.transact(lambda uow: Answer(DealWire.of(service.deal(uow, call.ids["deal_id"], look(uow)))))


@room.operation(
    "GET",
    "/storefronts/<storefront_id>",
    access=PUBLIC,
    replies=Reply(200, StorefrontWire, "The storefront."),
    ids={"storefront_id": service.STOREFRONT_PREFIX},
)
def show_storefront(call: Call[Nothing, Nothing]) -> Answer:
    """A leader's storefront: what the leader picked, in order, whether it can be bought now or not."""
    return call.transact(lambda uow: Answer(StorefrontWire.of(service.storefront(uow, call.ids["storefront_id"]))))


@room.operation(
    "GET",
    f"{PICTURES}/<digest>/<size>",
    access=PUBLIC,
    limited=False,
    refuses=(NotFound,),
    replies=Reply(200, None, "The picture.", "image/webp"),
)
def show_goods_picture(call: Call[Nothing, Nothing]) -> Answer:
    """A picture of goods, or a banner; `size` is small, middle or large. Its address names its content: keep it."""
    digest, size = call.path["digest"], call.path["size"]
    if size not in set(Size) or not DIGEST.fullmatch(digest):
        raise NotFound("no such picture")

    def read(uow: UnitOfWork) -> Answer:
        content = service.picture_file(uow, digest, Size(size))
        return Answer(content, media_type="image/webp", headers=_KEPT_FOR_EVER)

    return call.transact(read)


@room.operation(
    "GET", "/me/storefront", access=LEADERS, replies=Reply(200, StorefrontWire, "Your storefront."), refuses=(NotFound,)
)
def show_own_storefront(call: Call[Nothing, Nothing]) -> Answer:
    """Your own storefront; 404 before you have made one."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.storefront_of(uow, call.caller.number)
        if found is None:
            raise NotFound("you have no storefront yet")
        return Answer(StorefrontWire.of(found))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/storefront",
    access=LEADERS,
    body=DraftStorefront,
    replies=Reply(200, StorefrontWire, "Your storefront, as everybody sees it from now on."),
    refuses=(NotFound, StandingLimited),
)
def keep_storefront(call: Call[DraftStorefront, Nothing]) -> Answer:
    """Make your storefront, or make it anew: a title, some words, and deals and products in an order.

    Its link is `POST /invite-links` with kind `storefront`, and binds as others do.
    """
    new = call.body.new()
    return call.transact(lambda uow: Answer(StorefrontWire.of(service.keep_storefront(uow, call.caller, new))))


@room.operation(
    "POST",
    "/me/storefront/banner",
    access=LEADERS,
    body=DraftPicture,
    replies=Reply(200, StorefrontWire, "Your storefront with its banner."),
    refuses=(NotFound, PictureRefused, StandingLimited),
)
def set_banner(call: Call[DraftPicture, Nothing]) -> Answer:
    """Show a banner over your storefront, in place of the one before."""
    new = call.body.new()
    return call.transact(lambda uow: Answer(StorefrontWire.of(service.set_banner(uow, call.caller, new))))


@room.operation(
    "DELETE",
    "/me/storefront/banner",
    access=LEADERS,
    replies=Reply(204, None, "There is no banner."),
    refuses=(NotFound,),
)
def remove_banner(call: Call[Nothing, Nothing]) -> Answer:
    """Show no banner over your storefront any more."""

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_banner(uow, call.caller)
        return Answer(status=204)

    return call.transact(remove)
