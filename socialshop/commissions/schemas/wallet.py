"""Wire shapes of the movements of wallets."""

from __future__ import annotations

from typing import Literal

from socialshop.commissions.sentences import SENTENCES, say
from socialshop.commissions.service import WalletRow
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example


class WalletEntryQuery(PageQuery):
    """Which wallet: of the shop's own currency if absent."""

    currency: Currency = absent()


_PARTS: dict[str, tuple[Literal["pending", "available", "reserved", "owed"], int]] = {
    "pending": ("pending", 1),
    "wallet": ("available", 1),
    "reserved": ("reserved", 1),
    # A debt stands below zero in the books, and above in what one owes.
    "receivable": ("owed", -1),
}
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
    "text": "Commission settled into your wallet.",
}


class WalletEntry(Wire):
    """By how much one part of the wallet moved, and what for: the commission and order, where it is about one."""

    model_config = with_example(_MOVEMENT)

    posted_at: Instant
    kind: str
    part: Literal["pending", "available", "reserved", "owed"]
    amount: MoneyWire
    commission_id: str | None
    commission_kind: str | None
    order_id: str | None
    text: str

    @classmethod
    def of(cls, row: WalletRow, language: Language) -> WalletEntry:
        """The wire form of a movement."""
        part, sign = _PARTS[row.account.rsplit(":", 1)[1]]
        code = f"entry_{row.kind}" if f"entry_{row.kind}" in SENTENCES else "entry_other"
        if row.kind in _NETTING and (part == "owed" or (part == "available" and row.amount_minor < 0)):
            code = "entry_netting"
        return cls(
            posted_at=row.posted_at,
            kind=row.kind,
            part=part,
            amount=MoneyWire(amount_minor=sign * row.amount_minor, currency=row.currency),
            commission_id=to_public("acr", row.accrual_id) if row.accrual_id else None,
            commission_kind=row.accrual_kind,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            text=say(language, code, {}),
        )


class WalletEntryPage(Page[WalletEntry]):
    """Movements of the wallet, the newest first."""

    model_config = with_example({"data": [_MOVEMENT], "next_cursor": None})
