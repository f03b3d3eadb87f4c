"""The audit record proves itself: every tampering, a hundred at random here and a thousand in the long run, is found.

A tamperer is the database's owner with the triggers off. A rehashed last block and a cut tail are found against an
exported head only, so each proof is compared with one.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import seal_all_audit
from flask import Flask
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from socialshop.audit import rules
from socialshop.audit import service as audit
from socialshop.audit.service import CHAIN, AuditProof
from socialshop.infra.chain import BlockHash, Head, HeadRefused
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, unit_of_work

BLOCKS = 6
SEALED = 30
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = [uuid.UUID(int=n) for n in range(1, 4)]
ACTIONS = ("payout.approved", "payout.rejected", "plan.published")

Tamper = Callable[[Session, random.Random], None]


def _record(clock: ManualClock, number: int) -> None:
    with unit_of_work(clock) as uow:
        audit.record(
            uow,
            actor=PEOPLE[number % 3],
            action=ACTIONS[number % 3],
            target=f"po_{number}",
            facts={"amount_minor": number * 100, "reason": f"理由 {number}"},
        )
    clock.advance(timedelta(seconds=1))


@pytest.fixture
def record(app: Flask) -> Flask:
    """Thirty entries in six blocks of five, and two not sealed."""
    clock = ManualClock(NOON)
    for block in range(BLOCKS):
        for number in range(SEALED // BLOCKS):
            _record(clock, block * (SEALED // BLOCKS) + number)
        seal_all_audit(clock)
    _record(clock, SEALED)
    _record(clock, SEALED + 1)
    return app


@pytest.fixture
def owner(record: Flask, database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    yield engine
    engine.dispose()


def _head() -> Head:
    with unit_of_work() as uow:
        return audit.chain.current_head(uow.session, CHAIN)


def _proved_after(engine: Engine, tamper: Callable[[Session], None], head: Head | None) -> AuditProof:
    """What the record proves once it is tampered with; then it is as it was."""
    with Session(engine) as session:
        session.execute(text("SET session_replication_role = replica"))
        tamper(session)
        proof = audit.prove(UnitOfWork(session, NOON), head)
        session.rollback()
        return proof


def _column(session: Session, query: str, **values: object) -> list[Any]:
    return list(session.execute(text(query), values).scalars())


def _ids(session: Session) -> list[int]:
    return _column(session, "SELECT id FROM audit_entries ORDER BY id")


def _sealed_ids(session: Session) -> list[int]:
    return _column(session, "SELECT entry_id FROM audit_block_entries ORDER BY entry_id")


_EDITS = (
    ("audit_entries", "id", "recorded_at = recorded_at + interval '1 microsecond'"),
    ("audit_entries", "id", "actor = NULL"),
    ("audit_entries", "id", "actor = gen_random_uuid()"),
    ("audit_entries", "id", "action = action || 'x'"),
    ("audit_entries", "id", "target = target || '0'"),
    ("audit_entries", "id", "facts = facts || '{\"amount_minor\": 1}'"),
    ("audit_entries", "id", "facts = facts - 'reason'"),
    ("audit_entries", "id", "content_hash = sha256(content_hash)"),
    ("audit_blocks", "number", "sealed_at = sealed_at + interval '1 microsecond'"),
    ("audit_blocks", "number", "entry_count = entry_count + 1"),
    ("audit_blocks", "number", "sums = sums || '{\"payout.approved\": 7}'"),
    ("audit_blocks", "number", "previous_hash = sha256(previous_hash)"),
    ("audit_blocks", "number", "hash = sha256(hash)"),
    ("audit_blocks", "number", "number = number + 100"),
    ("audit_block_entries", "entry_id", "block_number = block_number % 6 + 1"),
    ("audit_block_entries", "entry_id", "entry_id = entry_id + 1000"),
    ("audit_seal_queue", "entry_id", "entry_id = entry_id + 1000"),
)


def edit(session: Session, dice: random.Random) -> None:
    table, key, change = dice.choice(_EDITS)
    at = dice.choice(_column(session, f"SELECT {key} FROM {table}"))
    session.execute(text(f"UPDATE {table} SET {change} WHERE {key} = :at"), {"at": at})


def rehashed_edit(session: Session, dice: random.Random) -> None:
    """The tamperer knows the canonical text: the entry's hash is right again, perhaps its block's too."""
    at = dice.choice(_sealed_ids(session))
    row = session.execute(text("SELECT * FROM audit_entries WHERE id = :at"), {"at": at}).one()
    facts = {**row.facts, "amount_minor": dice.randrange(10**6) * 100 + 1}
    hashed = rules.content_hash(row.recorded_at, row.actor, row.action, row.target, rules.facts_text(facts))
    session.execute(
        text("UPDATE audit_entries SET facts = CAST(:facts AS jsonb), content_hash = :hash WHERE id = :at"),
        {"facts": json.dumps(facts), "hash": hashed, "at": at},
    )
    if dice.random() < 0.5:
        _rehash_block(
            session, _column(session, "SELECT block_number FROM audit_block_entries WHERE entry_id = :at", at=at)[0]
        )


def _rehash_block(session: Session, number: int) -> None:
    block = session.execute(text("SELECT * FROM audit_blocks WHERE number = :n"), {"n": number}).one()
    sha = BlockHash(
        CHAIN,
        number=number,
        previous=block.previous_hash,
        sealed_at=block.sealed_at,
        count=block.entry_count,
        sums=block.sums,
    )
    members = "SELECT content_hash FROM audit_entries JOIN audit_block_entries ON entry_id = id WHERE block_number = :n"
    for content_hash in _column(session, f"{members} ORDER BY id", n=number):
        sha.add(content_hash)
    session.execute(text("UPDATE audit_blocks SET hash = :hash WHERE number = :n"), {"hash": sha.digest(), "n": number})


def delete(session: Session, dice: random.Random) -> None:
    """A row of any table; or an entry and all that points at it."""
    table, key = dice.choice(
        (
            ("audit_entries", "id"),
            ("audit_blocks", "number"),
            ("audit_block_entries", "entry_id"),
            ("audit_seal_queue", "entry_id"),
        )
    )
    at = dice.choice(_column(session, f"SELECT {key} FROM {table}"))
    if table == "audit_block_entries" and dice.random() < 0.5:
        session.execute(text("DELETE FROM audit_entries WHERE id = :at"), {"at": at})
    session.execute(text(f"DELETE FROM {table} WHERE {key} = :at"), {"at": at})


def swap(session: Session, dice: random.Random) -> None:
    """Two entries change places, each whole; or their blocks do."""
    one, other = dice.sample(_sealed_ids(session), 2)
    blocks = _column(session, "SELECT block_number FROM audit_block_entries WHERE entry_id IN (:a, :b)", a=one, b=other)
    if blocks[0] != blocks[1] and dice.random() < 0.5:
        statement = "UPDATE audit_block_entries SET block_number = :sum - block_number WHERE entry_id IN (:a, :b)"
        session.execute(text(statement), {"sum": sum(blocks), "a": one, "b": other})
        return
    columns = "recorded_at, actor, action, target, facts, content_hash"
    session.execute(
        text(
            f"UPDATE audit_entries e SET ({columns}) = (SELECT {columns} FROM audit_entries o WHERE o.id = :sum - e.id)"
            " WHERE e.id IN (:a, :b)"
        ),
        {"sum": one + other, "a": one, "b": other},
    )


def truncate(session: Session, dice: random.Random) -> None:
    """The tail is cut off: only its entries, only its blocks, or everything without a trace."""
    keep = dice.randrange(BLOCKS)
    kept = max(_column(session, "SELECT entry_id FROM audit_block_entries WHERE block_number <= :n", n=keep), default=0)
    cuts = ("DELETE FROM audit_entries WHERE id > :kept", "DELETE FROM audit_blocks WHERE number > :keep")
    rest = ("DELETE FROM audit_block_entries WHERE block_number > :keep", "DELETE FROM audit_seal_queue")
    for statement in dice.choice(((cuts[0],), (cuts[1],), (*cuts, *rest), ("TRUNCATE audit_blocks",))):
        session.execute(text(statement), {"kept": kept, "keep": keep})


TAMPERS: dict[str, Tamper] = {
    "edit": edit,
    "rehashed edit": rehashed_edit,
    "delete": delete,
    "swap": swap,
    "truncate": truncate,
}


def _all_found(owner: Engine, rounds: int) -> None:
    head = _head()
    assert _proved_after(owner, lambda session: None, head).holds
    names = sorted(TAMPERS)
    unseen = []
    for seed in range(rounds):
        name = names[seed % len(names)]
        dice = random.Random(seed)
        proof = _proved_after(owner, lambda session, name=name, dice=dice: TAMPERS[name](session, dice), head)
        if proof.holds:
            unseen.append((name, seed))
    assert unseen == []
    assert _proved_after(owner, lambda session: None, head).holds


def test_a_hundred_tamperings_are_all_found(owner: Engine) -> None:
    _all_found(owner, 100)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_thousand_tamperings_are_all_found(owner: Engine) -> None:
    _all_found(owner, 1_000)


def test_without_the_entries_hashes_a_tampering_would_pass(owner: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a proof that looks at the chain alone does not see an edited fact."""
    monkeypatch.setattr(audit, "_faults_of", lambda entry: [])
    edited = "UPDATE audit_entries SET facts = '{}' WHERE id = 3"
    assert _proved_after(owner, lambda session: session.execute(text(edited)), _head()).holds


