"""Wire shapes of the movements of wallets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from socialshop.commissions.sentences import SENTENCES, say
from socialshop.commissions.service import Month, Statement, WalletPart, WalletRow, part_of
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example


class WalletEntryQuery(PageQuery):
    """Which wallet: of the shop's own currency if absent."""

    currency: Currency = absent()


# A debt stands below zero in the books, and above in what one owes.
_SIGNS: Mapping[WalletPart, int] = {"owed": -1}
# What brings money into a wallet pays what its member owes.
_NETTING = {"settlement", "payout_rejected", "payout_cancelled", "payout_failed", "payout_returned"}
_MOVEMENT = {
    "posted_at": "2026-02-10T12:00:00Z",
    "kind": "settlement",
    "part": "available",
    "amount": {"amount_minor": 15462, "currency": "CNY"},
    "commission_id": "acr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "commission_kind": "sale",
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "text": "A commission matured: you can withdraw it.",
}


class WalletEntry(Wire):
    """By how much one part of the wallet moved, and what for: the commission and order, where it is about one."""

    model_config = with_example(_MOVEMENT)

    posted_at: Instant
    kind: str
    part: WalletPart
    amount: MoneyWire
    commission_id: str | None
    commission_kind: str | None
    order_id: str | None
    text: str

    @classmethod
    def of(cls, row: WalletRow, language: Language) -> WalletEntry:
        """The wire form of a movement."""
        part = part_of(row)
        code = f"entry_{row.kind}" if f"entry_{row.kind}" in SENTENCES else "entry_other"
        if row.kind in _NETTING and (part == "owed" or (part == "available" and row.amount_minor < 0)):
            code = "entry_netting"
        return cls(
            posted_at=row.posted_at,
            kind=row.kind,
            part=part,
            amount=_said(part, row.amount_minor, row.currency),
            commission_id=to_public("acr", row.accrual_id) if row.accrual_id else None,
            commission_kind=row.accrual_kind,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            text=say(language, code, {}),
        )


class WalletEntryPage(Page[WalletEntry]):
    """Movements of the wallet, the newest first."""

    model_config = with_example({"data": [_MOVEMENT], "next_cursor": None})


class StatementQuery(Wire):
    """Which wallet: of the shop's own currency if absent."""

    currency: Currency = absent()


class BalancesWire(Wire):
    """The four parts of a wallet at an instant."""

    pending: MoneyWire
    available: MoneyWire
    reserved: MoneyWire
    owed: MoneyWire

    @classmethod
    def of(cls, parts: Mapping[WalletPart, int], currency: str) -> BalancesWire:
        """The wire form of balances as they stand in the books."""
        return cls(**{part: _said(part, amount, currency) for part, amount in parts.items()})


_ZERO = {"amount_minor": 0, "currency": "CNY"}
_BALANCES: dict[str, Any] = {"pending": _ZERO, "available": _ZERO, "reserved": _ZERO, "owed": _ZERO}
_MONTH: dict[str, Any] = {
    "month": "2026-02",
    "is_over": True,
    "opening": _BALANCES,
    "closing": _BALANCES | {"available": {"amount_minor": 15462, "currency": "CNY"}},
    "movements": 1,
}


class MonthWire(Wire):
    """A month of a wallet, by the shop's clock; once `is_over`, it never changes again."""

    model_config = with_example(_MONTH)

    month: str
    is_over: bool
    opening: BalancesWire
    closing: BalancesWire
    movements: int

    @classmethod
    def of(cls, month: Month, currency: str) -> MonthWire:
        """The wire form of a month."""
        return cls(**_fields(month, currency))


class MonthList(Wire):
    """Every month in which the wallet moved, the newest first."""

    model_config = with_example({"data": [_MONTH]})

    data: list[MonthWire]


class StatementWire(MonthWire):
    """A month's statement: its movements in the order of the books, and the hash over all of it."""

    model_config = with_example(_MONTH | {"entries": [_MOVEMENT], "statement_hash": "9f" * 32})

    entries: list[WalletEntry]
    statement_hash: str

    @classmethod
    def shown(cls, found: Statement, language: Language) -> StatementWire:
        """The wire form of a statement."""
        return cls(
            **_fields(found.month, found.currency),
            entries=[WalletEntry.of(row, language) for row in found.rows],
            statement_hash=found.statement_hash,
        )


def _fields(month: Month, currency: str) -> dict[str, Any]:
    return {
        "month": f"{month.month:%Y-%m}",
        "is_over": month.is_over,
        "opening": BalancesWire.of(month.opening, currency),
        "closing": BalancesWire.of(month.closing, currency),
        "movements": month.movements,
    }


def _said(part: WalletPart, amount_minor: int, currency: str) -> MoneyWire:
    """An amount of the books as its member reads it."""
    return MoneyWire(amount_minor=_SIGNS.get(part, 1) * amount_minor, currency=currency)
