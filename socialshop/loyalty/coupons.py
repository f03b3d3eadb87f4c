"""Coupons: what each takes off, under which conditions, which stand together, and which set is the best. Pure.

A coupon acts on what the goods cost the member, after the member's own price and before points; one for shipping acts
on what sending costs. On one order percentages act first, then amounts, each on what those before it left, in the order
of the holdings' ids. At least one minor unit of the goods is always paid. Amounts are minor units, rates basis points.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import combinations
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import STORABLE, Document, KnownCurrency
from socialshop.invites.rules import LONGEST_CHANNEL
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR
from socialshop.loyalty.segments import Segment

# At most so many act on one order, and at most so many of a member's are weighed against each other: what is tried is
# bounded (1,351 sets), whatever a member has.
MOST_STACKED = 3
MOST_WEIGHED = 20
_MOST_NAMED = 100

Kind = Literal["amount", "percentage", "shipping", "gift"]
Stacking = Literal["alone", "other_kinds", "any"]
# How a coupon reaches members: by hand, by a code, at the door, or by the day's round (docs/coupons.md).
Way = Literal["given", "code", "newcomer", "monthly", "birthday", "birthday_benefit", "member_day", "segment"]
WAYS: tuple[Way, ...] = get_args(Way)
Reason = Literal[
    "gone",
    "other_currency",
    "other_goods",
    "below_minimum",
    "other_tier",
    "not_newcomer",
    "other_day",
    "other_channel",
    "budget_used_up",
    "nothing_to_save",
    "not_together",
    "others_save_more",
]
# Percentages first: an amount that were taken off before would make each of them smaller.
_ACTS: Mapping[Kind, int] = {"percentage": 0, "amount": 1, "shipping": 2, "gift": 3}
# Which figures a kind needs, and which it may have besides.
_NEEDS: Mapping[Kind, frozenset[str]] = {
    "amount": frozenset({"amount_minor"}),
    "percentage": frozenset({"rate_bps", "ceiling_minor"}),
    "shipping": frozenset(),
    "gift": frozenset({"gift", "worth_minor"}),
}
_MAY: Mapping[Kind, frozenset[str]] = {"shipping": frozenset({"amount_minor"})}
_FIGURES = ("amount_minor", "rate_bps", "ceiling_minor", "gift", "worth_minor")


Minor = Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
Title = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
ChannelName = Annotated[str, Field(min_length=1, max_length=LONGEST_CHANNEL), STORABLE]


class Terms(Document):
    """What a coupon promises: never changed once it is made.

    `amount_minor` off, `rate_bps` off up to `ceiling_minor`, the shipping (up to `amount_minor`, if that is said), or a
    `gift` that the shop puts into the parcel, worth `worth_minor`. From `minimum_minor` of goods on; empty `deals`,
    `products` and `tiers` are all of them; `days_of_month` (the member days) are days by the shop's clock. `channels`
    are those of invite links: the sale comes through somebody else's link of one of them. `segment`: whom the shop
    gives it, where it goes to a segment; once in hand, it acts whatever becomes of its member.
    """

    kind: Kind
    currency: KnownCurrency
    amount_minor: Minor | None = None
    rate_bps: Annotated[int, Field(ge=1, le=BPS)] | None = None
    ceiling_minor: Minor | None = None
    gift: Title | None = None
    worth_minor: Minor | None = None
    minimum_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)] = 0
    deals: Annotated[
        tuple[Annotated[str, Field(pattern="^deal_[0-9a-z]{26}$")], ...], Field(max_length=_MOST_NAMED, strict=False)
    ] = ()
    products: Annotated[
        tuple[Annotated[str, Field(pattern="^prd_[0-9a-z]{26}$")], ...], Field(max_length=_MOST_NAMED, strict=False)
    ] = ()
    tiers: Annotated[
        tuple[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")], ...], Field(max_length=12, strict=False)
    ] = ()
    newcomers_only: bool = False
    days_of_month: Annotated[tuple[Annotated[int, Field(ge=1, le=31)], ...], Field(max_length=31, strict=False)] = ()
    channels: Annotated[tuple[ChannelName, ...], Field(max_length=_MOST_NAMED, strict=False)] = ()
    stacking: Stacking = "alone"
    segment: Segment | None = None

    @model_validator(mode="after")
    def _whole(self) -> Terms:
        needs, may = _NEEDS[self.kind], _MAY.get(self.kind, frozenset())
        for name in _FIGURES:
            is_said = getattr(self, name) is not None
            if is_said and name not in needs | may:
                raise PydanticCustomError("figure", "{name} is nothing that such a coupon has", {"name": name})
            if not is_said and name in needs:
                raise PydanticCustomError("figure", "{name} is missing", {"name": name})
        return self


def document_of(terms: Terms) -> dict[str, Any]:
    """The terms as the JSON document that is stored."""
    return terms.model_dump(mode="json")


def parse(document: Mapping[str, Any]) -> Terms:
    """The terms of a stored document."""
    return Terms.model_validate(document)


class Basket(NamedTuple):
    """What is bought, by whom and when: goods after the member's own price, sending after the member's own relief.

    `channel` is that of the invite link through which the sale comes, if it comes through one that has any.
    """

    goods_minor: int
    shipping_minor: int
    currency: str
    deal: str
    product: str
    tier: str
    is_newcomer: bool
    on: date
    channel: str | None = None


class Held(NamedTuple):
    """A coupon in a member's hands; `left_minor` is what is left of its budget, None where it has none."""

    id: uuid.UUID
    coupon_id: uuid.UUID
    title: str
    terms: Terms
    expires_at: datetime
    left_minor: int | None


