"""Sealing: entries into chained blocks, one block a call, one sealer a chain at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.chain.tables import GENESIS, BlockHash, Chain
from socialshop.infra.uow import UnitOfWork, advisory_lock

# An entry in the queue is sealable once no transaction older than the one that wrote it is still running. An id that
# is not below xmax was given by another cluster, before a restore: it counts as committed.
_SEALABLE = (
    "(transaction_id < pg_snapshot_xmin(pg_current_snapshot())"
    " OR transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))"
)


class BlockRow(NamedTuple):
    """A block as it is stored."""

    number: int
    previous_hash: bytes
    hash: bytes
    entry_count: int
    sums: Mapping[str, int]
    sealed_at: datetime


class WaitingEntry(NamedTuple):
    """An entry that may be sealed."""

    id: int
    weight: int
    content_hash: bytes


def seal_block(uow: UnitOfWork, chain: Chain, take: Callable[[Session, Sequence[int]], Mapping[str, int]]) -> bool:
    """Seal the chain's next block, if anything can be sealed; True says that more may be waiting.

    An entry can be sealed once no transaction older than its own is still running, so that what commits late joins a
    later block instead of slipping in behind one. Nothing happens, and False is said, while another seals. `take` is
    given the ids of the block's entries once, does what must move with the block, and returns the block's sums.
    """
    if not advisory_lock(uow, f"{chain.name}.seal", wait=False):
        return False
    session = uow.session
    waiting = _waiting_entries(session, chain)
    if not waiting:
        return False
    ids = [entry.id for entry in waiting]
    sums = take(session, ids)
    last = last_block(session, chain)
    number, previous = (last.number + 1, bytes(last.hash)) if last else (1, GENESIS)
    sha = BlockHash(chain, number=number, previous=previous, sealed_at=uow.now, count=len(ids), sums=sums)
    for entry in waiting:
        sha.add(entry.content_hash)
    _add_block(session, chain, BlockRow(number, previous, sha.digest(), len(ids), sums, uow.now), ids)
    return len(waiting) == chain.block_entries or sum(entry.weight for entry in waiting) >= chain.block_weight


def last_waiting(session: Session, chain: Chain) -> int:
    """The highest id of an entry that is in no block yet; 0 where there is none."""
    query = f"SELECT coalesce(max(entry_id), 0) FROM {chain.name}_seal_queue"  # noqa: S608 - a name of our own
    return int(session.execute(text(query)).scalar_one())


def can_seal(session: Session, chain: Chain, up_to: int) -> bool:
    """Whether an entry up to this id is ready for its block and in none yet, whoever may be sealing."""
    query = f"SELECT EXISTS (SELECT FROM {chain.name}_seal_queue WHERE entry_id <= :up_to AND {_SEALABLE})"  # noqa: S608
    return bool(session.execute(text(query), {"up_to": up_to}).scalar_one())


def last_block(session: Session, chain: Chain) -> BlockRow | None:
    """The newest block."""
    row = session.execute(
        text(
            f"""
            SELECT number, previous_hash, hash, entry_count, sums, sealed_at
            FROM {chain.name}_blocks ORDER BY number DESC LIMIT 1
            """  # noqa: S608 - names of our own
        )
    ).first()
    return None if row is None else BlockRow(*row)


def _waiting_entries(session: Session, chain: Chain) -> list[WaitingEntry]:
    """The first sealable entries in id order: no more than a block may have, and none once their weight is reached."""
    found = session.execute(
        text(
            f"""
            SELECT id, weight, content_hash FROM (
                SELECT e.id, {chain.weight} AS weight, e.content_hash,
                       sum({chain.weight}) OVER (ORDER BY e.id) - {chain.weight} AS weight_before
                FROM (
                    SELECT entry_id FROM {chain.name}_seal_queue
                    WHERE {_SEALABLE}
                    ORDER BY entry_id LIMIT :entries
                ) q JOIN {chain.name}_entries e ON e.id = q.entry_id
            ) waiting WHERE weight_before < :weight ORDER BY id
            """  # noqa: S608 - names of our own
        ),
        {"entries": chain.block_entries, "weight": chain.block_weight},
    )
    return [WaitingEntry(row.id, row.weight, bytes(row.content_hash)) for row in found]


def _add_block(session: Session, chain: Chain, block: BlockRow, ids: Sequence[int]) -> None:
    """Append a block and its membership, and take its entries off the queue."""
    session.execute(
        text(
            f"""
            INSERT INTO {chain.name}_blocks (number, previous_hash, hash, entry_count, sums, sealed_at)
            VALUES (:number, :previous_hash, :hash, :entry_count, CAST(:sums AS jsonb), :sealed_at)
            """  # noqa: S608 - names of our own
        ),
        {**block._asdict(), "sums": json.dumps(block.sums)},
    )
    session.execute(
        text(
            f"""
            WITH left_queue AS (DELETE FROM {chain.name}_seal_queue WHERE entry_id = ANY(CAST(:ids AS bigint[])))
            INSERT INTO {chain.name}_block_entries (entry_id, block_number)
            SELECT id, :number FROM unnest(CAST(:ids AS bigint[])) AS e (id)
            """  # noqa: S608 - names of our own
        ),
        {"ids": list(ids), "number": block.number},
    )