def test_a_cut_tail_is_found_only_against_an_exported_head(owner: Engine) -> None:
    def cut(session: Session) -> None:
        for statement in (
            "DELETE FROM audit_blocks WHERE number = 6",
            "DELETE FROM audit_entries WHERE id > 25",
            "DELETE FROM audit_block_entries WHERE entry_id > 25",
            "DELETE FROM audit_seal_queue",
        ):
            session.execute(text(statement))

    assert _proved_after(owner, cut, None).holds
    found = _proved_after(owner, cut, _head())
    assert found.first_difference == ("the audit chain ends at block 5, the exported head at block 6: its tail was cut")


def test_whole_records_are_counted(record: Flask) -> None:
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        proof = audit.prove(uow, audit.chain.current_head(uow.session, CHAIN))
    assert (proof.entries, proof.unsealed, proof.first_difference) == (SEALED + 2, 2, None)


def test_a_proof_needs_one_snapshot(record: Flask) -> None:
    with unit_of_work() as uow, pytest.raises(RuntimeError, match="REPEATABLE READ"):
        audit.prove(uow)


def test_the_first_difference_is_named(owner: Engine) -> None:
    edited = "UPDATE audit_entries SET facts = '{}' WHERE id = 3"
    proof = _proved_after(owner, lambda session: session.execute(text(edited)), None)
    assert proof.first_difference == (
        "audit entry 3 (plan.published po_2) does not have the hash of its content: "
        "it was changed after it was recorded"
    )


def test_the_exported_head_is_read_back_and_no_other(record: Flask, tmp_path: Path) -> None:
    with unit_of_work() as uow:
        signed = audit.signed_head(uow, tmp_path)
    document = json.dumps({"audit": signed.as_json()})
    assert audit.read_head(document, tmp_path) == signed.head == _head()
    forged = json.dumps({"audit": {**signed.as_json(), "number": 1}})
    for wrong in (forged, "{}", "[]", "", json.dumps(signed.as_json())):
        with pytest.raises(HeadRefused):
            audit.read_head(wrong, tmp_path)
