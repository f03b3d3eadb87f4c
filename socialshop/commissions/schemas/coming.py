"""Wire shapes of what matures, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import Field

from socialshop.commissions.service import ComingRow
from socialshop.web.schemas import MoneyWire, Wire, with_example

_SUM: dict[str, Any] = {"commissions": 2, "amount": {"amount_minor": 1584, "currency": "CNY"}}


class HeldSum(Wire):
    """So many commissions, and what they come to less what was clawed back."""

    model_config = with_example(_SUM)

    commissions: int
    amount: MoneyWire


class HeldDay(HeldSum):
    """What matures on one day."""

    model_config = with_example({"on": "2026-02-14", **_SUM})

    on: date


class CalendarWire(Wire):
    """What is held, a row a day and currency, the earliest first; and a row a currency of what has no day."""

    model_config = with_example({"days": [{"on": "2026-02-14", **_SUM}], "until_receipt": [_SUM], "stopped": []})

    days: list[HeldDay]
    until_receipt: list[HeldSum] = Field(description="the goods were not received yet")
    stopped: list[HeldSum] = Field(description="an open case stops the clock until it is decided")

    @classmethod
    def of(cls, rows: Iterable[ComingRow]) -> CalendarWire:
        """The wire form of what is held."""
        days, waiting = [], {"receipt": [], "stopped": []}  # type: ignore[var-annotated]
        for row in rows:
            amount = MoneyWire(amount_minor=row.amount_minor, currency=row.currency)
            if row.on_day is not None:
                days.append(HeldDay(on=row.on_day, commissions=row.accruals, amount=amount))
            else:
                waiting[row.waiting].append(HeldSum(commissions=row.accruals, amount=amount))
        return cls(days=days, until_receipt=waiting["receipt"], stopped=waiting["stopped"])
