"""The door of the books. `post` and `reverse` are the only writers of entries, `seal` of blocks."""

from __future__ import annotations

from socialshop.infra.chain import Head, HeadRefused, SignedHead
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service.balances import TrialLine, WalletBalances, balance, trial_balance, wallet, wallets
from socialshop.ledger.service.browsing import accounts_of_member, entries, entries_named, entry
from socialshop.ledger.service.closing import (
    BOOKS,
    PROVED,
    close_days,
    close_month,
    closed_days,
    closed_months,
)
from socialshop.ledger.service.exporting import beancount_pieces, csv_pieces
from socialshop.ledger.service.heads import current_head, export_heads, keep_heads, read_head, signed_head
from socialshop.ledger.service.holding import debts, hold
from socialshop.ledger.service.posting import Posted, post, reverse
from socialshop.ledger.service.proving import Proof, prove, prove_alone
from socialshop.ledger.service.reports import (
    Aged,
    Balanced,
    Owed,
    Span,
    Statement,
    income_by_month,
    owed,
    span_of,
    statement_of,
    trial_balance_of,
)
from socialshop.ledger.service.sealing import can_seal, count_unsealed, last_unsealed, seal
from socialshop.ledger.service.tracing import lines_between, lines_of
from socialshop.ledger.store.browsing import BrowsedEntry, BrowsedPosting, EntriesWanted
from socialshop.ledger.store.closing import ClosedDay, ClosedMonth
from socialshop.ledger.store.personal import PERSONAL
from socialshop.ledger.store.reports import MonthRow, StatementRow
from socialshop.ledger.store.tracing import Line

__all__ = [
    "BOOKS",
    "PERSONAL",
    "PROVED",
    "Aged",
    "Balanced",
    "BrowsedEntry",
    "BrowsedPosting",
    "ClosedDay",
    "ClosedMonth",
    "EntriesWanted",
    "Entry",
    "Head",
    "HeadRefused",
    "Line",
    "MonthRow",
    "Owed",
    "Posted",
    "Posting",
    "Proof",
    "SignedHead",
    "Span",
    "Statement",
    "StatementRow",
    "TrialLine",
    "WalletBalances",
    "accounts_of_member",
    "balance",
    "beancount_pieces",
    "can_seal",
    "close_days",
    "close_month",
    "closed_days",
    "closed_months",
    "count_unsealed",
    "csv_pieces",
    "current_head",
    "debts",
    "entries",
    "entries_named",
    "entry",
    "export_heads",
    "hold",
    "income_by_month",
    "keep_heads",
    "last_unsealed",
    "lines_between",
    "lines_of",
    "owed",
    "post",
    "prove",
    "prove_alone",
    "read_head",
    "reverse",
    "seal",
    "signed_head",
    "span_of",
    "statement_of",
    "trial_balance",
    "trial_balance_of",
    "wallet",
    "wallets",
]
