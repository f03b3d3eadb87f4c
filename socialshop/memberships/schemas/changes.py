"""Wire shapes of what a subscription may become: something better now, something smaller later, money back."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from socialshop.memberships.offers import Term
from socialshop.memberships.schemas.plans import CODE, FEN, money_wire
from socialshop.memberships.service import DowngradeQuote, RefundQuote, UpgradeQuote
from socialshop.web.schemas import MoneyWire, Wire, with_example


class UpgradeWish(Wire):
    """Which plan, for which term, from today on."""

    model_config = with_example({"plan": "vip", "term": "year"})

    plan: CODE
    term: Term


class DowngradeWish(Wire):
    """Which plan, for which term, once the term that runs is over."""

    model_config = with_example({"plan": "basic", "term": "month"})

    plan: CODE
    term: Term


class RefundQuoteWire(Wire):
    """What a refund would give now. `whole`: early, and nothing was used; `prorated`: the days that have not begun."""

    model_config = with_example(
        {"amount": FEN, "rule": "whole", "unused_days": 364, "days": 365},
    )

    amount: MoneyWire
    rule: Literal["whole", "prorated", "nothing"]
    unused_days: int
    days: int

    @classmethod
    def of(cls, quote: RefundQuote, currency: str) -> RefundQuoteWire:
        """The wire form of a quote."""
        return cls(
            amount=money_wire(quote.amount_minor, currency),
            rule=quote.rule,
            unused_days=quote.unused_days,
            days=quote.days,
        )


_QUOTE: dict[str, Any] = {
    "plan": "vip",
    "term": "year",
    "growth": 1200,
    "price": FEN,
    "credit": {**FEN, "amount_minor": 700},
    "amount": {**FEN, "amount_minor": 8100},
    "unused_days": 14,
    "days": 30,
    "starts_on": "2026-01-31",
    "ends_on": "2027-01-31",
}


class UpgradeQuoteWire(Wire):
    """What an upgrade costs today: the price, less the term's price times `unused_days` over `days`, rounded down."""

    model_config = with_example(_QUOTE)

    plan: str
    term: Term
    growth: int
    price: MoneyWire
    credit: MoneyWire
    amount: MoneyWire
    unused_days: int
    days: int
    starts_on: date
    ends_on: date

    @classmethod
    def of(cls, quote: UpgradeQuote) -> UpgradeQuoteWire:
        """The wire form of a quote."""
        currency = quote.offer.currency
        return cls(
            plan=quote.offer.plan,
            term=quote.term,  # type: ignore[arg-type]  # one of the offer's
            growth=quote.growth,
            price=money_wire(quote.price_minor, currency),
            credit=money_wire(quote.credit_minor, currency),
            amount=money_wire(quote.amount_minor, currency),
            unused_days=quote.unused_days,
            days=quote.days,
            starts_on=quote.starts_on,
            ends_on=quote.ends_on,
        )


class UpgradeQuoteList(Wire):
    """Every upgrade that there is."""

    model_config = with_example({"data": [_QUOTE]})

    data: list[UpgradeQuoteWire]


_SMALLER: dict[str, Any] = {
    "plan": "basic",
    "name_zh": "基础卡",
    "name_en": "Basic card",
    "term": "month",
    "growth": 1200,
    "price": FEN,
    "starts_on": "2026-02-28",
}


class DowngradeQuoteWire(Wire):
    """What may follow the term, and what it costs by your growth now; what is charged is announced days before."""

    model_config = with_example(_SMALLER)

    plan: str
    name_zh: str
    name_en: str
    term: Term
    growth: int
    price: MoneyWire
    starts_on: date

    @classmethod
    def of(cls, quote: DowngradeQuote) -> DowngradeQuoteWire:
        """The wire form of a quote."""
        return cls(
            plan=quote.offer.plan,
            name_zh=quote.offer.name_zh,
            name_en=quote.offer.name_en,
            term=quote.term,  # type: ignore[arg-type]  # one of the offer's
            growth=quote.growth,
            price=money_wire(quote.price_minor, quote.offer.currency),
            starts_on=quote.starts_on,
        )


class DowngradeQuoteList(Wire):
    """Everything that may follow."""

    model_config = with_example({"data": [_SMALLER]})

    data: list[DowngradeQuoteWire]
