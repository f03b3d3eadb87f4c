"""Tamper evidence without a hot row: entries sealed in chained blocks (docs/adr/0005-sealing.md).

Two chains stand on it: the ledger and the audit record. `Chain` names one's tables; `seal_block` appends to it,
`prove_chain` recomputes it, `signed_head` says where it ends, for keeping elsewhere.
"""

from __future__ import annotations

from socialshop.infra.chain.heads import (
    KEY_FILE,
    HeadRefused,
    SignedHead,
    current_head,
    json_of,
    place,
    read_head,
    signed_head,
    signing_key,
    verified,
)
from socialshop.infra.chain.proving import ChainProof, Place, Sum, count_waiting, lost_in_queue, prove_chain
from socialshop.infra.chain.sealing import can_seal, last_waiting, seal_block
from socialshop.infra.chain.tables import GENESIS, BlockHash, Chain, Head

__all__ = [
    "GENESIS",
    "KEY_FILE",
    "BlockHash",
    "Chain",
    "ChainProof",
    "Head",
    "HeadRefused",
    "Place",
    "SignedHead",
    "Sum",
    "can_seal",
    "count_waiting",
    "current_head",
    "json_of",
    "last_waiting",
    "lost_in_queue",
    "place",
    "prove_chain",
    "read_head",
    "seal_block",
    "signed_head",
    "signing_key",
    "verified",
]
