"""The proof: whole books prove, and each tampering is found and named.

A tamperer is the database's owner with the triggers off; a cut tail is found against an exported head only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bookkeeping import accrual, posted, proved, seal_all
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from socialshop.infra.chain import Head, HeadRefused
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting, Proof, post, prove, read_head, reverse, seal, signed_head

Tamper = Callable[..., None]


@pytest.fixture
def books(app: Flask) -> Flask:
    """Six entries in three blocks of two (1 and 2, 3 and 4, 5 and 6), and a seventh not sealed."""
    for number in (1, 3, 5):
        posted(accrual(f"a{number}", 7, number), accrual(f"a{number + 1}", 8, number + 1))
        seal_all()
    posted(accrual("a7", 7, 7))
    return app


@pytest.fixture
def tamper(books: Flask, database_url: str) -> Iterator[Tamper]:
    """Run statements as the owner with every trigger off."""
    engine = create_engine(database_url, poolclass=NullPool)

    def run(*statements: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                assert connection.execute(text(statement)).rowcount > 0, statement

    yield run
    engine.dispose()


def _id(reference: str) -> str:
    return f"(SELECT id FROM ledger_entries WHERE reference = '{reference}')"


def _pending(member: int) -> str:
    return f"(SELECT id FROM ledger_accounts WHERE name = 'member:{member}:pending')"


def test_empty_booksproved(app: Flask) -> None:
    assert proved() == Proof(
        balanced=True,
        chain_ok=True,
        projection_ok=True,
        entries=0,
        postings=0,
        unsealed=0,
        head_hash="00" * 32,
        first_difference=None,
    )


def test_whole_books_prove_and_what_is_not_sealed_is_counted(books: Flask) -> None:
    proof = proved()
    assert proof.holds
    assert (proof.balanced, proof.chain_ok, proof.projection_ok) == (True, True, True)
    assert (proof.entries, proof.postings, proof.unsealed) == (7, 14, 1)


def test_reversals_and_several_currenciesproved(books: Flask) -> None:
    mixed = [
        Posting(chart.SALES, 1, "JPY"),
        Posting(chart.SHIPPING, -1, "JPY"),
        Posting(chart.SALES, 2, "EUR"),
        Posting(chart.SHIPPING, -2, "EUR"),
    ]
    posted(Entry("mixed", "test", mixed))
    with unit_of_work() as uow:
        reverse(uow, "a2", "undo a2")
    assert proved().holds
    seal_all()
    proof = proved()
    assert proof.holds
    assert proof.unsealed == 0


def test_a_proof_needs_one_snapshot(books: Flask) -> None:
    with unit_of_work() as uow, pytest.raises(RuntimeError, match="REPEATABLE READ"):
        prove(uow)


def _difference(*broken: str, head: Head | None = None) -> str:
    """The first difference; exactly the named flags must have fallen."""
    proof = proved(head)
    assert not proof.holds
    assert {name for name in ("balanced", "chain_ok", "projection_ok") if not getattr(proof, name)} == set(broken)
    assert proof.first_difference is not None
    return proof.first_difference


def test_an_edited_posting_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE ledger_postings SET amount_minor = 99 WHERE entry_id = {_id('a3')} AND line = 2")
    assert "(a3) is off by 96 CNY" in _difference("balanced", "chain_ok", "projection_ok")


def test_an_entry_edited_on_both_sides_with_its_balances_is_found_by_its_hash(tamper: Tamper) -> None:
    tamper(
        f"UPDATE ledger_postings SET amount_minor = amount_minor * 10 WHERE entry_id = {_id('a3')}",
        f"UPDATE ledger_balances SET amount_minor = amount_minor + 27 WHERE account_id = {_pending(7)}",
        "UPDATE ledger_balances SET amount_minor = amount_minor - 27 WHERE amount_minor < 0",
        "UPDATE ledger_blocks SET sums = jsonb_build_object('CNY', (sums->>'CNY')::bigint + 27) WHERE number = 2",
    )
    assert "(a3) does not have the hash of its content" in _difference("chain_ok")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entries SET kind = 'gift' WHERE reference = 'a3'",
        "UPDATE ledger_entries SET reference = 'a33' WHERE reference = 'a3'",
        "UPDATE ledger_entries SET posted_at = posted_at - interval '1 day' WHERE reference = 'a3'",
        f"UPDATE ledger_entries SET reverses_id = {_id('a1')} WHERE reference = 'a3'",
        f"UPDATE ledger_postings SET subject_id = gen_random_uuid() WHERE entry_id = {_id('a3')} AND line = 1",
        "UPDATE ledger_accounts SET name = 'member:9:pending' WHERE name = 'member:7:pending'",
    ],
)
def test_any_edited_field_is_found(tamper: Tamper, change: str) -> None:
    tamper(change)
    assert "does not have the hash of its content" in _difference("chain_ok")


# The canonical text of docs/ledger.md, written again in SQL: what an outsider would do, and a tamperer too.
_REHASH = r"""
    UPDATE ledger_entries e SET content_hash = sha256(convert_to(
        concat_ws(chr(10), 'socialshop entry 1', reference, kind,
                  to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\:MI\:SS.US"Z"'), '-') || chr(10) ||
        (SELECT string_agg(concat_ws(chr(9), a.name, p.amount_minor, p.currency,
                                     coalesce(encode(uuid_send(p.subject_id), 'hex'), '-')) || chr(10),
                           '' ORDER BY p.line)
         FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id WHERE p.entry_id = e.id), 'UTF8'))
"""


def test_the_canonical_text_can_be_rebuilt_by_another_program(tamper: Tamper) -> None:
    tamper(_REHASH)
    assert proved().holds


def test_a_rehashed_edit_is_found_by_its_block(tamper: Tamper) -> None:
    tamper("UPDATE ledger_entries SET kind = 'gift' WHERE reference = 'a3'", _REHASH)
    assert "block 2 does not have the hash of its content" in _difference("chain_ok")


def test_a_deleted_entry_is_found(tamper: Tamper) -> None:
    tamper(f"DELETE FROM ledger_entries WHERE id = {_id('a4')}")
    assert "is gone, its postings are not" in _difference("balanced", "chain_ok")


def test_an_entry_deleted_with_its_postings_and_balances_is_found(tamper: Tamper) -> None:
    tamper(
        f"DELETE FROM ledger_postings WHERE entry_id = {_id('a4')}",
        f"DELETE FROM ledger_entries WHERE id = {_id('a4')}",
        f"UPDATE ledger_balances SET amount_minor = amount_minor - 4 WHERE account_id = {_pending(8)}",
        "UPDATE ledger_balances SET amount_minor = amount_minor + 4 WHERE amount_minor < 0",
    )
    assert "block 2 lists entry" in _difference("chain_ok")


def test_a_deleted_entry_that_nobody_lists_any_more_is_found(tamper: Tamper) -> None:
    tamper(
        f"DELETE FROM ledger_block_entries WHERE entry_id = {_id('a4')}",
        f"DELETE FROM ledger_postings WHERE entry_id = {_id('a4')}",
        f"DELETE FROM ledger_entries WHERE id = {_id('a4')}",
        f"UPDATE ledger_balances SET amount_minor = amount_minor - 4 WHERE account_id = {_pending(8)}",
        "UPDATE ledger_balances SET amount_minor = amount_minor + 4 WHERE amount_minor < 0",
    )
    assert "block 2 sealed 2 entries and has 1" in _difference("chain_ok")


def test_a_deleted_entry_that_waited_for_its_seal_is_found(tamper: Tamper) -> None:
    tamper(
        f"DELETE FROM ledger_postings WHERE entry_id = {_id('a7')}",
        f"DELETE FROM ledger_entries WHERE id = {_id('a7')}",
        f"UPDATE ledger_balances SET amount_minor = amount_minor - 7 WHERE account_id = {_pending(7)}",
    )
    assert "waits to be sealed and is gone" in _difference("chain_ok")


def test_postings_deleted_whole_are_found(tamper: Tamper) -> None:
    tamper(f"DELETE FROM ledger_postings WHERE entry_id = {_id('a4')}")
    assert "(a4) has 0 postings, not 2" in _difference("balanced", "chain_ok", "projection_ok")


def test_two_entries_swapped_are_found(tamper: Tamper) -> None:
    """All that the two say is exchanged, so each still has the hash of its content."""
    with unit_of_work() as uow:
        found = uow.session.execute(text("SELECT id FROM ledger_entries WHERE reference IN ('a3', 'a4') ORDER BY id"))
        first, second = found.scalars().all()
    swapped = f"{first + second} - {{0}}"
    away = 1_000_000
    both = f"IN ({first}, {second})"
    tamper(
        f"UPDATE ledger_postings SET entry_id = {swapped.format('entry_id')} + {away} WHERE entry_id {both}",
        f"UPDATE ledger_postings SET entry_id = entry_id - {away} WHERE entry_id > {away}",
        f"UPDATE ledger_entries SET id = {swapped.format('id')} + {away} WHERE id {both}",
        f"UPDATE ledger_entries SET id = id - {away} WHERE id > {away}",
    )
    assert "block 2 does not have the hash of its content" in _difference("chain_ok")


def test_entries_swapped_between_two_blocks_are_found(tamper: Tamper) -> None:
    tamper(
        f"UPDATE ledger_block_entries SET block_number = 5 - block_number WHERE entry_id IN ({_id('a3')}, {_id('a5')})"
    )
    assert "block 2 does not have the sums of its entries" in _difference("chain_ok")


def test_a_changed_balance_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE ledger_balances SET amount_minor = 1000000 WHERE account_id = {_pending(7)}")
    said = _difference("projection_ok")
    assert said == "the balance of member:7:pending is 1000000 CNY, its postings sum to 16"


def test_a_changed_folded_balance_is_found(tamper: Tamper) -> None:
    tamper("UPDATE ledger_balances SET amount_minor = 0 WHERE amount_minor < 0")
    assert "shop:commission_expense is 0 CNY, its postings sum to -21" in _difference("projection_ok")


def test_a_removed_balance_is_found(tamper: Tamper) -> None:
    tamper(f"DELETE FROM ledger_balances WHERE account_id = {_pending(8)}")
    assert "the balance of member:8:pending is 0 CNY, its postings sum to 12" in _difference("projection_ok")


def test_a_balance_that_claims_a_freedom_its_account_has_not_is_found(tamper: Tamper) -> None:
    tamper(f"UPDATE ledger_balances SET sign = 0 WHERE account_id = {_pending(8)}")
    assert "member:8:pending is not kept as the chart of accounts says" in _difference("projection_ok")


def test_a_balance_past_zero_is_found_though_its_postings_agree(tamper: Tamper) -> None:
    tamper(
        "UPDATE ledger_accounts SET sign = 0 WHERE name = 'member:8:pending'",
        f"UPDATE ledger_balances SET sign = 0 WHERE account_id = {_pending(8)}",
    )
    posted(Entry("x", "test", [Posting(chart.member_pending(8), -13, "CNY"), Posting(chart.SALES, 13, "CNY")]))
    assert _difference("projection_ok") == "member:8:pending stands at -1 CNY, past zero"


def test_a_removed_block_is_found(tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_blocks WHERE number = 2")
    assert _difference("chain_ok") == "block 2 is missing"


def test_a_removed_block_whose_place_was_closed_is_found(tamper: Tamper) -> None:
    tamper(
        "DELETE FROM ledger_blocks WHERE number = 2",
        "UPDATE ledger_blocks SET number = 2 WHERE number = 3",
        "DELETE FROM ledger_block_entries WHERE block_number = 2",
        "UPDATE ledger_block_entries SET block_number = 2 WHERE block_number = 3",
        f"INSERT INTO ledger_seal_queue (entry_id) VALUES ({_id('a3')}), ({_id('a4')})",
        "UPDATE ledger_balances SET amount_minor = amount_minor + 7 WHERE amount_minor < 0",
    )
    assert _difference("chain_ok") == "block 2 does not follow the block before it"


def test_a_removed_last_block_is_found_by_the_entries_it_had(tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_blocks WHERE number = 3")
    assert "block 3 is missing: entries say that they are in it" in _difference("chain_ok")


def test_an_entry_taken_out_of_its_block_is_found(tamper: Tamper) -> None:
    tamper(f"DELETE FROM ledger_block_entries WHERE entry_id = {_id('a4')}")
    assert "(a4) is in no block and does not wait for one" in _difference("chain_ok", "projection_ok")


@pytest.mark.parametrize("change", ["sealed_at = sealed_at - interval '1 day'", "previous_hash = sha256('x')"])
def test_an_edited_block_is_found(tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE ledger_blocks SET {change} WHERE number = 2")
    assert "block 2" in _difference("chain_ok")


def _cut_tail(tamper: Tamper) -> None:
    """Everything since block 2, gone without a trace: what is left proves by itself."""
    tail = f"entry_id IN ({_id('a5')}, {_id('a6')}, {_id('a7')})"
    tamper(
        "DELETE FROM ledger_blocks WHERE number = 3",
        "DELETE FROM ledger_block_entries WHERE block_number = 3",
        "DELETE FROM ledger_seal_queue",
        f"DELETE FROM ledger_postings WHERE {tail}",
        "DELETE FROM ledger_entries WHERE reference IN ('a5', 'a6', 'a7')",
        f"UPDATE ledger_balances SET amount_minor = 4 WHERE account_id = {_pending(7)}",
        f"UPDATE ledger_balances SET amount_minor = 6 WHERE account_id = {_pending(8)}",
        "UPDATE ledger_balances SET amount_minor = -10 WHERE amount_minor < 0",
    )


def _exported(data_dir: Path) -> str:
    with unit_of_work() as uow:
        return json.dumps(signed_head(uow, data_dir).as_json())


def test_a_cut_tail_is_found_against_an_exported_head(tamper: Tamper, tmp_path: Path) -> None:
    document = _exported(tmp_path)
    _cut_tail(tamper)
    assert proved().holds
    head = read_head(document, tmp_path)
    assert (
        _difference("chain_ok", head=head)
        == "the chain ends at block 2, the exported head at block 3: its tail was cut"
    )


def test_a_tail_that_was_cut_and_grown_again_is_found_against_an_exported_head(tamper: Tamper, tmp_path: Path) -> None:
    document = _exported(tmp_path)
    _cut_tail(tamper)
    posted(accrual("a5", 7, 1), accrual("a6", 8, 1))
    seal_all()
    assert proved().holds
    assert "block 3 is not the one whose head was exported" in _difference(
        "chain_ok", head=read_head(document, tmp_path)
    )


def test_books_that_grew_since_prove_against_an_exported_head(books: Flask, tmp_path: Path) -> None:
    document = _exported(tmp_path)
    seal_all()
    posted(accrual("a8", 7, 1))
    seal_all()
    assert proved(read_head(document, tmp_path)).holds


def test_the_head_of_empty_books_is_a_head_too(app: Flask, tmp_path: Path) -> None:
    head = read_head(_exported(tmp_path), tmp_path)
    assert head == Head(0, bytes(32), 0, "-")
    assert proved(head).holds


def test_a_head_signed_by_another_key_is_refused(books: Flask, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    _exported(tmp_path)
    with pytest.raises(HeadRefused, match="another key"):
        read_head(_exported(tmp_path / "other"), tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", 2), ("entries", 1), ("hash", "11" * 32), ("sealed_at", "-"), ("signature", "0" * 128)],
)
def test_a_head_changed_after_it_was_signed_is_refused(books: Flask, tmp_path: Path, field: str, value: object) -> None:
    document = json.dumps({**json.loads(_exported(tmp_path)), field: value})
    with pytest.raises(HeadRefused, match="signature does not fit"):
        read_head(document, tmp_path)


@pytest.mark.parametrize("document", ["", "[]", "{}", "null", '{"number": 1}', "\ufffd", "[" * 100_000])
def test_what_is_no_head_is_refused(books: Flask, tmp_path: Path, document: str) -> None:
    with pytest.raises(HeadRefused, match="not a head"):
        read_head(document, tmp_path)


def test_a_head_is_not_judged_without_the_key_and_none_is_made(books: Flask, tmp_path: Path) -> None:
    document = _exported(tmp_path)
    (tmp_path / "signing.key").unlink()
    with pytest.raises(HeadRefused, match=r"signing\.key is missing"):
        read_head(document, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_is_no_key_is_refused(books: Flask, tmp_path: Path) -> None:
    document = _exported(tmp_path)
    (tmp_path / "signing.key").write_bytes(b"\xff\x00")
    with pytest.raises(HeadRefused, match="is no signing key"):
        read_head(document, tmp_path)


def test_the_key_is_made_once_and_private(books: Flask, tmp_path: Path) -> None:
    first, second = _exported(tmp_path), _exported(tmp_path)
    assert first == second
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_the_signature_verifies_with_nothing_but_the_document(books: Flask, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    fields = json.loads(_exported(tmp_path))
    message = "socialshop head 1\n{number}\n{hash}\n{entries}\n{sealed_at}\n".format(**fields).encode()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(fields["public_key"]))
    key.verify(bytes.fromhex(fields["signature"]), message)
    assert (fields["number"], fields["entries"]) == (3, 6)


def test_a_block_bears_the_instant_of_its_sealing(app: Flask) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock = ManualClock(at)
    with unit_of_work(clock) as uow:
        post(uow, [accrual("a1", 1, 1)])
    clock.advance(timedelta(seconds=5))
    sealed = None
    while sealed is None:
        with unit_of_work(clock) as uow:
            seal(uow)
            sealed = uow.session.execute(text("SELECT sealed_at FROM ledger_blocks")).scalar()
    assert sealed == at + timedelta(seconds=5)
