"""What of an order's price the fill of its room gives back. Pure.

Who bought paid the goods in money, and perhaps in part with points, a coupon or a tier's discount. What the fill takes
off the goods is spread over all of these in proportion, by the largest remainder; the money's share goes back. So
nobody gets more back than was paid, whatever acted on the price. Points come back as with a refund; what a coupon or a
tier took off stays taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from socialshop.kernel.money import allocate
from socialshop.orders.pricing import OF_GOODS, Step

_NOTHING: Mapping[str, object] = MappingProxyType({})


class RebateKind(StrEnum):
    """Why a fill gives money back: the step of a ladder, or a perk of the host."""

    LADDER = "ladder"
    HOST_DISCOUNT = "host_discount"
    FREE_SEAT = "free_seat"


class Off(NamedTuple):
    """What is taken off the price of the goods, in minor units; None: all of the order, with its sending."""

    kind: RebateKind
    amount_minor: int | None
    facts: Mapping[str, object] = _NOTHING


class Rebate(NamedTuple):
    """Money that the fill gave back of an order, in minor units; `facts` are what its words need."""

    kind: RebateKind
    goods_minor: int
    shipping_minor: int
    facts: Mapping[str, object]

    @property
    def amount_minor(self) -> int:
        """All of it."""
        return self.goods_minor + self.shipping_minor


class Priced(NamedTuple):
    """What was paid for an order in money, and what each step added to its price, where more than the goods acted."""

    goods_minor: int
    shipping_minor: int
    steps: Mapping[str, int]


def rebates_of(priced: Priced, offs: Sequence[Off]) -> Iterator[Rebate]:
    """What goes back for each of these, one after another, together never more than was paid."""
    left = priced.goods_minor
    others = [-priced.steps.get(step, 0) for step in sorted(OF_GOODS - {Step.GOODS})]
    for off in offs:
        if off.amount_minor is None:
            yield Rebate(off.kind, left, priced.shipping_minor, off.facts)
            return
        goods = min(left, allocate(off.amount_minor, [priced.goods_minor, *others])[0])
        left -= goods
        if goods:
            yield Rebate(off.kind, goods, 0, off.facts)
