"""Tax and fees: what is in force, what it takes of a payout, and publishing another version."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import Money
from socialshop.payouts import deductions
from socialshop.payouts.deductions import NOTHING, Band, Fee, Rounding, Span, Taken
from socialshop.payouts.rules import Channel
from socialshop.payouts.store import deductions as store
from socialshop.payouts.store import payees
from socialshop.payouts.store.deductions import FeeTable, TaxTable
from socialshop.payouts.store.payees import Payee
from socialshop.payouts.store.requests import OPEN

# What counts in a month: whatever came to nothing is not income.
_COUNTS = (*OPEN, "paid")
TAX_PREFIX, FEE_PREFIX = "txt", "pfe"


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a payout is judged: the shop's country and time zone."""

    country: str
    time_zone: str


# Where nothing else is said: the settings' own defaults.
AT_HOME = Place("CN", "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Quote:
    """What is taken off a payout, and by which tables."""

    taken: Taken
    tax: TaxTable | None
    fee: FeeTable | None


def deduct(uow: UnitOfWork, payee: Payee, channel: str, amount: Money, place: Place) -> Quote:
    """What is taken off so much by what is in force today. Raises InvalidValue where nothing would be left."""
    today = today_in(uow, place)
    fee = store.fee_table(uow.session, channel=channel, currency=amount.currency, on=today)
    table = store.tax_table(
        uow.session, country=payee.country or place.country, kind=payee.kind, currency=amount.currency, on=today
    )
    tax_minor = 0 if table is None else _tax(uow, table, payee.member_id, amount, place)
    fee_minor = deductions.fee_on(fee.fee if fee else NOTHING, amount.amount_minor)
    taken = Taken(amount.amount_minor, tax_minor, fee_minor)
    if taken.net_minor <= 0:
        raise InvalidValue("tax and fee leave nothing of so small a payout", field="amount_minor")
    return Quote(taken, table, fee)


def today_in(uow: UnitOfWork, place: Place) -> date:
    """The day by the shop's clock."""
    return uow.now.astimezone(ZoneInfo(place.time_zone)).date()


def publish_tax_table(
    uow: UnitOfWork,
    *,
    actor: uuid.UUID,
    place: Place,
    country: str,
    kind: str,
    currency: str,
    span: Span,
    bands: Sequence[Band],
    rounding: Rounding,
    law: str,
    from_on: date,
    to_on: date | None,
) -> TaxTable:
    """Put a table in force from a day on, today at the earliest; what was asked for before keeps what it was told.

    Raises InvalidValue.
    """
    _check_days(uow, place, from_on, to_on)
    table = TaxTable(
        id=new_id(),
        country=country,
        kind=kind,
        currency=currency,
        span=span,
        bands=deductions.checked_bands(bands),
        rounding=rounding,
        law=law,
        from_on=from_on,
        to_on=to_on,
        published_by=actor,
        published_at=uow.now,
    )
    store.add_tax_table(uow.session, table)
    facts = {"country": country, "kind": kind, "currency": currency, "from": from_on.isoformat(), "law": law}
    bands_told = [{"from_minor": band.from_minor, "rate_bps": band.rate_bps} for band in table.bands]
    _record(uow, actor, "tax_table.published", to_public(TAX_PREFIX, table.id), {**facts, "bands": bands_told})
    return table


def publish_fee(
    uow: UnitOfWork,
    *,
    actor: uuid.UUID,
    place: Place,
    channel: Channel,
    currency: str,
    fee: Fee,
    from_on: date,
    to_on: date | None,
) -> FeeTable:
    """Put a fee in force from a day on, today at the earliest. Raises InvalidValue."""
    _check_days(uow, place, from_on, to_on)
    if fee.most_minor is not None and fee.most_minor < fee.fixed_minor:
        raise InvalidValue("the most lies below the fixed part", field="most_minor")
    table = FeeTable(new_id(), channel, currency, fee, from_on, to_on, actor, uow.now)
    store.add_fee_table(uow.session, table)
    facts = {"channel": channel, "currency": currency, "from": from_on.isoformat(), "rate_bps": fee.rate_bps}
    facts["amount_minor"] = fee.fixed_minor
    _record(uow, actor, "payout_fee.published", to_public(FEE_PREFIX, table.id), facts)
    return table


def tax_tables(uow: UnitOfWork, *, limit: int, after: uuid.UUID | None) -> list[TaxTable]:
    """Up to `limit + 1` tables of tax, the newest first."""
    return store.tax_tables(uow.session, limit=limit + 1, after=after)


def fee_tables(uow: UnitOfWork, *, limit: int, after: uuid.UUID | None) -> list[FeeTable]:
    """Up to `limit + 1` fees, the newest first."""
    return store.fee_tables(uow.session, limit=limit + 1, after=after)


def _tax(uow: UnitOfWork, table: TaxTable, member_id: uuid.UUID, amount: Money, place: Place) -> int:
    before = store.Asked(0, 0)
    if table.span is Span.MONTH:
        # Of two requests at once the later counts what the earlier asked for.
        payees.find(uow.session, member_id, lock=True)
        begins, ends = _month_of(today_in(uow, place), place)
        before = store.asked_between(uow.session, member_id, amount.currency, since=begins, until=ends, alive=_COUNTS)
    return deductions.tax_beside(
        table.bands,
        table.rounding,
        amount.amount_minor,
        before_minor=before.gross_minor,
        withheld_minor=before.tax_minor,
    )


def _month_of(today: date, place: Place) -> tuple[datetime, datetime]:
    """The first instant of the month, and of the next."""
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    zone = ZoneInfo(place.time_zone)
    return (
        datetime(first.year, first.month, 1, tzinfo=zone),
        datetime(following.year, following.month, 1, tzinfo=zone),
    )


def _check_days(uow: UnitOfWork, place: Place, from_on: date, to_on: date | None) -> None:
    if from_on < today_in(uow, place):
        raise InvalidValue("what is past keeps what it was told: begin today or later", field="from_on")
    if to_on is not None and to_on < from_on:
        raise InvalidValue("the last day lies before the first", field="to_on")


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, target: str, facts: dict[str, object]) -> None:
    audit.record(uow, actor=actor, action=action, target=target, facts=facts)
