"""Proving a chain: every block recomputed, streaming, and the first things that are off said by name.

What an entry's own content hashes to is for its room to say; here begins what holds the entries together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.chain.tables import GENESIS, BlockHash, Chain, Head
from socialshop.infra.db import stream_rows
from socialshop.kernel.time import exact_text

Said = Callable[[str], None]


class Place(NamedTuple):
    """Where an entry stands: `block_number` is null where no block lists it, `waiting` where the queue does."""

    block_number: int | None
    waiting: bool

    def fault(self) -> str | None:
        """An entry is in one block or waits for one; what is off otherwise."""
        if self.block_number is None and not self.waiting:
            return "is in no block and does not wait for one"
        if self.block_number is not None and self.waiting:
            return f"is in block {self.block_number} and waits for another"
        return None


class Sum(NamedTuple):
    """A sum of one block's entries under one key, recomputed."""

    block_number: int
    key: str
    amount: int


class _Block(NamedTuple):
    number: int
    previous_hash: bytes
    hash: bytes
    entry_count: int
    sums: dict[str, int]
    sealed_at: datetime


class _Member(NamedTuple):
    """An entry's membership of a block; `content_hash` is null where the entry is gone."""

    block_number: int
    entry_id: int
    content_hash: bytes | None


@dataclass(frozen=True, slots=True)
class ChainProof:
    """How far the chain reaches."""

    blocks: int
    entries: int
    head_hash: bytes


Row = TypeVar("Row", _Member, Sum)


def count_waiting(session: Session, chain: Chain) -> int:
    """How many entries wait to be sealed."""
    query = f"SELECT count(*) FROM {chain.name}_seal_queue"  # noqa: S608 - a name of our own
    return int(session.execute(text(query)).scalar_one())


def lost_in_queue(session: Session, chain: Chain) -> int | None:
    """The first entry that waits for sealing and is gone."""
    query = f"""
        SELECT q.entry_id FROM {chain.name}_seal_queue q LEFT JOIN {chain.name}_entries e ON e.id = q.entry_id
        WHERE e.id IS NULL ORDER BY q.entry_id LIMIT 1
    """  # noqa: S608 - names of our own
    found: int | None = session.execute(text(query)).scalar()
    return found


def prove_chain(session: Session, chain: Chain, sums: Iterator[Sum], head: Head | None, say: Said) -> ChainProof:
    """Walk blocks, their members and their sums side by side, all in block order; `say` hears each difference.

    `sums` are the blocks' sums recomputed from the entries, ordered by block. Compares with `head` if given. Needs a
    session whose transaction is one snapshot.
    """
    members, recomputed = _Groups(_members(session, chain)), _Groups(sums)
    last, sealed, previous = 0, 0, GENESIS
    for block in _blocks(session, chain):
        name = f"{chain.label}block"
        if block.number != last + 1:
            say(f"{name} {last + 1} is missing")
        elif block.previous_hash != previous:
            say(f"{name} {block.number} does not follow the block before it")
        _prove_block(chain, block, members.take(block.number), recomputed.take(block.number), say)
        last, previous, sealed = block.number, block.hash, sealed + block.entry_count
        here = Head(last, previous, sealed, exact_text(block.sealed_at))
        if head is not None and head.number == last and head != here:
            say(f"{name} {last} is not the one whose head was exported")
    if members.any_left():
        say(f"{chain.label}block {last + 1} is missing: entries say that they are in it")
    if head is not None and head.number > last:
        say(f"the {chain.label}chain ends at block {last}, the exported head at block {head.number}: its tail was cut")
    return ChainProof(last, sealed, previous)


def _blocks(session: Session, chain: Chain) -> Iterator[_Block]:
    query = f"""
        SELECT number, previous_hash, hash, entry_count, sums, sealed_at FROM {chain.name}_blocks ORDER BY number
    """  # noqa: S608 - names of our own
    return (_Block(*row) for row in stream_rows(session, f"{chain.name}_proof_blocks", query))


def _members(session: Session, chain: Chain) -> Iterator[_Member]:
    """Block by block, its entries in id order."""
    query = f"""
        SELECT m.block_number, m.entry_id, e.content_hash
        FROM {chain.name}_block_entries m LEFT JOIN {chain.name}_entries e ON e.id = m.entry_id
        ORDER BY m.block_number, m.entry_id
    """  # noqa: S608 - names of our own
    return (_Member(*row) for row in stream_rows(session, f"{chain.name}_proof_members", query))


def _prove_block(chain: Chain, block: _Block, members: list[_Member], sums: list[Sum], say: Said) -> None:
    name = f"{chain.label}block {block.number}"
    gone = next((member.entry_id for member in members if member.content_hash is None), None)
    if gone is not None:
        say(f"{name} lists entry {gone}, which is gone")
    if len(members) != block.entry_count:
        say(f"{name} sealed {block.entry_count} entries and has {len(members)}")
    if {one.key: one.amount for one in sums} != block.sums:
        say(f"{name} does not have the sums of its entries")
    sha = BlockHash(
        chain,
        number=block.number,
        previous=block.previous_hash,
        sealed_at=block.sealed_at,
        count=block.entry_count,
        sums=block.sums,
    )
    for member in members:
        sha.add(member.content_hash or b"")
    if sha.digest() != block.hash:
        say(f"{name} does not have the hash of its content: entries were changed, swapped or removed")


class _Groups(Generic[Row]):
    """Rows that come ordered by a block's number, their first field, taken block by block."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows: Iterator[Row] = rows
        self._next: Row | None = next(rows, None)

    def take(self, number: int) -> list[Row]:
        """The rows of block `number`; those of blocks before it that nobody took are passed over."""
        taken = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                taken.append(self._next)
            self._next = next(self._rows, None)
        return taken

    def any_left(self) -> bool:
        """Whether rows of later blocks remain."""
        return self._next is not None
