"""The door of deals: products with their stock, deals, and what a room needs to know of them."""

from __future__ import annotations

from socialshop.deals.personal_store import PERSONAL
from socialshop.deals.rules import BuyAt, OpenTo
from socialshop.deals.service.bargaining import (
    BargainOffer,
    NewBargain,
    bargain_offer,
    bargain_offers,
    bargain_offers_of,
    offer_bargain,
)
from socialshop.deals.service.goods import Opening, leave_of, open_goods, opening
from socialshop.deals.service.moving import NewDeal, end, open_deal, pause, publish_deal, resume
from socialshop.deals.service.offering import DealOffer, Reserved, check_not_stopped, give_back, offer, spend_subsidies
from socialshop.deals.service.reading import (
    Caller,
    DealUnit,
    DealView,
    deal,
    deals,
    deals_by_id,
    deals_of,
    own_deal,
    titles,
)
from socialshop.deals.service.stocking import (
    NewProduct,
    NewSku,
    ProductView,
    SkuView,
    add_product,
    product,
    products,
)
from socialshop.deals.store import RESERVED

__all__ = [
    "PERSONAL",
    "RESERVED",
    "BargainOffer",
    "BuyAt",
    "Caller",
    "DealOffer",
    "DealUnit",
    "DealView",
    "NewBargain",
    "NewDeal",
    "NewProduct",
    "NewSku",
    "OpenTo",
    "Opening",
    "ProductView",
    "Reserved",
    "SkuView",
    "add_product",
    "bargain_offer",
    "bargain_offers",
    "bargain_offers_of",
    "check_not_stopped",
    "deal",
    "deals",
    "deals_by_id",
    "deals_of",
    "end",
    "give_back",
    "leave_of",
    "offer",
    "offer_bargain",
    "open_deal",
    "open_goods",
    "opening",
    "own_deal",
    "pause",
    "product",
    "products",
    "publish_deal",
    "resume",
    "spend_subsidies",
    "titles",
]
