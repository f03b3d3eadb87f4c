"""Wire shapes of what the books say of a time, and of closing it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.ledger.service import Aged, Balanced, ClosedDay, ClosedMonth, MonthRow, Owed, Statement, StatementRow
from socialshop.web.problems import InvalidFields
from socialshop.web.schemas import Currency, Instant, Wire, absent, with_example

_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]
"""A day by the shop's clock; for a closed one, as it was when it was closed."""
Month = Annotated[str, StringConstraints(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")]
"""A month by the shop's clock, such as 2026-03."""
_LARGEST = 10**17
_ACCOUNT = "member:*:wallet"
_AGED: dict[str, Any] = {
    "account": _ACCOUNT,
    "currency": "CNY",
    "to_30_minor": 120,
    "to_60_minor": 0,
    "to_90_minor": 40,
    "older_minor": 0,
    "total_minor": 160,
}
_BALANCED: dict[str, Any] = {
    "account": _ACCOUNT,
    "type": "Liabilities",
    "currency": "CNY",
    "opening_minor": -100,
    "debit_minor": 40,
    "credit_minor": 100,
    "closing_minor": -160,
}


class SpanQuery(Wire):
    """Which days, both of them too; if absent, the month that today is in, up to today."""

    first_day: Day | None = None
    last_day: Day | None = None

    def days(self, today: date) -> tuple[date, date]:
        """The days that are meant."""
        last = self.last_day or today
        return self.first_day or last.replace(day=1), last


class DayQuery(Wire):
    """At the end of which day; of today if absent."""

    on_day: Day | None = None


class StatementQuery(SpanQuery):
    """Which account, as the chart spells it (the sales if absent), in one currency, and which page of it."""

    account: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "shop:sales"
    currency: Currency | Annotated[str, StringConstraints(pattern="^PTS$")] = absent()
    limit: int = Field(50, ge=1, le=1000, description="at most so many rows")
    cursor: Annotated[str, StringConstraints(max_length=80)] | None = Field(
        None, description="`next_cursor` of the page before"
    )

    def after(self) -> tuple[int, int, int] | None:
        """Entry, line and balance that the page before ended with. Raises InvalidFields for what no list gave."""
        if self.cursor is None:
            return None
        return place_of(self.cursor)


def place_of(cursor: str) -> tuple[int, int, int]:
    """What a cursor of a statement says. Raises InvalidFields."""
    parts = cursor.split(".")
    digits = [part.removeprefix("-") for part in parts]
    if len(parts) != len(("entry", "line", "balance")) or not all(d.isascii() and d.isdecimal() for d in digits):
        raise InvalidFields([_NO_CURSOR])
    entry, line, balance = map(int, parts)
    if not (0 <= entry < _LARGEST and 0 <= line < 2**31 and abs(balance) < _LARGEST):
        raise InvalidFields([_NO_CURSOR])
    return entry, line, balance


def cursor_at(row: StatementRow) -> str:
    """The cursor of the page after this row."""
    return f"{row.entry_id}.{row.line}.{row.balance_minor}"


_NO_CURSOR = {"field": "cursor", "reason": "not_allowed", "detail": "send the next_cursor of the page before"}


class BalancedWire(Wire):
    """A line of the trial balance; what is above zero is a debit, members and rooms are summed (`member:*:wallet`)."""

    model_config = with_example(_BALANCED)

    account: str
    type: str
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


class TrialBalance(Wire):
    """The accounts before the span, what moved in it, and how they ended. Openings and closings sum to zero each."""

    model_config = with_example({"first_day": "2026-03-01", "last_day": "2026-03-31", "lines": [_BALANCED]})

    first_day: date
    last_day: date
    lines: list[BalancedWire]

    @classmethod
    def of(cls, first: date, last: date, lines: Sequence[Balanced]) -> TrialBalance:
        """The wire form of a trial balance."""
        return cls(
            first_day=first,
            last_day=last,
            lines=[
                BalancedWire(
                    account=line.account,
                    type=line.type.value,
                    currency=line.currency,
                    opening_minor=line.opening_minor,
                    debit_minor=line.debit_minor,
                    credit_minor=line.credit_minor,
                    closing_minor=line.closing_minor,
                )
                for line in lines
            ],
        )


class StatementLine(Wire):
    """A posting of the account, and how it stood after it."""

    entry: int
    line: int
    posted_at: Instant
    reference: str
    kind: str
    amount_minor: int
    balance_minor: int


class AccountStatement(Wire):
    """An account in the ledger's sign (docs/ledger.md): opening and closing are of the whole span, `data` a page."""

    model_config = with_example(
        {
            "account": "shop:sales",
            "currency": "CNY",
            "opening_minor": 0,
            "closing_minor": 2000,
            "data": [
                {
                    "entry": 17,
                    "line": 2,
                    "posted_at": "2026-03-01T12:30:00Z",
                    "reference": "fill:01890000-0000-7000-8000-000000000001",
                    "kind": "fill",
                    "amount_minor": 2000,
                    "balance_minor": 2000,
                }
            ],
            "next_cursor": None,
        }
    )

    account: str
    currency: str
    opening_minor: int
    closing_minor: int
    data: list[StatementLine]
    next_cursor: str | None

    @classmethod
    def of(cls, statement: Statement) -> AccountStatement:
        """The wire form of a part of a statement."""
        rows = statement.rows
        return cls(
            account=statement.account,
            currency=statement.currency,
            opening_minor=statement.opening_minor,
            closing_minor=statement.closing_minor,
            data=[
                StatementLine(
                    entry=row.entry_id,
                    line=row.line,
                    posted_at=row.posted_at,
                    reference=row.reference,
                    kind=row.kind,
                    amount_minor=row.amount_minor,
                    balance_minor=row.balance_minor,
                )
                for row in rows
            ],
            next_cursor=cursor_at(rows[-1]) if statement.more else None,
        )


class AgedWire(Wire):
    """What is open of an account or family, by how many days ago it came."""

    model_config = with_example(_AGED)

    account: str
    currency: str
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    older_minor: int
    total_minor: int


class OwedWire(Wire):
    """What members owe the shop, in sum and by the largest debtors, and what it owes, each by age."""

    model_config = with_example({"on_day": "2026-03-31", "receivables": [], "debtors": [], "payables": [_AGED]})

    on_day: date
    receivables: list[AgedWire]
    debtors: list[AgedWire]
    payables: list[AgedWire]

    @classmethod
    def of(cls, on_day: date, found: Owed) -> OwedWire:
        """The wire form of what is owed."""
        sides = (found.receivables, found.debtors, found.payables)
        receivables, debtors, payables = ([_aged(each) for each in rows] for rows in sides)
        return cls(on_day=on_day, receivables=receivables, debtors=debtors, payables=payables)


def _aged(each: Aged) -> AgedWire:
    return AgedWire(
        account=each.account,
        currency=each.currency,
        to_30_minor=each.to_30_minor,
        to_60_minor=each.to_60_minor,
        to_90_minor=each.to_90_minor,
        older_minor=each.older_minor,
        total_minor=each.total_minor,
    )


class IncomeRow(Wire):
    """What an account earned, or an expense cost, in a month."""

    month: Month
    account: str
    currency: str
    amount_minor: int


class Income(Wire):
    """Revenue and expense by month and currency, the newest month first."""

    model_config = with_example(
        {"data": [{"month": "2026-03", "account": "shop:sales", "currency": "CNY", "amount_minor": 2000}]}
    )

    data: list[IncomeRow]

    @classmethod
    def of(cls, rows: Sequence[MonthRow]) -> Income:
        """The wire form of months."""
        return cls(
            data=[
                IncomeRow(
                    month=f"{row.month:%Y-%m}",
                    account=row.account,
                    currency=row.currency,
                    amount_minor=row.amount_minor,
                )
                for row in rows
            ]
        )


class DayClosing(Wire):
    """Through which day the books are to be closed."""

    model_config = with_example({"through": "2026-03-31"})

    through: Day


class MonthClosing(Wire):
    """Which month is to be closed for good."""

    model_config = with_example({"month": "2026-03"})

    month: Month

    def first_day(self) -> date:
        """The day that it begins with."""
        return date.fromisoformat(f"{self.month}-01")


_DAY: dict[str, Any] = {
    "day": "2026-03-31",
    "ends_at": "2026-03-31T16:00:00Z",
    "entries": 3,
    "closed_at": "2026-04-01T01:00:00Z",
    "closed_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
}
_MONTH: dict[str, Any] = {
    "month": "2026-03",
    "entries": 93,
    "hash": "9f2c4f3a5d1c7e806b54a1c9e0d2f7384b6a5968d7c0e1f2a3b4c5d6e7f80912",
    "public_key": "51b0c3d2e4f5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff",
    "signature": "00" * 64,
    "closed_at": "2026-04-01T01:00:00Z",
    "closed_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
}


class ClosedDayWire(Wire):
    """A closed day: what is posted later stands on a day after it. `closed_by` is null for the shop by itself."""

    model_config = with_example(_DAY)

    day: date
    ends_at: Instant
    entries: int
    closed_at: Instant
    closed_by: str | None

    @classmethod
    def of(cls, row: ClosedDay) -> ClosedDayWire:
        """The wire form of a closed day."""
        return cls(
            day=row.on_day,
            ends_at=row.ends_at,
            entries=row.entries,
            closed_at=row.closed_at,
            closed_by=_who(row.closed_by),
        )


class ClosedMonthWire(Wire):
    """A closed month: the hash of its entries, signed by the shop's key (docs/ledger.md says over what)."""

    model_config = with_example(_MONTH)

    month: Month
    entries: int
    hash: str
    public_key: str
    signature: str
    closed_at: Instant
    closed_by: str

    @classmethod
    def of(cls, row: ClosedMonth) -> ClosedMonthWire:
        """The wire form of a closed month."""
        return cls(
            month=f"{row.month:%Y-%m}",
            entries=row.entries,
            hash=row.hash.hex(),
            public_key=row.public_key.hex(),
            signature=row.signature.hex(),
            closed_at=row.closed_at,
            closed_by=to_public("mbr", row.closed_by),
        )


class Closings(Wire):
    """The newest closed days and all closed months, the last first."""

    model_config = with_example({"days": [_DAY], "months": [_MONTH]})

    days: list[ClosedDayWire]
    months: list[ClosedMonthWire]


def _who(member_id: uuid.UUID | None) -> str | None:
    return None if member_id is None else to_public("mbr", member_id)