class Used(NamedTuple):
    """What a coupon takes off; nothing for a gift."""

    held: Held
    amount_minor: int

    @property
    def worth_minor(self) -> int:
        """What it is worth to the member."""
        return self.amount_minor + (self.held.terms.worth_minor or 0)


class Unused(NamedTuple):
    """A coupon that is not used on this order, and why."""

    held: Held
    reason: Reason


class Choice(NamedTuple):
    """Which coupons act on an order, in the order in which they act, and which do not."""

    used: tuple[Used, ...] = ()
    unused: tuple[Unused, ...] = ()


def savings(held: Iterable[Held], basket: Basket) -> tuple[Used, ...]:
    """What these coupons take off together, in the order in which they act."""
    goods, shipping = basket.goods_minor, basket.shipping_minor
    used = []
    for one in sorted(held, key=lambda each: (_ACTS[each.terms.kind], each.id)):
        terms = one.terms
        if terms.kind == "percentage":
            off = min(goods * (terms.rate_bps or 0) // BPS, terms.ceiling_minor or 0, goods - 1)
        elif terms.kind == "amount":
            off = min(terms.amount_minor or 0, goods - 1)
        elif terms.kind == "shipping":
            off = min(shipping, terms.amount_minor or shipping)
        else:
            off = 0
        goods -= off if terms.kind in ("percentage", "amount") else 0
        shipping -= off if terms.kind == "shipping" else 0
        used.append(Used(one, off))
    return tuple(used)


def why_not(held: Held, basket: Basket) -> Reason | None:
    """Why the coupon cannot be used on this order, if nothing else is; None where it can."""
    terms = held.terms
    broken: tuple[tuple[Reason, bool], ...] = (
        ("other_currency", terms.currency != basket.currency),
        ("other_goods", _names(terms.deals, basket.deal) or _names(terms.products, basket.product)),
        ("below_minimum", basket.goods_minor < terms.minimum_minor),
        ("other_tier", _names(terms.tiers, basket.tier)),
        ("not_newcomer", terms.newcomers_only and not basket.is_newcomer),
        ("other_day", bool(terms.days_of_month) and basket.on.day not in terms.days_of_month),
        ("other_channel", bool(terms.channels) and basket.channel not in terms.channels),
    )
    found = next((reason for reason, is_broken in broken if is_broken), None)
    if found is not None:
        return found
    alone = savings([held], basket)[0]
    if not alone.worth_minor:
        return "nothing_to_save"
    # Beside others it takes less, never more: what it takes alone must be there.
    return "budget_used_up" if held.left_minor is not None and alone.amount_minor > held.left_minor else None


def stand_together(first: Held, second: Held) -> bool:
    """Whether two coupons may act on one order: both allow it, and they are not the same coupon twice."""
    if first.coupon_id == second.coupon_id or "alone" in (first.terms.stacking, second.terms.stacking):
        return False
    return first.terms.kind != second.terms.kind or first.terms.stacking == second.terms.stacking == "any"


def best(held: Sequence[Held], basket: Basket) -> Choice:
    """The set that is worth most to the member; of several such the smallest, then what expires first.

    Of more than `MOST_WEIGHED` usable coupons those that take most off alone are weighed.
    """
    refused = {one.id: reason for one in held if (reason := why_not(one, basket)) is not None}
    usable = [one for one in held if one.id not in refused]
    usable.sort(key=lambda one: (-savings([one], basket)[0].worth_minor, one.expires_at, one.id))
    chosen = min((savings(group, basket) for group in _groups(usable[:MOST_WEIGHED])), key=_rank, default=())
    taken = {used.held.id for used in chosen}
    unused = [Unused(one, refused.get(one.id, "others_save_more")) for one in held if one.id not in taken]
    return Choice(chosen, tuple(unused))


def exactly(held: Sequence[Held], basket: Basket) -> Choice:
    """These very coupons; those that cannot act on the order, or not beside the others, are `unused` and say why."""
    unused = [Unused(one, reason) for one in held if (reason := why_not(one, basket)) is not None]
    unused += [
        Unused(second, "not_together") for first, second in combinations(held, 2) if not stand_together(first, second)
    ]
    unused += [Unused(one, "not_together") for one in held[MOST_STACKED:]]
    used = savings(held, basket)
    unused += [Unused(each.held, "nothing_to_save") for each in used if not each.worth_minor]
    return Choice(used, tuple(unused))


def _names(listed: Sequence[str], found: str) -> bool:
    """Whether there is a list, and this is not on it."""
    return bool(listed) and found not in listed


def _groups(usable: Sequence[Held]) -> Iterator[tuple[Held, ...]]:
    for size in range(1, MOST_STACKED + 1):
        for group in combinations(usable, size):
            if all(stand_together(first, second) for first, second in combinations(group, 2)):
                yield group


def _rank(used: tuple[Used, ...]) -> tuple[int, int, list[datetime], list[uuid.UUID]]:
    return (
        -sum(each.worth_minor for each in used),
        len(used),
        sorted(each.held.expires_at for each in used),
        sorted(each.held.id for each in used),
    )
