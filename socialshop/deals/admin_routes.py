"""Putting products and deals on sale over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from socialshop.deals import service
from socialshop.deals.errors import BelowFloor, DealNotLive, GoodsNotOpen, GoodsOffSale
from socialshop.deals.schemas.deals import DealWire, DraftDeal
from socialshop.deals.schemas.pictures import BannerRemoval, DraftPicture, PictureOrder, PictureWords
from socialshop.deals.schemas.products import DraftProduct, NewOpening, OpeningWire, ProductEdit, ProductWire
from socialshop.deals.schemas.storefronts import StorefrontWire
from socialshop.deals.service import PICTURE_PREFIX, DealView
from socialshop.identity.service import StandingLimited
from socialshop.infra import wired
from socialshop.infra.pictures import PictureRefused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.roles import Role
from socialshop.web.auth import ADMINS, LEADERS, READS_ALL, Caller
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("deals_admin", __name__, tag="Deals")


@room.operation(
    "POST",
    "/admin/products",
    access=ADMINS,
    body=DraftProduct,
    replies=Reply(201, ProductWire, "The product, on sale at once."),
)
def add_product(call: Call[DraftProduct, Nothing]) -> Answer:
    """Put a product on sale, with its units and their stock."""
    currency = wired.settings().currency

    def add(uow: UnitOfWork) -> Answer:
        return Answer(ProductWire.of(service.add_product(uow, call.caller.member_id, call.body.new(), currency)), 201)

    return call.transact(add)


@room.operation(
    "PATCH",
    "/admin/products/<product_id>",
    access=ADMINS,
    body=ProductEdit,
    replies=Reply(200, ProductWire, "The product, changed."),
    refuses=(NotFound,),
    ids={"product_id": "prd"},
)
def change_product(call: Call[ProductEdit, Nothing]) -> Answer:
    """Change a product's words and days to send back, and code, title and price alone of its units.

    Orders and rooms keep what they were placed and opened with, and deals their price: a price alone stays above that
    of every deal that stands, above the floor, and above the price of supply.
    """
    change, product_id = call.body.change(), call.ids["product_id"]

    def keep(uow: UnitOfWork) -> Answer:
        return Answer(ProductWire.of(service.change_product(uow, call.caller.member_id, product_id, change)))

    return call.transact(keep)


@room.operation(
    "POST",
    "/admin/products/<product_id>/off-sale",
    access=ADMINS,
    replies=Reply(200, ProductWire, "The product, off sale."),
    refuses=(NotFound,),
    ids={"product_id": "prd"},
)
def take_off_sale(call: Call[Nothing, Nothing]) -> Answer:
    """Take a product off sale: no deal is made of it, and no room opened on its deals; open rooms fill or expire.

    Its deals are over until it is back. What is off sale stays as it is.
    """
    return _sold(call, service.take_off_sale)


@room.operation(
    "POST",
    "/admin/products/<product_id>/on-sale",
    access=ADMINS,
    replies=Reply(200, ProductWire, "The product, on sale."),
    refuses=(NotFound,),
    ids={"product_id": "prd"},
)
def put_on_sale(call: Call[Nothing, Nothing]) -> Answer:
    """Put a product back on sale: its deals go on whose own end has not come. What is on sale stays as it is."""
    return _sold(call, service.put_on_sale)


def _sold(
    call: Call[Nothing, Nothing], step: Callable[[UnitOfWork, uuid.UUID, uuid.UUID], service.ProductView]
) -> Answer:
    product_id = call.ids["product_id"]
    return call.transact(lambda uow: Answer(ProductWire.of(step(uow, call.caller.member_id, product_id))))


@room.operation(
    "POST",
    "/admin/products/<product_id>/pictures",
    access=ADMINS,
    body=DraftPicture,
    replies=Reply(201, ProductWire, "The product, its new picture behind the others."),
    refuses=(NotFound, PictureRefused),
    ids={"product_id": "prd"},
)
def add_picture(call: Call[DraftPicture, Nothing]) -> Answer:
    """Show a picture of a product, up to eight; the first of them stands for it in every list."""
    new, product_id = call.body.new(), call.ids["product_id"]

    def add(uow: UnitOfWork) -> Answer:
        return Answer(ProductWire.of(service.add_picture(uow, call.caller.member_id, product_id, new)), 201)

    return call.transact(add)


@room.operation(
    "POST",
    "/admin/products/<product_id>/pictures/order",
    access=ADMINS,
    body=PictureOrder,
    replies=Reply(200, ProductWire, "The product with its pictures in this order."),
    refuses=(NotFound,),
    ids={"product_id": "prd"},
)
def order_pictures(call: Call[PictureOrder, Nothing]) -> Answer:
    """Show a product's pictures in another order; all of them are named, each once."""
    keys, product_id = call.body.keys(), call.ids["product_id"]

    def order(uow: UnitOfWork) -> Answer:
        return Answer(ProductWire.of(service.order_pictures(uow, call.caller.member_id, product_id, keys)))

    return call.transact(order)


