"""What is taken off payouts: quotes as members see them, tables as those see them who publish them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR
from socialshop.payouts.deductions import MOST_BANDS, Band, Fee
from socialshop.payouts.schemas.payees import Country, Kind
from socialshop.payouts.schemas.requests import ChannelName, PublicId
from socialshop.payouts.service import FEE_PREFIX, TAX_PREFIX, FeeTable, Quote, TaxTable
from socialshop.web.paging import Page
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example

LONGEST_LAW = 200
Law = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LAW)]
_LAW = "Individual Income Tax Law, articles 3 and 9; SAT Announcement 61 of 2018, article 8"
_BANDS = [
    {"from_minor": 0, "rate_bps": 0},
    {"from_minor": 80000, "rate_bps": 2000},
    {"from_minor": 400000, "rate_bps": 1600},
]
_TAX: dict[str, Any] = {
    "country": "CN",
    "kind": "person",
    "currency": "CNY",
    "span": "month",
    "bands": _BANDS,
    "rounding": "half_up",
    "law": _LAW,
    "from_on": "2040-01-01",
}
_FEE: dict[str, Any] = {
    "channel": "bank",
    "currency": "CNY",
    "fixed_minor": 100,
    "rate_bps": 10,
    "most_minor": 2500,
    "from_on": "2040-01-01",
}
_PUBLISHED = {"to_on": None, "published_at": "2026-01-31T12:00:00Z", "published_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"}
_TAX_SHOWN = {**_TAX, **_PUBLISHED, "id": "txt_01k9w3q2mxe5tb6v8c4yd7r1hz"}
_FEE_SHOWN = {**_FEE, **_PUBLISHED, "id": "pfe_01k9w3q2mxe5tb6v8c4yd7r1hz"}
_CNY = {"currency": "CNY"}


class WantedQuote(Wire):
    """A payout that is thought of; in the shop's currency if none is given."""

    model_config = with_example({"amount_minor": 4200, "destination_id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    amount_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    destination_id: PublicId
    currency: Currency = absent()


class QuoteWire(Wire):
    """What leaves your wallet (`amount`), what is taken off it, and what you get (`net`); by which law, where taxed."""

    model_config = with_example(
        {
            "amount": {"amount_minor": 4200, **_CNY},
            "tax": {"amount_minor": 0, **_CNY},
            "fee": {"amount_minor": 104, **_CNY},
            "net": {"amount_minor": 4096, **_CNY},
            "law": None,
        }
    )

    amount: MoneyWire
    tax: MoneyWire
    fee: MoneyWire
    net: MoneyWire
    law: str | None

    @classmethod
    def of(cls, quote: Quote, currency: str) -> QuoteWire:
        """The wire form of a quote."""
        taken = quote.taken
        sums = {"amount": taken.gross_minor, "tax": taken.tax_minor, "fee": taken.fee_minor, "net": taken.net_minor}
        told = {name: MoneyWire(amount_minor=minor, currency=currency) for name, minor in sums.items()}
        return cls(**told, law=quote.tax.law if quote.tax else None)


class BandWire(Wire):
    """From so many minor units on, this much of each further one."""

    from_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)]
    rate_bps: Annotated[int, Field(ge=0, lt=BPS)]


class NewTaxTable(Wire):
    """A table of tax, for payees of a kind and country in a currency, from a day on.

    `span`: whether a band counts each payout by itself, or all that a member asks for in a month.
    """

    model_config = with_example(_TAX)

    country: Country
    kind: Kind
    currency: Currency
    span: Literal["payout", "month"]
    bands: Annotated[list[BandWire], Field(min_length=1, max_length=MOST_BANDS)]
    rounding: Literal["down", "half_up", "up"]
    law: Law
    from_on: date
    to_on: date = absent()

    def as_bands(self) -> list[Band]:
        """The bands as the rules have them."""
        return [Band(band.from_minor, band.rate_bps) for band in self.bands]


class TaxTableWire(Wire):
    """A table of tax as it was published; of those that a day lies in, the newest is in force."""

    model_config = with_example(_TAX_SHOWN)

    id: str
    country: str
    kind: str
    currency: str
    span: str
    bands: list[BandWire]
    rounding: str
    law: str
    from_on: date
    to_on: date | None
    published_by: str
    published_at: Instant

    @classmethod
    def of(cls, table: TaxTable) -> TaxTableWire:
        """The wire form of a table."""
        bands = [BandWire(from_minor=band.from_minor, rate_bps=band.rate_bps) for band in table.bands]
        by = to_public("mbr", table.published_by)
        return cls(**{**table._asdict(), "id": to_public(TAX_PREFIX, table.id), "bands": bands, "published_by": by})


class TaxTablePage(Page[TaxTableWire]):
    """Tables of tax, newest first."""

    model_config = with_example({"data": [_TAX_SHOWN], "next_cursor": None})


class NewFee(Wire):
    """A fee of a channel and currency, from a day on: a fixed part and a rate, at most `most_minor`."""

    model_config = with_example(_FEE)

    channel: ChannelName
    currency: Currency
    fixed_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)]
    rate_bps: Annotated[int, Field(ge=0, lt=BPS)] = 0
    most_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)] = absent()
    from_on: date
    to_on: date = absent()

    def as_fee(self) -> Fee:
        """The fee as the rules have it."""
        return Fee(self.fixed_minor, self.rate_bps, self.most_minor if isinstance(self.most_minor, int) else None)


class FeeWire(Wire):
    """A fee as it was published; of those that a day lies in, the newest is in force."""

    model_config = with_example(_FEE_SHOWN)

    id: str
    channel: str
    currency: str
    fixed_minor: int
    rate_bps: int
    most_minor: int | None
    from_on: date
    to_on: date | None
    published_by: str
    published_at: Instant

    @classmethod
    def of(cls, table: FeeTable) -> FeeWire:
        """The wire form of a fee."""
        return cls(
            id=to_public(FEE_PREFIX, table.id),
            channel=table.channel,
            currency=table.currency,
            **table.fee._asdict(),
            from_on=table.from_on,
            to_on=table.to_on,
            published_by=to_public("mbr", table.published_by),
            published_at=table.published_at,
        )


class FeePage(Page[FeeWire]):
    """Fees, newest first."""

    model_config = with_example({"data": [_FEE_SHOWN], "next_cursor": None})
