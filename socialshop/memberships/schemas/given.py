"""Wire shapes of what plans are given and shared by: gifts, families, links, vouchers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from socialshop.kernel.ids import to_public
from socialshop.memberships.offers import Term
from socialshop.memberships.schemas.plans import CODE, FEN, PAYMENT, SUBSCRIPTION_PREFIX
from socialshop.memberships.service import Family, Gift, VoucherRow
from socialshop.payments.schemas import PaymentWire
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

GIFT_PREFIX = "pgf"
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class TokenWire(Wire):
    """The token of a link, told once."""

    model_config = with_example({"token": "2b7c-the-secret-of-a-link"})

    token: str


class LinkToken(Wire):
    """The token of a link that somebody sent you."""

    model_config = with_example({"token": "2b7c-the-secret-of-a-link"})

    token: Annotated[str, Field(min_length=1, max_length=100)]


class GiftWish(Wire):
    """Which plan, for which term."""

    model_config = with_example({"plan": "vip", "term": "year"})

    plan: CODE
    term: Term


_GIFT: dict[str, Any] = {
    "id": "pgf_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "plan": "vip",
    "name_zh": "会员卡",
    "name_en": "VIP card",
    "term": "year",
    "price": FEN,
    "status": "waiting",
    "payment": PAYMENT,
    "created_at": "2026-01-31T12:00:00Z",
    "redeemed_at": None,
}


class GiftWire(Wire):
    """A gift: `waiting` for its payment, `ready` to be redeemed by its link, `redeemed`, or `returned` to you."""

    model_config = with_example(_GIFT)

    id: str
    plan: str
    name_zh: str
    name_en: str
    term: Term
    price: MoneyWire
    status: Literal["waiting", "ready", "redeemed", "returned"]
    payment: PaymentWire
    created_at: Instant
    redeemed_at: Instant | None

    @classmethod
    def of(cls, gift: Gift) -> GiftWire:
        """The wire form of a gift."""
        offer = gift.offered.offer
        return cls(
            id=to_public(GIFT_PREFIX, gift.id),
            plan=offer.plan,
            name_zh=offer.name_zh,
            name_en=offer.name_en,
            term=gift.term,  # type: ignore[arg-type]  # the table's CHECK holds the terms
            price=MoneyWire.of(gift.price),
            status=gift.status,  # type: ignore[arg-type]  # the table's CHECK holds them
            payment=PaymentWire.of(gift.payment),
            created_at=gift.created_at,
            redeemed_at=gift.redeemed_at,
        )


class GiftList(Wire):
    """Your gifts, the newest first."""

    model_config = with_example({"data": [_GIFT]})

    data: list[GiftWire]


class RelativeWire(Wire):
    """Who shares a plan."""

    member: str
    name: str | None
    joined_at: Instant


class FamilyWire(Wire):
    """A plan that several share: its owner's name, how many seats there are beside the owner, and who sits there."""

    model_config = with_example(
        {
            "subscription": "pls_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "plan": "vip",
            "owner": "Lin",
            "seats": 2,
            "relatives": [
                {"member": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "name": "Mei", "joined_at": "2026-01-31T12:00:00Z"}
            ],
        }
    )

    subscription: str
    plan: str
    owner: str | None
    seats: int
    relatives: list[RelativeWire]

    @classmethod
    def of(cls, family: Family) -> FamilyWire:
        """The wire form of a family."""
        return cls(
            subscription=to_public(SUBSCRIPTION_PREFIX, family.subscription_id),
            plan=family.offered.offer.plan,
            owner=family.owner,
            seats=family.seats,
            relatives=[
                RelativeWire(member=to_public("mbr", each.member_id), name=each.name, joined_at=each.joined_at)
                for each in family.relatives
            ],
        )


class MaybeFamily(Wire):
    """Your family; null where you share no plan."""

    model_config = with_example({"family": None})

    family: FamilyWire | None


class VoucherWish(Wire):
    """Of which partner."""

    model_config = with_example({"partner": "cinema"})

    partner: CODE


_TITLES = {"partner_zh": "光影影院", "partner_en": "Light cinemas"}
_VOUCHER = {
    "partner": "cinema",
    **_TITLES,
    "code": "C-0001",
    "by": "plan",
    "month": 1,
    "month_on": None,
    "given_at": "2026-01-31T12:00:00Z",
}


class VoucherWire(Wire):
    """A partner's voucher that is yours: of your plan's month that `month` counts, or of the month from `month_on`.

    `partner_zh` and `partner_en` are what the partner is called, null where the shop has not said.
    """

    model_config = with_example(_VOUCHER)

    partner: str
    partner_zh: str | None
    partner_en: str | None
    code: str
    by: Literal["plan", "tier"]
    month: int | None
    month_on: date | None
    given_at: Instant

    @classmethod
    def of(cls, row: VoucherRow) -> VoucherWire:
        """The wire form of a voucher."""
        return cls(
            partner=row.partner,
            partner_zh=row.title_zh,
            partner_en=row.title_en,
            code=row.code,
            by="plan" if row.month_on is None else "tier",
            month=row.number,
            month_on=row.month_on,
            given_at=row.given_at,
        )


class VoucherList(Wire):
    """Your vouchers, the newest first."""

    model_config = with_example({"data": [_VOUCHER]})

    data: list[VoucherWire]


class VoucherLoad(Wire):
    """A partner's codes; those that are in stock already stay as they are.

    `partner_zh` and `partner_en`, together or neither, say what the partner is called from now on.
    """

    model_config = with_example({"partner": "cinema", **_TITLES, "codes": ["C-0001", "C-0002"]})

    partner: CODE
    partner_zh: Title | None = None
    partner_en: Title | None = None
    codes: Annotated[
        list[Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,100}$")]], Field(min_length=1, max_length=5_000)
    ]

    @model_validator(mode="after")
    def _both_or_neither(self) -> VoucherLoad:
        if (self.partner_zh is None) != (self.partner_en is None):
            raise PydanticCustomError("half", "partner_zh and partner_en come together")
        return self

    @property
    def titles(self) -> tuple[str, str] | None:
        """What the partner is called, in Chinese and in English."""
        return None if self.partner_zh is None or self.partner_en is None else (self.partner_zh, self.partner_en)


class VoucherLoaded(Wire):
    """How many codes are new."""

    model_config = with_example({"new": 2})

    new: int


_STOCK = {
    "partner": "cinema",
    "loaded": 500,
    "left": 120,
    "title_zh": "光影影院",
    "title_en": "Light cinemas",
}


class StockWire(Wire):
    """How many vouchers of a partner were loaded, and how many nobody has."""

    model_config = with_example(_STOCK)

    partner: str
    loaded: int
    left: int
    title_zh: str | None
    title_en: str | None


class StockList(Wire):
    """The stock of each partner."""

    model_config = with_example({"data": [_STOCK]})

    data: list[StockWire]