@room.operation(
    "POST",
    "/admin/goods-pictures/<picture_id>",
    access=ADMINS,
    body=PictureWords,
    replies=Reply(200, ProductWire, "The product of which it is."),
    refuses=(NotFound,),
    ids={"picture_id": PICTURE_PREFIX},
)
def describe_picture(call: Call[PictureWords, Nothing]) -> Answer:
    """Say otherwise what a picture shows, for who does not see it."""
    body, picture_id = call.body, call.ids["picture_id"]

    def describe(uow: UnitOfWork) -> Answer:
        said = (body.alt_en, body.alt_zh)
        return Answer(ProductWire.of(service.describe_picture(uow, call.caller.member_id, picture_id, *said)))

    return call.transact(describe)


@room.operation(
    "DELETE",
    "/admin/goods-pictures/<picture_id>",
    access=ADMINS,
    replies=Reply(204, None, "It is shown no more."),
    refuses=(NotFound,),
    ids={"picture_id": PICTURE_PREFIX},
)
def remove_picture(call: Call[Nothing, Nothing]) -> Answer:
    """Show a picture of a product no more, and keep none of it."""

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_picture(uow, call.caller.member_id, call.ids["picture_id"])
        return Answer(status=204)

    return call.transact(remove)


@room.operation(
    "POST",
    "/admin/storefronts/<storefront_id>/banner-removal",
    access=ADMINS,
    body=BannerRemoval,
    replies=Reply(200, StorefrontWire, "The storefront, without a banner."),
    ids={"storefront_id": service.STOREFRONT_PREFIX},
)
def take_down_banner(call: Call[BannerRemoval, Nothing]) -> Answer:
    """Take a leader's banner down, and keep none of it. Where there is none nothing changes."""
    reason, storefront_id = call.body.reason, call.ids["storefront_id"]

    def take_down(uow: UnitOfWork) -> Answer:
        return Answer(StorefrontWire.of(service.take_down_banner(uow, call.caller.member_id, storefront_id, reason)))

    return call.transact(take_down)


@room.operation(
    "GET",
    "/admin/skus/<sku_id>/opening",
    access=READS_ALL,
    replies=Reply(200, OpeningWire, "To whom the unit is open."),
    ids={"sku_id": "sku"},
)
def show_opening(call: Call[Nothing, Nothing]) -> Answer:
    """Which leaders may make deals of a unit, and from which price on; all, at any, unless the shop said otherwise."""
    return call.transact(lambda uow: Answer(OpeningWire.of(service.opening(uow, call.ids["sku_id"]))))


@room.operation(
    "POST",
    "/admin/skus/<sku_id>/opening",
    access=ADMINS,
    body=NewOpening,
    replies=Reply(200, OpeningWire, "To whom the unit is open from now on."),
    refuses=(NotFound,),
    ids={"sku_id": "sku"},
)
def open_goods(call: Call[NewOpening, Nothing]) -> Answer:
    """Open a unit to all leaders, to chosen ones or to none, with a floor below which none of them sells it.

    Deals that were made stay as they are. Admins are bound by neither.
    """
    new = call.body.new()

    def keep(uow: UnitOfWork) -> Answer:
        return Answer(OpeningWire.of(service.open_goods(uow, call.caller.member_id, call.ids["sku_id"], new)))

    return call.transact(keep)


