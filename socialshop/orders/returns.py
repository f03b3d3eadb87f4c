"""Which part of each line a refund gives back, in money and in units. Pure.

What is left of a line is what no refund, open or paid, has taken. A sum is spread over what is left by the largest
remainder; it is a concession and brings no unit back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from socialshop.kernel.money import allocate


class Part(NamedTuple):
    """Of one line: money in minor units, and units of it. `line` is its place in the order, from 1.

    `kind` is the line's: goods, what sending costs, or a gift.
    """

    order_line_id: uuid.UUID
    line: int
    amount_minor: int
    quantity: int
    kind: str = "goods"

    @property
    def is_goods(self) -> bool:
        """Whether it is of goods."""
        return self.kind == "goods"


def all_of(left: Sequence[Part]) -> list[Part]:
    """Everything that is left."""
    return [part for part in left if part.amount_minor]


def sum_of(left: Sequence[Part], amount_minor: int) -> list[Part]:
    """`amount_minor`, at most what is left, spread over the lines in proportion to what is left of each."""
    shares = allocate(amount_minor, [part.amount_minor for part in left])
    spread = zip(left, shares, strict=True)
    return [part._replace(amount_minor=share, quantity=0) for part, share in spread if share]


def units_of(left: Sequence[Part], wanted: Mapping[int, int | None], *, with_sending: bool) -> list[Part]:
    """So many units of each line (all that are left where None), at most what is left, with their share of its money.

    The last units take what is left to the minor unit, so that parts sum to the whole. `with_sending`: nothing was sent
    yet, so with the last of the goods what was paid for sending them goes back too.
    """
    parts = [_units(part, wanted[part.line]) for part in left if part.line in wanted and part.amount_minor]
    if with_sending and _are_the_last_goods(left, parts):
        parts += [part for part in left if part.kind == "shipping" and part.line not in wanted and part.amount_minor]
    return sorted(parts, key=lambda part: part.line)


def _are_the_last_goods(left: Sequence[Part], parts: Sequence[Part]) -> bool:
    units = sum(part.quantity for part in left if part.is_goods)
    return units > 0 and units == sum(part.quantity for part in parts if part.is_goods)


def _units(part: Part, quantity: int | None) -> Part:
    if quantity is None or quantity == part.quantity:
        return part
    return part._replace(amount_minor=part.amount_minor * quantity // part.quantity, quantity=quantity)
