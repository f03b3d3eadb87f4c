"""What the steps of a price are called, and what a fill gives back, in English and Chinese. Pure.

Fields are written as in `loyalty.sentences`.
"""

from __future__ import annotations

from collections.abc import Mapping

from socialshop.loyalty.sentences import say
from socialshop.orders.pricing import PriceLine
from socialshop.orders.rebates import Rebate

STEPS: Mapping[str, tuple[str, str]] = {
    "goods": ("Goods", "商品"),
    "member_price": ("Your price as a member, {rate:rate} off", "会员价，优惠 {rate:rate}"),
    "coupon": ("Coupon “{title}”", "优惠券「{title}」"),
    "gift": ("Gift by coupon “{title}”: {gift}", "优惠券「{title}」赠品：{gift}"),
    "points": ("Paid with points", "积分抵扣"),
    "shipping": ("Shipping", "运费"),
    "free_shipping": ("Free shipping for you", "会员免运费"),
    "shipping_coupon": ("Coupon “{title}” for shipping", "运费券「{title}」"),
}

REBATES: Mapping[str, tuple[str, str]] = {
    "ladder": ("{seats} members: the price for {size} holds", "{seats} 人成团，享 {size} 人价"),
    "host_discount": ("For you as the host, {rate:rate} off", "团主优惠 {rate:rate}"),
    "free_seat": ("The host's seat is free", "团主免单"),
}


def words(line: PriceLine, language: str) -> str:
    """What a line of a price says beside its amount."""
    return say(language, line.kind.value, line.facts, catalogue=STEPS)


def why_back(rebate: Rebate, language: str) -> str:
    """Why a fill gave money back."""
    return say(language, rebate.kind.value, rebate.facts, catalogue=REBATES)
