"""What a chain is made of, and the canonical texts of its blocks and head (docs/ledger.md describes them).

<title> block 1                             <title> head 1
<number>                                    <number of the last block, or 0>
<hash of the block before, hex>             <its hash, hex>
<sealed_at, RFC 3339, UTC, six decimals>    <entries in all blocks up to it>
<count of entries>                          <sealed_at of it, or ->
<key> <sum>                             a line a key, in their order
<content hash, hex>                     a line an entry, in the order of their ids
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from socialshop.kernel.time import exact_text

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain, by the names of its tables.

    `<name>_entries` have at least (id, content_hash); an entry inserted also joins `<name>_seal_queue`. Its place is
    `<name>_block_entries` (entry_id, block_number) of `<name>_blocks`. `title` opens the texts that are hashed and
    signed. `weight` says, in SQL over an entry `e`, how much work it is to seal; a block ends at `block_weight`.
    `label` stands before "block" and "entry" in what a proof says.
    """

    name: str
    title: str
    weight: str
    block_weight: int
    block_entries: int = 10_000
    label: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block, and how many entries all blocks hold; before the first block, number 0 and a hash of zeros."""

    number: int
    hash: bytes
    entries: int
    sealed_at: str

    def text(self, chain: Chain) -> bytes:
        """What is signed."""
        lines = (f"{chain.title} head 1", self.number, self.hash.hex(), self.entries, self.sealed_at)
        return "".join(f"{line}\n" for line in lines).encode()


class BlockHash:
    """The hash of a block, fed entry by entry, so that proving needs no block in memory."""

    def __init__(
        self, chain: Chain, *, number: int, previous: bytes, sealed_at: datetime, count: int, sums: Mapping[str, int]
    ) -> None:
        head = (f"{chain.title} block 1", number, previous.hex(), exact_text(sealed_at), count)
        lines = [*head, *(f"{key} {sums[key]}" for key in sorted(sums))]
        self._sha = hashlib.sha256("".join(f"{line}\n" for line in lines).encode())

    def add(self, content_hash: bytes) -> None:
        """The next entry's content hash, in id order."""
        self._sha.update(f"{content_hash.hex()}\n".encode())

    def digest(self) -> bytes:
        """The block's hash."""
        return self._sha.digest()
