"""What each step of a price is called, in English and Chinese. Pure; fields are written as in `loyalty.sentences`."""

from __future__ import annotations

from collections.abc import Mapping

from socialshop.loyalty.sentences import say
from socialshop.orders.pricing import PriceLine

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


def words(line: PriceLine, language: str) -> str:
    """What a line of a price says beside its amount."""
    return say(language, line.kind.value, line.facts, catalogue=STEPS)
