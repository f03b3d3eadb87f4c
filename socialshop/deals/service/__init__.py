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
from socialshop.deals.service.storefronts import (
    LONGEST_INTRO,
    LONGEST_TITLE,
    MOST_PICKS,
    STOREFRONT_PREFIX,
    NewStorefront,
    Pick,
    Storefront,
    keep_storefront,
    storefront,
    storefront_of,
    storefront_titles,
)
from socialshop.deals.store import RESERVED
from socialshop.deals.storefront_store import PickRow

__all__ = [
    "LONGEST_INTRO",
    "LONGEST_TITLE",
    "MOST_PICKS",
    "PERSONAL",
    "RESERVED",
    "STOREFRONT_PREFIX",
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
    "NewStorefront",
    "OpenTo",
    "Opening",
    "Pick",
    "PickRow",
    "ProductView",
    "Reserved",
    "SkuView",
    "Storefront",
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
    "keep_storefront",
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
    "storefront",
    "storefront_of",
    "storefront_titles",
    "titles",
]
