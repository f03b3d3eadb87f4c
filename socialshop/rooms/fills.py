"""What a filled room's terms take off the price of a seat. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from socialshop.deals import ladder
from socialshop.deals.ladder import Ladder
from socialshop.deals.perks import HostPerk, PerkKind
from socialshop.kernel.money import rate_of
from socialshop.orders.rebates import Off, RebateKind


class Sold(NamedTuple):
    """A paid seat of a room that `seats` filled, at `price_minor` a unit until now; `perk` if it is the host's."""

    quantity: int
    price_minor: int
    ladder: Ladder
    seats: int
    perk: HostPerk | None


def offs_of(sold: Sold) -> Iterator[Off]:
    """The step that the room reached, then what its host has; a free seat is free with its sending, whatever the step.

    Of several units in a free seat one is free.
    """
    perk = sold.perk
    if perk is not None and perk.kind is PerkKind.FREE_SEAT and sold.quantity == 1:
        yield Off(RebateKind.FREE_SEAT, None)
        return
    step = ladder.reached(sold.ladder, sold.seats)
    price = sold.price_minor if step is None else step.price_minor
    if step is not None and price < sold.price_minor:
        facts = {"size": step.size, "seats": sold.seats}
        yield Off(RebateKind.LADDER, (sold.price_minor - price) * sold.quantity, facts)
    if perk is not None and perk.kind is PerkKind.FREE_SEAT:
        yield Off(RebateKind.FREE_SEAT, price)
    elif perk is not None and perk.kind is PerkKind.PERCENTAGE:
        off = rate_of(price * sold.quantity, perk.rate_bps or 0)
        yield Off(RebateKind.HOST_DISCOUNT, off, {"rate_bps": perk.rate_bps or 0})
