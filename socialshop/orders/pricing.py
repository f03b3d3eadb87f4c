"""What an order costs, step by step, in the order in which the steps act. Pure.

    goods, at the room's price → the member's own price → coupons → points → shipping → its relief → its coupons

Each step is a line; the total is their sum. Of the goods at least one minor unit is paid, whatever acts on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from socialshop.kernel.money import BPS
from socialshop.loyalty.coupons import Used
from socialshop.memberships.rules import Benefits

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Step(StrEnum):
    """What a line of a price stands for."""

    GOODS = "goods"
    MEMBER_PRICE = "member_price"
    COUPON = "coupon"
    GIFT = "gift"
    POINTS = "points"
    SHIPPING = "shipping"
    FREE_SHIPPING = "free_shipping"
    SHIPPING_COUPON = "shipping_coupon"


OF_GOODS = frozenset({Step.GOODS, Step.MEMBER_PRICE, Step.COUPON, Step.POINTS})
OF_SHIPPING = frozenset({Step.SHIPPING, Step.FREE_SHIPPING, Step.SHIPPING_COUPON})
BY_COUPON = frozenset({Step.COUPON, Step.GIFT, Step.SHIPPING_COUPON})
_STEP_OF = {"shipping": Step.SHIPPING_COUPON, "gift": Step.GIFT}


class PriceLine(NamedTuple):
    """What a step adds to the price (takes off it, below zero), in minor units; `facts` are what its words need."""

    kind: Step
    amount_minor: int
    facts: Mapping[str, object] = _NOTHING


def before_coupons(goods_minor: int, shipping_minor: int, benefits: Benefits) -> tuple[PriceLine, ...]:
    """Goods and sending, each with what the member's benefits take off it; the discount is rounded down."""
    off = min(goods_minor * benefits.discount_bps // BPS, goods_minor - 1)
    relief = shipping_minor if benefits.free_shipping else 0
    lines = (
        PriceLine(Step.GOODS, goods_minor),
        PriceLine(Step.MEMBER_PRICE, -off, {"rate_bps": benefits.discount_bps} | _giver("discount_bps", benefits)),
        PriceLine(Step.SHIPPING, shipping_minor),
        PriceLine(Step.FREE_SHIPPING, -relief, _giver("free_shipping", benefits)),
    )
    return tuple(line for line in lines if line.amount_minor)


def _giver(benefit: str, benefits: Benefits) -> dict[str, object]:
    """Whether a plan gives it, or more of it than the tier: what is used of a plan stands against its whole refund."""
    return {"by_plan": True} if benefit in benefits.by_plan else {}


def by_coupons(used: Iterable[Used]) -> tuple[PriceLine, ...]:
    """What coupons take off, and what they give besides, a line each."""
    return tuple(
        PriceLine(
            _STEP_OF.get(each.held.terms.kind, Step.COUPON),
            -each.amount_minor,
            {"title": each.held.title, **({"gift": each.held.terms.gift} if each.held.terms.gift else {})},
        )
        for each in used
    )


def in_order(*parts: Iterable[PriceLine]) -> tuple[PriceLine, ...]:
    """All of these lines, in the order in which their steps act."""
    place = {step: number for number, step in enumerate(Step)}
    return tuple(sorted((line for part in parts for line in part), key=lambda line: place[line.kind]))


def goods_minor(lines: Sequence[PriceLine]) -> int:
    """What is paid in money for the goods. Raises ValueError where nothing would be."""
    found = _sum(lines, OF_GOODS)
    if found < 1:
        raise ValueError("of the goods at least one minor unit is paid")
    return found


def shipping_minor(lines: Sequence[PriceLine]) -> int:
    """What is paid for sending them. Raises ValueError below zero."""
    found = _sum(lines, OF_SHIPPING)
    if found < 0:
        raise ValueError("sending costs nothing, or something")
    return found


def _sum(lines: Sequence[PriceLine], kinds: frozenset[Step]) -> int:
    return sum(line.amount_minor for line in lines if line.kind in kinds)
