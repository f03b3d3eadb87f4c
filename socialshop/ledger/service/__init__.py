"""The door of the books. `post` and `reverse` are the only writers of entries, `seal` of blocks."""

from __future__ import annotations

from socialshop.infra.chain import Head, HeadRefused, SignedHead
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service.balances import TrialLine, WalletBalances, balance, trial_balance, wallet, wallets
from socialshop.ledger.service.exporting import beancount_pieces, csv_pieces
from socialshop.ledger.service.heads import current_head, export_heads, keep_heads, read_head, signed_head
from socialshop.ledger.service.holding import debts, hold
from socialshop.ledger.service.posting import Posted, post, reverse
from socialshop.ledger.service.proving import Proof, prove, prove_alone
from socialshop.ledger.service.sealing import can_seal, count_unsealed, last_unsealed, seal
from socialshop.ledger.service.tracing import lines_between, lines_of
from socialshop.ledger.store.personal import PERSONAL
from socialshop.ledger.store.tracing import Line

__all__ = [
    "PERSONAL",
    "Entry",
    "Head",
    "HeadRefused",
    "Line",
    "Posted",
    "Posting",
    "Proof",
    "SignedHead",
    "TrialLine",
    "WalletBalances",
    "balance",
    "beancount_pieces",
    "can_seal",
    "count_unsealed",
    "csv_pieces",
    "current_head",
    "debts",
    "export_heads",
    "hold",
    "keep_heads",
    "last_unsealed",
    "lines_between",
    "lines_of",
    "post",
    "prove",
    "prove_alone",
    "read_head",
    "reverse",
    "seal",
    "signed_head",
    "trial_balance",
    "wallet",
    "wallets",
]