@room.operation(
    "POST",
    "/deals",
    access=LEADERS,
    body=DraftDeal,
    replies=Reply(201, DealWire, "The deal: live from its start on, unless it is a draft."),
    refuses=(NotFound, GoodsNotOpen, GoodsOffSale, BelowFloor, StandingLimited),
)
def open_deal(call: Call[DraftDeal, Nothing]) -> Answer:
    """Make a deal: one price for everybody in a room of a fixed size."""
    new = call.body.new()
    if new.subsidy is not None and call.caller.role is not Role.ADMIN:
        raise InvalidValue("only an admin spends the shop's money on rooms", field="fill_policy")
    if new.shipping_minor is not None and call.caller.role is not Role.ADMIN:
        raise InvalidValue("only an admin says what sending costs", field="shipping_minor")

    def make(uow: UnitOfWork) -> Answer:
        return Answer(DealWire.of(service.open_deal(uow, call.caller.member_id, call.caller.number, new)), 201)

    return call.transact(make)


@room.operation(
    "POST",
    "/deals/<deal_id>/publish",
    access=LEADERS,
    replies=Reply(200, DealWire, "The deal, a draft no more."),
    refuses=(DealNotLive, GoodsNotOpen, GoodsOffSale, BelowFloor, StandingLimited, InvalidValue),
    ids={"deal_id": "deal"},
)
def publish_deal(call: Call[Nothing, Nothing]) -> Answer:
    """End a draft. A leader publishes their own deals, an admin anybody's.

    What the shop says of the goods counts as it is now: a floor, whom they are open to, what they cost alone.
    """
    whose = None if call.caller.role is Role.ADMIN else call.caller.number

    def publish(uow: UnitOfWork) -> Answer:
        return Answer(DealWire.of(service.publish_deal(uow, call.caller.member_id, whose, call.ids["deal_id"])))

    return call.transact(publish)


@room.operation(
    "POST",
    "/deals/<deal_id>/pause",
    access=LEADERS,
    replies=Reply(200, DealWire, "The deal, paused."),
    refuses=(DealNotLive,),
    ids={"deal_id": "deal"},
)
def pause_deal(call: Call[Nothing, Nothing]) -> Answer:
    """Pause a deal: until it is resumed nobody opens a room on it or joins one. Who has a seat keeps it and pays.

    A leader pauses their own deals, an admin anybody's. A paused deal stays as it is.
    """
    return _move(call, service.pause)


@room.operation(
    "POST",
    "/deals/<deal_id>/resume",
    access=LEADERS,
    replies=Reply(200, DealWire, "The deal, again what its clocks say."),
    refuses=(DealNotLive,),
    ids={"deal_id": "deal"},
)
def resume_deal(call: Call[Nothing, Nothing]) -> Answer:
    """End a deal's pause. A leader resumes their own deals, an admin anybody's."""
    return _move(call, service.resume)


@room.operation(
    "POST",
    "/deals/<deal_id>/end",
    access=LEADERS,
    replies=Reply(200, DealWire, "The deal, over."),
    refuses=(DealNotLive,),
    ids={"deal_id": "deal"},
)
def end_deal(call: Call[Nothing, Nothing]) -> Answer:
    """End a deal before its time, for good: no room is opened on it any more, open rooms live on.

    A leader ends their own deals, an admin anybody's. What is over stays as it is.
    """
    return _move(call, service.end)


def _move(call: Call[Nothing, Nothing], step: Callable[[UnitOfWork, Caller, uuid.UUID], DealView]) -> Answer:
    return call.transact(lambda uow: Answer(DealWire.of(step(uow, call.caller, call.ids["deal_id"]))))
