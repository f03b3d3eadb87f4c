"""What a block and a head hash and sign: canonical texts, described for an outsider in docs/ledger.md.

socialshop block 1                          socialshop head 1
<number>                                    <number of the last block, or 0>
<hash of the block before, hex>             <its hash, hex>
<sealed_at, RFC 3339, UTC, six decimals>    <entries in all blocks up to it>
<count of entries>                          <sealed_at of it, or ->
<currency> <sum of positive amounts>    a line a currency, in the order of their codes
<content hash, hex>                     a line an entry, in the order of their ids
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from socialshop.ledger.journal import instant_text

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block, and how many entries all blocks hold; before the first block, number 0 and a hash of zeros."""

    number: int
    hash: bytes
    entries: int
    sealed_at: str

    def text(self) -> bytes:
        """What is signed."""
        lines = ("socialshop head 1", self.number, self.hash.hex(), self.entries, self.sealed_at)
        return "".join(f"{line}\n" for line in lines).encode()


class BlockHash:
    """The hash of a block, fed entry by entry, so that proving needs no block in memory."""

    def __init__(
        self, *, number: int, previous: bytes, sealed_at: datetime, count: int, sums: Mapping[str, int]
    ) -> None:
        head = ("socialshop block 1", number, previous.hex(), instant_text(sealed_at), count)
        lines = [*head, *(f"{currency} {sums[currency]}" for currency in sorted(sums))]
        self._sha = hashlib.sha256("".join(f"{line}\n" for line in lines).encode())

    def add(self, content_hash: bytes) -> None:
        """The next entry's content hash, in id order."""
        self._sha.update(f"{content_hash.hex()}\n".encode())

    def digest(self) -> bytes:
        """The block's hash."""
        return self._sha.digest()
