"""Wire shapes of coupons: what the shop offers, who is given one, and what a member has."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.infra.locales import money_text
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.loyalty.coupon_sentences import because, conditions, what_it_gives
from socialshop.loyalty.coupons import Terms, Way
from socialshop.loyalty.rules import LONGEST_DAYS, MOST_GIVEN
from socialshop.loyalty.service import Codes, CouponView, Holding, NewCoupon
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

COUPON_PREFIX = "cpn"
HOLDING_PREFIX = "cph"
MOST_ISSUED = 1_000
MOST_CODES = 10_000
_TERMS: dict[str, Any] = {
    "kind": "amount",
    "currency": "CNY",
    "amount_minor": 1000,
    "minimum_minor": 5000,
    "newcomers_only": True,
    "stacking": "other_kinds",
}
_COUPON: dict[str, Any] = {
    "id": "cpn_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "新人立减",
    "terms": Terms.model_validate(_TERMS).model_dump(mode="json"),
    "valid_from": "2026-01-31T12:00:00Z",
    "valid_until": None,
    "valid_days": 30,
    "issue_limit": 5000,
    "issued": 120,
    "budget_minor": 5000000,
    "way": "newcomer",
    "uses": 40,
    "taken": {"amount_minor": 40000, "currency": "CNY"},
    "paused": False,
}
_HOLDING: dict[str, Any] = {
    "id": "cph_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "coupon_id": "cpn_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "新人立减",
    "status": "open",
    "gives_zh": "立减 ¥10.00",
    "gives_en": "CN¥10.00 off",
    "conditions_zh": ["满 ¥50.00 可用", "限首单", "可与其他类型的券叠加"],
    "conditions_en": ["from CN¥50.00 of goods", "for a first order", "beside coupons of other kinds"],
    "because_zh": [],
    "because_en": [],
    "valid_from": "2026-01-31T12:00:00Z",
    "expires_at": "2026-03-02T12:00:00Z",
    "order_id": None,
    "taken": None,
}


class CouponDraft(Wire):
    """A coupon to make: `terms` stand for ever. It ends at `valid_until`, or `valid_days` after it was issued.

    `issue_limit`: so many may be issued; `budget_minor`: so much may be taken off by all of them together. `way` says
    how it reaches members: by hand, by codes, at registration, or given by the shop itself every month to tiers and
    plans that name it, on birthdays (to everybody, or to tiers and plans that name it), on the member days of its
    terms, or once a year to whom its `segment` asks for.
    """

    model_config = with_example({"title": "新人立减", "terms": _TERMS, "valid_days": 30, "budget_minor": 5000000})

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    terms: Terms
    valid_from: GivenInstant | None = None
    valid_until: GivenInstant | None = None
    valid_days: int | None = Field(None, ge=1, le=LONGEST_DAYS)
    issue_limit: int | None = Field(None, ge=1, le=MOST_GIVEN)
    budget_minor: int | None = Field(None, ge=1, le=MAX_AMOUNT_MINOR)
    way: Way = "given"

    def new(self) -> NewCoupon:
        """The command."""
        return NewCoupon(**{name: getattr(self, name) for name in type(self).model_fields})


class CouponWire(Wire):
    """A coupon, how many were issued, and what stands of it: how often set aside or used, and what it took off."""

    model_config = with_example(_COUPON)

    id: str
    title: str
    terms: Terms
    valid_from: Instant
    valid_until: Instant | None
    valid_days: int | None
    issue_limit: int | None
    issued: int
    budget_minor: int | None
    way: Way
    uses: int
    taken: MoneyWire
    paused: bool

    @classmethod
    def of(cls, view: CouponView) -> CouponWire:
        """The wire form of a coupon."""
        row = view.row
        return cls(
            id=to_public(COUPON_PREFIX, row.id),
            title=row.title,
            terms=view.terms,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            valid_days=row.valid_days,
            issue_limit=row.issue_limit,
            issued=row.issued,
            budget_minor=row.budget_minor,
            way=row.way,
            uses=view.figures.uses,
            taken=MoneyWire(amount_minor=view.figures.amount_minor, currency=view.terms.currency),
            paused=row.paused_at is not None,
        )


class CouponPage(Page[CouponWire]):
    """Coupons, the newest first."""

    model_config = with_example({"data": [_COUPON], "next_cursor": None})


class Issue(Wire):
    """Whom to give a coupon; `period` names what for: of one period a member is given one, however often it is said."""

    model_config = with_example({"member_ids": ["mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"], "period": "late parcels, May"})

    member_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_ISSUED)]
    period: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class CodesWanted(Wire):
    """How many codes to make; each gives the coupon to one member."""

    model_config = with_example({"count": 100})

    count: int = Field(ge=1, le=MOST_CODES)


def codes_table(made: Codes) -> bytes:
    """The codes as a table of one column."""
    return "\r\n".join(["code", *made.codes, ""]).encode()


class Claim(Wire):
    """A code as it was typed: letter case, spaces and dashes do not matter."""

    model_config = with_example({"code": "K7WM-4TQX-9HCP"})

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Issued(Wire):
    """How many were given one now: fewer where some had one of the period, or the limit is reached."""

    model_config = with_example({"issued": 1})

    issued: int


class HoldingWire(Wire):
    """A coupon that you have: what it gives and asks for, in Chinese and English, and for which order it is taken.

    `because_…`: why you were given it, where nobody gave it by hand. `reserved`: set aside for an order that
    is not confirmed yet.
    """

    model_config = with_example(_HOLDING)

    id: str
    coupon_id: str
    title: str
    status: Literal["open", "reserved", "used", "expired"]
    gives_zh: str
    gives_en: str
    conditions_zh: list[str]
    conditions_en: list[str]
    because_zh: list[str]
    because_en: list[str]
    valid_from: Instant
    expires_at: Instant
    order_id: str | None
    taken: MoneyWire | None

    @classmethod
    def of(cls, found: Holding) -> HoldingWire:
        """The wire form of a coupon in a member's hands."""
        row, terms = found
        return cls(
            id=to_public(HOLDING_PREFIX, row.id),
            coupon_id=to_public(COUPON_PREFIX, row.coupon_id),
            title=row.title,
            status=row.standing,
            gives_zh=what_it_gives(terms, "zh", lambda money: money_text(money, "zh")),
            gives_en=what_it_gives(terms, "en", lambda money: money_text(money, "en")),
            conditions_zh=conditions(terms, "zh", lambda money: money_text(money, "zh")),
            conditions_en=conditions(terms, "en", lambda money: money_text(money, "en")),
            because_zh=because(terms, row.way, "zh"),
            because_en=because(terms, row.way, "en"),
            valid_from=row.valid_from,
            expires_at=row.expires_at,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            taken=None
            if row.amount_minor is None
            else MoneyWire(amount_minor=row.amount_minor, currency=terms.currency),
        )


class HoldingPage(Page[HoldingWire]):
    """Your coupons, the newest first."""

    model_config = with_example({"data": [_HOLDING], "next_cursor": None})
